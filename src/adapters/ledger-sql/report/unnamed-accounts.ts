import type { Naming, UnnamedAccount } from '../../../core/ledger/port/report.ts'
import { type Sql, writeRows } from '../driver/sql.ts'

interface Row {
  readonly employee: string
  readonly object_id: string
  readonly tries: number
}

export async function unnamedAccounts(sql: Sql, now: number, limit: number): Promise<UnnamedAccount[]> {
  const rows = await sql.all<Row>(
    `SELECT u.employee, p.object_id, u.tries FROM unnamed_accounts u JOIN employees p ON p.id = u.employee
     WHERE u.due_at <= ? AND p.object_id IS NOT NULL ORDER BY u.due_at LIMIT ?`,
    [now, limit],
  )
  return rows.map(({ employee, object_id, tries }) => ({ employeeId: employee, objectId: object_id, tries }))
}

/** An employee whom the ledger does not know, because it was asked to erase them, is not noted. */
export async function recordNaming(sql: Sql, { done, again }: Naming): Promise<void> {
  await writeRows(
    sql,
    ['employee TEXT'],
    done.map((employee) => [employee]),
    'DELETE FROM unnamed_accounts WHERE employee IN (SELECT employee FROM v)',
  )
  await writeRows(
    sql,
    ['employee TEXT', 'due_at INT', 'tries INT'],
    again.map(({ employeeId, dueAt, tries }) => [employeeId, dueAt, tries]),
    `INSERT INTO unnamed_accounts (employee, due_at, tries)
     SELECT v.employee, v.due_at, v.tries FROM v JOIN employees p ON p.id = v.employee WHERE TRUE
     ON CONFLICT (employee) DO UPDATE SET due_at = excluded.due_at, tries = excluded.tries`,
  )
}
