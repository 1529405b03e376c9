import { NO_OUTCOME, NO_RECORD } from '../../core/plan/plan.ts'
import { type CarriedEvent, type Ended, finishEvents } from './finalize.ts'
import type { FinishedEvent } from './outbox.ts'
import { type Sql, withRows } from './sql.ts'

/**
 * Events that ended with operations nobody waited for any more, and have had no other fate since: dead with it, or taken for unchanged because nothing was heard.
 * What was replayed, discarded or carried by another operation has gone its own way.
 */
export function lateEventsOf(sql: Sql, late: readonly Ended[]): Promise<CarriedEvent[]> {
  return withRows<CarriedEvent>(
    sql,
    ['seq INT', 'employee TEXT', 'no_record TEXT'],
    late.map(({ seq, employee }) => [seq, employee, NO_RECORD]),
    `SELECT e.seq, e.employee, e.operation, e.by_seq FROM v JOIN events e ON e.employee = v.employee
     WHERE e.operation = v.seq AND (COALESCE(e.state, '') = 'dead-lettered' OR (COALESCE(e.state, '') = 'unchanged' AND e.reason = v.no_record))`,
  )
}

/** A failure that was heard of late says why: the events that had been given up without a word, or taken for unchanged, are dead with its code. */
export async function failLate(sql: Sql, instance: string, late: readonly Ended[], now: number): Promise<void> {
  const codes = new Map(late.map(({ seq, code }) => [seq, code]))
  const events = await lateEventsOf(sql, late)
  const dead = events.map(({ seq, employee, operation }): FinishedEvent => ({
    seq,
    employee,
    state: 'dead-lettered',
    reason: codes.get(operation) ?? NO_OUTCOME,
    detail: null,
    by: null,
    operation,
  }))
  await finishEvents(sql, instance, dead, now)
}
