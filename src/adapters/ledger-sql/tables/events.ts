import { type FinishedEvent, queueOutcomes } from './outbox.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'
import { addTotals } from './totals.ts'

/** An event that an operation carries. */
export interface CarriedEvent {
  readonly seq: number
  readonly employee: string
  readonly operation: number
  readonly by_seq: number | null
}

/**
 * The planned events of these operations, found by employee. `COALESCE` hides the state from the
 * query planner, which would otherwise walk every planned event of the ledger.
 */
export function eventsOf(
  sql: Sql,
  operations: readonly { readonly seq: number; readonly employee: string }[],
): Promise<CarriedEvent[]> {
  return readRows<CarriedEvent>(
    sql,
    ['seq INT', 'employee TEXT'],
    operations.map(({ seq, employee }) => [seq, employee]),
    `SELECT e.seq, e.employee, e.operation, e.by_seq FROM v JOIN events e ON e.employee = v.employee WHERE e.operation = v.seq AND COALESCE(e.state, '') = 'planned'`,
  )
}

/**
 * Makes events final and queues their outcomes. An event that was final before gets the next
 * revision.
 */
export async function finishEvents(
  sql: Sql,
  instance: string,
  finished: readonly FinishedEvent[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'state TEXT', 'reason TEXT', 'detail TEXT', 'now INT'],
    finished.map((event) => [event.seq, event.state, event.reason, event.detail, now]),
    `UPDATE events SET state = v.state, reason = v.reason, detail = v.detail, finished_at = v.now, archived_at = NULL,
       revision = CASE WHEN events.finished_at IS NULL THEN events.revision ELSE events.revision + 1 END
     FROM v WHERE events.seq = v.seq`,
  )
  await queueOutcomes(sql, finished, now)
  addTotals(sql, instance, { finished: finished.length })
}

/** Reopens events, without their former operation and winner. */
export async function reopenEvents(sql: Sql, events: readonly CarriedEvent[]): Promise<void> {
  await writeRows(
    sql,
    ['seq INT'],
    events.map(({ seq }) => [seq]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL FROM v WHERE events.seq = v.seq`,
  )
}
