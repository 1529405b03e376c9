import type { Employee } from '../../../core/ledger/employee.ts'
import { isHeldElsewhere } from '../../../core/leavers/erased.ts'
import { type Sql, writeRows } from '../driver/sql.ts'
import { employeeHash, rowsByEmployeeHash } from './erased-marks.ts'

/**
 * Keeps when another system disabled the account of an employee who is erased. `loaded` is `null`
 * for an employee whom only the log names.
 */
export async function keepErasedDeactivation(
  sql: Sql,
  employee: string,
  loaded: Employee | null,
  now: number,
): Promise<void> {
  if (loaded && !isHeldElsewhere(loaded, now)) return dropErasedDeactivations(sql, [employee])
  await sql.run(
    `INSERT INTO erased_deactivations (hash, at) SELECT ?, at FROM foreign_deactivations WHERE employee = ?
     ON CONFLICT (hash) DO UPDATE SET at = excluded.at WHERE excluded.at > erased_deactivations.at`,
    [employeeHash(sql.sealing, employee), employee],
  )
}

/** By employee, when another system disabled the account before an erasure. */
export async function erasedDeactivationsOf(
  sql: Sql,
  employees: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsByEmployeeHash<{ readonly at: number }>(
    sql,
    { table: 'erased_deactivations', columns: 'm.at' },
    employees,
  )
  return new Map(rows.map(([employee, { at }]) => [employee, at]))
}

export async function dropErasedDeactivations(sql: Sql, employees: readonly string[]): Promise<void> {
  await writeRows(
    sql,
    ['hash TEXT'],
    employees.map((employee) => [employeeHash(sql.sealing, employee)]),
    'DELETE FROM erased_deactivations WHERE hash IN (SELECT hash FROM v)',
  )
}
