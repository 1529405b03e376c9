import { type Sql, withRows } from '../driver/sql.ts'

/**
 * Takes people for this transaction: whoever changes anything about somebody holds that person's row first, so what is read of them from here on is
 * true until the end. Always all of them at once and in the order of their ids, so that no two transactions wait for each other.
 * Where no other transaction is under way there is nothing to do. Answers nothing of those who are not there.
 */
export async function lockEmployees(sql: Sql, employees: readonly string[]): Promise<void> {
  if (sql.dialect.forUpdate === '') return
  await withRows(
    sql,
    ['id TEXT'],
    inOrder(employees).map((id) => [id]),
    `SELECT p.id FROM v JOIN employees p ON p.id = v.id ORDER BY p.id${sql.dialect.forUpdate} OF p`,
  )
}

/** Everybody once, as the database orders them: by code point, which is not how JavaScript compares texts. */
export function inOrder(employees: readonly string[]): string[] {
  return [...new Set(employees)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
