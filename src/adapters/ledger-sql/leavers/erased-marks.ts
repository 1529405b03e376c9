import { hash } from 'node:crypto'
import { erasedMarks, type LeavingPlace, leavingsToKeep } from '../../../core/leavers/erased.ts'
import type { OrderValue } from '../../../core/model.ts'
import type { Employee, EmployeeEvent } from '../../../core/ledger/employee.ts'
import { parse } from '../driver/json.ts'
import { insertRows, type Sql, readRows } from '../driver/sql.ts'
import type { Sealing } from '../sealing/sealing.ts'

/** What is left of the id of an employee who was erased. */
export const employeeHash = (sealing: Sealing, employee: string): string =>
  sealing.keyedHash(hash('sha256', employee))

/** The tables whose rows stand under the hash of an employee id. */
const BY_HASH = ['blocks', 'erased_leavers', 'erased_deactivations'] as const
export type ByHash = (typeof BY_HASH)[number]
const WITH_ROWS = BY_HASH.map(
  (table) => `SELECT '${table}' AS name WHERE EXISTS (SELECT 1 FROM ${table})`,
).join(' UNION ALL ')

/** Those of these tables that have rows: none in most ledgers, which then need no hashes. */
export async function filledByHash(sql: Sql): Promise<ReadonlySet<ByHash>> {
  return new Set((await sql.all<{ name: ByHash }>(WITH_ROWS)).map(({ name }) => name))
}

/** The rows that a table keeps under the hashes of these employee ids, by employee id. */
export async function rowsByEmployeeHash<Row>(
  sql: Sql,
  { table, columns }: { readonly table: ByHash; readonly columns: string },
  employees: readonly string[],
): Promise<readonly (readonly [employee: string, row: Row])[]> {
  const byHash = new Map(employees.map((employee) => [employeeHash(sql.sealing, employee), employee]))
  const rows = await readRows<Row & { readonly hash: string }>(
    sql,
    ['hash TEXT'],
    [...byHash.keys()].map((hash) => [hash]),
    `SELECT v.hash, ${columns} FROM v JOIN ${table} m ON m.hash = v.hash`,
  )
  return rows.flatMap((row) => {
    const employee = byHash.get(row.hash)
    return employee === undefined ? [] : [[employee, row] as const]
  })
}

interface MarkRow {
  readonly effective_at: number
  readonly rank: number
  readonly order_value: string | null
  readonly recorded_at: number
}

/** The marks of erased employees for whom a new event arrived. */
export async function erasedMarksOf(
  sql: Sql,
  employees: readonly string[],
): Promise<ReadonlyMap<string, readonly EmployeeEvent[]>> {
  const columns = 'm.effective_at, m.rank, m.order_value, m.recorded_at'
  const rows = await rowsByEmployeeHash<MarkRow>(sql, { table: 'erased_leavers', columns }, employees)
  const places = Map.groupBy(rows, ([employee]) => employee)
  return new Map(
    [...places].map(([employee, theirs]) => [
      employee,
      erasedMarks(
        employee,
        theirs.map(([, row]) => placeOf(row)),
      ),
    ]),
  )
}

function placeOf(row: MarkRow): LeavingPlace {
  const order = row.order_value === null ? null : parse<OrderValue>(row.order_value)
  return { effectiveAt: row.effective_at, rank: row.rank, order, recordedAt: row.recorded_at }
}

/**
 * Keeps where this employee left last, and the terminations to come. The marks of an earlier erasure
 * are among the events. Of two terminations of one moment the later in order stays.
 */
export async function keepErasedMarks(sql: Sql, employee: Employee, now: number): Promise<void> {
  const hash = employeeHash(sql.sealing, employee.employeeId)
  const byMoment = new Map(leavingsToKeep(employee, now).map((place) => [place.effectiveAt, place]))
  await sql.run('DELETE FROM erased_leavers WHERE hash = ?', [hash])
  await insertRows(
    sql,
    'erased_leavers (hash TEXT, effective_at INT, rank INT, order_value TEXT, recorded_at INT)',
    [...byMoment.values()].map(({ effectiveAt, rank, order, recordedAt }) => [
      hash,
      effectiveAt,
      rank,
      order === null ? null : JSON.stringify(order),
      recordedAt,
    ]),
  )
}
