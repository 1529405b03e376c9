import { hash } from 'node:crypto'
import { accountNameOf, accountNames } from '../../../core/plan/mapping/account-names.ts'
import { parseRecord } from '../../../core/plan/mapping/record.ts'
import type { NameHolder } from '../../../core/ledger/port/inspect.ts'
import { insertRows, readRows, type Sql, writeRows } from '../driver/sql.ts'
import type { Sealed, Sealing } from '../sealing/sealing.ts'

/** A record of an employee, as the ledger keeps it. */
interface EmployeeRecord {
  readonly employee: string
  readonly record: string
}
type NameRow = readonly [hash: number, employee: string]

/**
 * 48 bits: a whole number in either database, which is much cheaper to index than a text, and long
 * enough that two of a million names share one in a few thousand ledgers only.
 */
const HASH_BYTES = 6

function hashOf(sealing: Sealing, name: string): number {
  return sealing.keyedNumber(hash('sha256', name, 'buffer').readUIntBE(0, HASH_BYTES))
}

function rowsOf(sealing: Sealing, records: readonly EmployeeRecord[]): readonly NameRow[] {
  return records.flatMap(({ employee, record }) =>
    accountNames(parseRecord(record)).map((name) => [hashOf(sealing, name), employee] as const),
  )
}

/**
 * Notes the user name and mail addresses of records, so that their employees are found by them.
 * Only hashes are kept, and those of former names stay as long as a record with them does.
 */
export function noteAccountNames(sql: Sql, records: readonly EmployeeRecord[]): Promise<unknown> {
  return insertRows(
    sql,
    'account_names (hash INT, employee TEXT)',
    rowsOf(sql.sealing, records),
    'ON CONFLICT DO NOTHING',
  )
}

/** Removes the names of records that are gone, unless another record of the employee has them. */
export async function forgetAccountNames(sql: Sql, gone: readonly EmployeeRecord[]): Promise<void> {
  const left = await readRows<{ employee: string; operation: number; record: Sealed }>(
    sql,
    ['id TEXT'],
    [...new Set(gone.map(({ employee }) => employee))].map((id) => [id]),
    'SELECT o.employee, r.operation, r.record FROM v JOIN operations o ON o.employee = v.id JOIN records r ON r.operation = o.seq',
  )
  const records = left.map(({ employee, operation, record }) => ({
    employee,
    record: sql.sealing.open('records.record', operation, record),
  }))
  const kept = new Set(rowsOf(sql.sealing, records).map((row) => row.join(' ')))
  await writeRows(
    sql,
    ['hash INT', 'employee TEXT'],
    rowsOf(sql.sealing, gone).filter((row) => !kept.has(row.join(' '))),
    'DELETE FROM account_names WHERE (hash, employee) IN (SELECT hash, employee FROM v)',
  )
}

/** Reads the whole table: an index by employee would cost every plan more than erasures save. */
export async function eraseAccountNames(sql: Sql, employee: string): Promise<void> {
  await sql.run('DELETE FROM account_names WHERE employee = ?', [employee])
}

/** The most employees that one name leads to. */
const MOST_FOUND = 20

/**
 * The employees that a text leads to: the one with this id; otherwise those with this Entra object,
 * user name or mail address.
 */
export async function findEmployeeIds(sql: Sql, text: string): Promise<readonly string[]> {
  const [employee] = await sql.all<{ id: string }>('SELECT id FROM employees WHERE id = ?', [text])
  if (employee) return [employee.id]
  const found = await sql.all<{ id: string }>(
    `SELECT id FROM employees WHERE object_id = ?
     UNION SELECT employee AS id FROM left_accounts WHERE object_id = ?
     UNION SELECT employee AS id FROM account_names WHERE hash = ? ORDER BY id LIMIT ?`,
    [text, text, hashOf(sql.sealing, accountNameOf(text)), MOST_FOUND],
  )
  return found.map(({ id }) => id)
}

/** For each name, the employees whose records have or had it as a user name or mail address. */
export async function findNameHolders(sql: Sql, names: readonly string[]): Promise<readonly NameHolder[]> {
  const byHash = Map.groupBy(new Set(names), (name) => hashOf(sql.sealing, name))
  const found = await readRows<{ hash: number; employee: string }>(
    sql,
    ['hash INT'],
    [...byHash.keys()].map((one) => [one]),
    'SELECT n.hash, n.employee FROM v JOIN account_names n ON n.hash = v.hash',
  )
  return found.flatMap(({ hash: one, employee }) =>
    (byHash.get(one) ?? []).map((name) => ({ name, employeeId: employee })),
  )
}
