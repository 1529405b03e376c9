import { NO_RECORD } from '../../../core/plan/decide/employee.ts'
import { type Sql, withRows } from '../driver/sql.ts'

interface LateEvent {
  readonly seq: number
  readonly employee: string
  readonly operation: number
  readonly by_seq: number | null
}

/**
 * Events that ended with operations nobody waited for any more, and have had no other fate since: dead with it, or taken for unchanged because nothing was heard.
 * What was replayed, discarded or carried by another operation has gone its own way.
 */
export function lateEventsOf(
  sql: Sql,
  late: readonly { readonly seq: number; readonly employee: string }[],
): Promise<LateEvent[]> {
  return withRows<LateEvent>(
    sql,
    ['seq INT', 'employee TEXT', 'no_record TEXT'],
    late.map(({ seq, employee }) => [seq, employee, NO_RECORD]),
    `SELECT e.seq, e.employee, e.operation, e.by_seq FROM v JOIN events e ON e.employee = v.employee
     WHERE e.operation = v.seq AND (COALESCE(e.state, '') = 'dead-lettered' OR (COALESCE(e.state, '') = 'unchanged' AND e.reason = v.no_record))`,
  )
}
