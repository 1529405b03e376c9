import { nameOf, type Sql, type SqlValue, writeRows } from '../driver/sql.ts'
import { type NamedTable, SEALED_TABLES, storedOf, type StoredRow } from './columns.ts'
import { KEYED, KEYED_FROM } from './encrypted.ts'
import type { Sealing } from './sealing.ts'

/**
 * Replaces every hash of a ledger that was not encrypted by what an encrypted one keeps in its
 * place. All of it in the caller's transaction, because a block that is not found would let a
 * leaver in.
 */
export async function keyHashes(sql: Sql, sealing: Sealing): Promise<void> {
  for (const [table, column] of NAMED) await keyColumn(sql, sealing, table, column)
  await keyAccountNames(sql, sealing)
  await keyErasedCases(sql, sealing)
  await keyErased(sql, sealing, 'emergency_calls', 'employee', ERASED)
  await keyErased(sql, sealing, 'deactivations', 'employee', '')
  await keyErased(sql, sealing, 'audit', 'detail', '')
  for (const table of Object.entries(SEALED_TABLES))
    for (const column of table[1].hashes ?? []) await sealRecordHashes(sql, sealing, table, column)
}

const PAGE = 1_000
const ERASED = 'erased:'
/** Columns that hold nothing but hashes of names, and of commands, which can hold a value. */
const NAMED = [
  ['folded_ids', 'hash'],
  ['folded_ids', 'owner'],
  ['blocks', 'hash'],
  ['erased_leavers', 'hash'],
  ['erased_deactivations', 'hash'],
  ['erasures', 'employee_hash'],
  ['replay_runs', 'selection'],
] as const
const IS_HASH = /^[0-9a-f]{64}$/

async function keyColumn(sql: Sql, sealing: Sealing, table: string, column: string): Promise<void> {
  for (;;) {
    const rows = await sql.all<{ hash: string }>(
      `SELECT DISTINCT ${column} AS hash FROM ${table} WHERE ${column} < ? LIMIT ?`,
      [KEYED, PAGE],
    )
    await replace(
      sql,
      { table, column },
      rows.map(({ hash }) => [hash, sealing.keyedHash(hash)]),
    )
    if (rows.length < PAGE) return
  }
}

async function replace(
  sql: Sql,
  { table, column }: { readonly table: string; readonly column: string },
  rows: readonly (readonly [before: string, after: string])[],
): Promise<void> {
  await writeRows(
    sql,
    ['before TEXT', 'after TEXT'],
    rows,
    `UPDATE ${table} SET ${column} = v.after FROM v WHERE ${table}.${column} = v.before`,
  )
}

async function keyAccountNames(sql: Sql, sealing: Sealing): Promise<void> {
  for (;;) {
    const rows = await sql.all<{ hash: number; employee: string }>(
      'SELECT hash, employee FROM account_names WHERE hash < ? LIMIT ?',
      [KEYED_FROM, PAGE],
    )
    await writeRows(
      sql,
      ['before INT', 'employee TEXT', 'after INT'],
      rows.map(({ hash, employee }) => [hash, employee, sealing.keyedNumber(hash)]),
      'UPDATE account_names SET hash = v.after FROM v WHERE account_names.hash = v.before AND account_names.employee = v.employee',
    )
    if (rows.length < PAGE) return
  }
}

/** Names of erased employees stand where an employee id would. */
async function keyErased(
  sql: Sql,
  sealing: Sealing,
  table: string,
  column: string,
  prefix: string,
): Promise<void> {
  const rows = await sql.all<{ text: string }>(
    `SELECT DISTINCT ${column} AS text FROM ${table} WHERE ${column} LIKE ? AND LENGTH(${column}) = ?
       AND NOT EXISTS (SELECT 1 FROM employees p WHERE p.id = ${table}.${column})`,
    [`${prefix}%`, prefix.length + 64],
  )
  await replace(
    sql,
    { table, column },
    rows.flatMap(({ text }) => {
      const hash = text.slice(prefix.length)
      return IS_HASH.test(hash) ? [[text, prefix + sealing.keyedHash(hash)] as const] : []
    }),
  )
}

async function keyErasedCases(sql: Sql, sealing: Sealing): Promise<void> {
  const cases = await sql.all<{ seq: number; employee: string; event_id: string }>(
    `SELECT seq, employee, event_id FROM leaver_cases WHERE employee LIKE ?`,
    [`${ERASED}%`],
  )
  await writeRows(
    sql,
    ['seq INT', 'employee TEXT', 'event_id TEXT'],
    cases.flatMap(({ seq, employee, event_id: event }): SqlValue[][] => {
      const [hash, name] = [employee.slice(ERASED.length), event.slice(0, 64)]
      return IS_HASH.test(hash) && IS_HASH.test(name)
        ? [[seq, ERASED + sealing.keyedHash(hash), sealing.keyedHash(name) + event.slice(64)]]
        : []
    }),
    'UPDATE leaver_cases SET employee = v.employee, event_id = v.event_id FROM v WHERE leaver_cases.seq = v.seq',
  )
}

async function sealRecordHashes(
  sql: Sql,
  sealing: Sealing,
  [table, { key: keys }]: NamedTable,
  column: string,
): Promise<void> {
  const [key] = keys
  const name = nameOf(key)
  for (let last: SqlValue = key.endsWith(' INT') ? 0 : ''; ;) {
    const rows: StoredRow[] = await sql.all<StoredRow>(
      `SELECT ${name} AS key, ${column} AS hash FROM ${table} WHERE ${name} > ? AND ${column} IS NOT NULL ORDER BY ${name} LIMIT ?`,
      [last, PAGE],
    )
    const sealed = rows.flatMap(({ key: of, hash }): SqlValue[][] =>
      hash === undefined || hash === null || typeof hash === 'number'
        ? []
        : [[storedOf(of), sealing.sealHash(sealing.openHash(hash))]],
    )
    await writeRows(
      sql,
      [`k_${key}`, 'hash TEXT'],
      sealed,
      `UPDATE ${table} SET ${column} = v.hash FROM v WHERE ${table}.${name} = v.k_${name}`,
    )
    last = sealed.at(-1)?.[0] ?? null
    if (rows.length < PAGE) return
  }
}
