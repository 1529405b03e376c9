import type { LeftAccount } from '../../../../core/ledger/port/views/trace.ts'
import type { Sql } from '../../driver/sql.ts'

/** The accounts that an employee left at other destinations, in the order of leaving. */
export async function leftAccounts(sql: Sql, employee: string): Promise<readonly LeftAccount[]> {
  return sql.all<LeftAccount>(
    `SELECT destination, object_id AS "objectId", left_at AS "leftAt" FROM left_accounts
     WHERE employee = ? ORDER BY left_at, destination`,
    [employee],
  )
}

/** The operations that disabled the account because the employee moved with this event. */
export async function departuresOf(sql: Sql, employee: string, event: number): Promise<number[]> {
  const rows = await sql.all<{ seq: number }>(
    `SELECT seq FROM operations WHERE employee = ? AND moved_by = ? AND state <> 'withdrawn'`,
    [employee, event],
  )
  return rows.map((row) => row.seq)
}
