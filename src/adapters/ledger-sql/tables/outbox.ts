import type { EventState } from '../../../core/ledger/lifecycle.ts'
import { type Sql, writeRows } from '../driver/sql.ts'

/** An event that becomes final, and its outcome. */
export interface FinishedEvent {
  readonly seq: number
  readonly employee: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: number | null
  readonly operation: number | null
}

/**
 * Queues outcomes in the transaction that makes events final, so that each final event has exactly
 * one outcome per revision.
 */
export async function queueOutcomes(
  sql: Sql,
  finished: readonly FinishedEvent[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    [
      'seq INT',
      'employee TEXT',
      'state TEXT',
      'reason TEXT',
      'detail TEXT',
      'by_seq INT',
      'operation INT',
      'now INT',
    ],
    finished.map((event) => [
      event.seq,
      event.employee,
      event.state,
      event.reason,
      event.detail,
      event.by,
      event.operation,
      now,
    ]),
    `INSERT INTO outbox (event_seq, employee, revision, state, reason, detail, by_seq, operation, at)
     SELECT v.seq, v.employee, e.revision, v.state, v.reason, v.detail, v.by_seq,
       COALESCE(v.operation, CASE WHEN v.state = 'dead-lettered' THEN e.operation END), v.now FROM v JOIN events e ON e.seq = v.seq`,
  )
}
