import { type Sql, withRows } from './sql.ts'

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
