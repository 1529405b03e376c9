import { nameOf, type Sql, type SqlValue, writeRows } from '../driver/sql.ts'
import {
  type NamedTable,
  rowKeyOf,
  SEALED_TABLES,
  type SealedTable,
  storedOf,
  type StoredRow,
} from './columns.ts'
import type { SealedColumn } from './sealing.ts'

const PAGE = 500

/** How far a walk through the tables has come. */
export interface Resealed {
  /** How many rows were looked at. */
  readonly rows: number
  /** How many values were sealed again. */
  readonly values: number
  /** The row to go on behind; `null` when the table is done. */
  readonly last: readonly SqlValue[] | null
}

/** The tables to walk through, each with columns that are sealed. */
export const RESEALED_TABLES = Object.entries(SEALED_TABLES).filter(
  ([, { columns }]) => Object.keys(columns).length > 0,
)

/**
 * Seals the values of a page of rows with the newest key, as far as they are not sealed with it. A
 * value that changes at the same time is left as it is then, because that is sealed already.
 */
export async function resealPage(
  sql: Sql,
  named: NamedTable,
  after: readonly SqlValue[] | null,
): Promise<Resealed> {
  const [name, table] = named
  const keys = table.key.map(nameOf)
  const columns = new Set([...keys, ...table.row, ...Object.keys(table.columns)])
  const behind = after === null ? '' : `WHERE (${keys.join(', ')}) > (${keys.map(() => '?').join(', ')})`
  const page = await sql.all<StoredRow>(
    `SELECT ${[...columns].join(', ')} FROM ${name} ${behind} ORDER BY ${keys.join(', ')} LIMIT ?`,
    [...(after ?? []), PAGE],
  )
  let values = 0
  for (const column of Object.entries(table.columns)) values += await resealColumn(sql, named, column, page)
  const end = page.length === PAGE ? page.at(-1) : undefined
  return { rows: page.length, values, last: end ? keyOf(table, end) : null }
}

async function resealColumn(
  sql: Sql,
  [name, table]: NamedTable,
  [column, as]: readonly [name: string, as: SealedColumn],
  page: readonly StoredRow[],
): Promise<number> {
  const rows = page.flatMap((row) => {
    const value = row[column] ?? null
    if (value === null || typeof value === 'number' || sql.sealing.isCurrent(value)) return []
    const key = rowKeyOf(table, row)
    const sealed = sql.sealing.seal(as, key, sql.sealing.open(as, key, value))
    return [[...keyOf(table, row), value.toString(), sealed]]
  })
  const same = table.key.map(nameOf).map((key) => `${name}.${key} = v.k_${key}`)
  await writeRows(
    sql,
    [...table.key.map((key) => `k_${key}` as const), 'before TEXT', 'sealed TEXT'],
    rows,
    `UPDATE ${name} SET ${column} = v.sealed FROM v WHERE ${same.join(' AND ')} AND ${name}.${column} = v.before`,
  )
  return rows.length
}

function keyOf({ key }: SealedTable, row: StoredRow): SqlValue[] {
  return key.map((column) => storedOf(row[nameOf(column)]))
}
