import { type Sql, withRows } from '../driver/sql.ts'

/** Sending, answering and giving up all change what a plan depends on, so they raise the revision. */
export async function addUnanswered(sql: Sql, employees: readonly string[], change: number): Promise<void> {
  // One row a person: a join would apply only one of several.
  const sums = new Map<string, number>()
  for (const id of employees) sums.set(id, (sums.get(id) ?? 0) + change)
  await withRows(
    sql,
    ['id TEXT', 'change INT'],
    [...sums].sort(([a], [b]) => (a < b ? -1 : 1)),
    'UPDATE employees SET unanswered = unanswered + v.change, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
}

/**
 * What was overtaken is gone without an answer: it may have been handed over all the same, and land after what overtook it. Where nothing else of the
 * person waits for its answer, the end state is offered once more; otherwise that answer sees to it.
 */
export async function resendAfterLoss(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await withRows(
    sql,
    ['id TEXT', 'now INT'],
    [...new Set(employees)].sort().map((id) => [id, now]),
    `UPDATE employees SET resend_due = 0, accepted_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now
     FROM v WHERE employees.id = v.id AND employees.resend_due = 1 AND employees.unanswered = 0
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.employee = v.id AND o.state = 'pending')`,
  )
}
