import type { LeaverRest } from '../../../core/ledger/port/leavers.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import { planAgain, lockEmployees, clearFailures } from '../tables/employees.ts'
import { insertRows, type Sql, readRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'

/**
 * Whether the directory accepted only the deactivation of a row of `events`, and no whole record of
 * the employee since. `employee` is an SQL expression.
 */
export const lacksRest = (employee: string): string =>
  `events.employee = ${employee} AND COALESCE(events.state, '') = 'confirmed' AND events.reason = '${EVENT_REASONS.deactivationOnly}'
   AND (SELECT COUNT(*) FROM employees p JOIN operations t ON t.seq = p.accepted_operation
     WHERE p.id = ${employee} AND t.deactivation_only = 0 AND t.seq > events.operation) = 0`

/**
 * Reopens events of which the directory accepted only the deactivation, so that the whole record is
 * sent again; their next outcome is the next revision. Returns how many. Leaves out events after
 * which a whole record was accepted.
 */
export async function resendRest(
  sql: Sql,
  { employees, actor, justification }: LeaverRest,
  now: number,
): Promise<number> {
  await lockEmployees(sql, employees)
  const reopened = await readRows<{ seq: number; employee: string }>(
    sql,
    ['id TEXT'],
    [...new Set(employees)].sort().map((id) => [id]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL, replays = events.replays + 1 FROM v
     WHERE ${lacksRest('v.id')}
     RETURNING events.seq, events.employee`,
  )
  const about = [...new Set(reopened.map(({ employee }) => employee))].sort()
  await clearFailures(sql, about)
  await planAgain(sql, about, now)
  await insertRows(
    sql,
    AUDIT,
    reopened
      .map(({ seq }) => seq)
      .sort((a, b) => a - b)
      .map((seq) => [now, actor, 'leavers.resend', justification, `event-${seq}`]),
  )
  return reopened.length
}
