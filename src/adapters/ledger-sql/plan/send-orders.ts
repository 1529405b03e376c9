import type { SendOrder } from '../../../core/ledger/port/plan.ts'
import { insertRows, readRows, type Sql, writeRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'
import { clearFailures, lockEmployees, markForResend, planAgain } from '../tables/employees.ts'

/** Actions in the audit trail; they name the employee until an erasure. */
export const RESEND = 'employee.resend'
export const PROVISION = 'employee.provision'

/**
 * An employee without an unanswered operation is planned now, even while intake works through a
 * backlog. Any other employee is planned when the answer is there.
 */
export async function orderSending(
  sql: Sql,
  { employees, again, actor, justification }: SendOrder,
  now: number,
): Promise<readonly string[]> {
  const ids = [...new Set(employees.map((id) => id.toWellFormed()))]
  await lockEmployees(sql, ids)
  const rows = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id',
  )
  const known = rows.map(({ id }) => id).sort()
  if (again) {
    await clearFailures(sql, known)
    await markForResend(sql, known, now)
  } else await planAgain(sql, known, now)
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    known.map((id) => [id, now]),
    'UPDATE employees SET next_at = v.now FROM v WHERE employees.id = v.id AND employees.unanswered = 0 AND COALESCE(employees.next_at, v.now) >= v.now',
  )
  const action = again ? RESEND : PROVISION
  await insertRows(
    sql,
    AUDIT,
    known.map((id) => [now, actor.toWellFormed(), action, justification.toWellFormed(), id]),
  )
  return known
}
