import { RollcallError } from '../../core/errors.ts'
import {
  type Driver,
  insertRows,
  readCount,
  type Row,
  type Sql,
  type SqlValue,
  readRows,
} from './driver/sql.ts'

/**
 * Tables that are not copied: those that the target has already, and those that say which instance
 * does what at the moment.
 */
const LEFT_BEHIND = new Set(['migrations', 'leases', 'instances'])
const PAGE = 2_048

export interface Table {
  readonly name: string
  readonly columns: readonly TableColumn[]
  /** Columns of the primary key, in its order. */
  readonly key: readonly TableColumn[]
}

interface TableColumn {
  readonly name: string
  readonly type: 'INT' | 'TEXT'
}

/** The tables of a ledger in SQLite, which are those of every ledger of this release. */
export async function tablesOf(sql: Sql): Promise<Table[]> {
  const names = await sql.all<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
  )
  const tables: Table[] = []
  for (const { name } of names) {
    if (LEFT_BEHIND.has(name)) continue
    const columns = await sql.all<TableColumn & { readonly pk: number }>(
      `SELECT name, CASE type WHEN 'INTEGER' THEN 'INT' ELSE type END AS type, pk FROM pragma_table_info(?)`,
      [name],
    )
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    tables.push({ name, columns, key })
  }
  return tables
}

/**
 * Copies a table page by page and reads each page back. Returns how many rows it has. Throws
 * `MoveFailed` when a row comes back otherwise than it went in, or a row is missing.
 */
export async function copyWhole(
  from: Driver,
  target: Sql,
  table: Table,
  onRows: (rows: number) => void,
): Promise<number> {
  const copied = await copyTable(from, target, table, onRows)
  await compareCounts(from, target, table, copied)
  return copied
}

async function copyTable(
  from: Driver,
  target: Sql,
  table: Table,
  onRows: (rows: number) => void,
): Promise<number> {
  const { name, columns } = table
  let copied = 0
  for (let last: readonly SqlValue[] | null = null; ;) {
    const page: readonly Row[] = await pageAfter(from, table, last)
    const end = page.at(-1)
    if (!end) return copied
    await insertRows(
      target,
      `${name} (${columns.map((column) => `${column.name} ${column.type}`).join(', ')})`,
      page.map((row) => valueOrigins(row, columns)),
    )
    await comparePage(target, table, page)
    last = keyOf(end, table)
    copied += page.length
    onRows(copied)
  }
}

function pageAfter(
  from: Driver,
  { name, columns, key }: Table,
  last: readonly SqlValue[] | null,
): Promise<Row[]> {
  const names = key.map((column) => column.name).join(', ')
  const after = last === null ? '' : `WHERE (${names}) > (${last.map(() => '?').join(', ')})`
  return from.transaction((sql) =>
    sql.all<Row>(
      `SELECT ${columns.map((column) => column.name).join(', ')} FROM ${name} ${after} ORDER BY ${names} LIMIT ?`,
      [...(last ?? []), PAGE],
    ),
  )
}

/** What the target holds of these rows, value by value. */
async function comparePage(target: Sql, table: Table, page: readonly Row[]): Promise<void> {
  const { name, columns, key } = table
  const there = await readRows<Row>(
    target,
    key.map((column) => `k_${column.name} ${column.type}` as const),
    page.map((row) => keyOf(row, table)),
    `SELECT ${columns.map((column) => `t.${column.name}`).join(', ')} FROM v JOIN ${name} t ON ${key.map((column) => `t.${column.name} = v.k_${column.name}`).join(' AND ')}`,
  )
  const found = new Set(there.map((row) => JSON.stringify(valueOrigins(row, columns))))
  for (const row of page)
    // As the database gives it back: in UTF-8 a lone surrogate becomes a replacement character.
    if (
      !found.has(
        JSON.stringify(
          valueOrigins(row, columns).map((value) =>
            typeof value === 'string' ? value.toWellFormed() : value,
          ),
        ),
      )
    )
      throw new RollcallError(
        'MoveFailed',
        `a row of ${name} came back otherwise than it went in: nothing was moved`,
      )
}

async function compareCounts(from: Driver, target: Sql, { name }: Table, copied: number): Promise<void> {
  const count = (sql: Sql): Promise<number> => readCount(sql, `SELECT COUNT(*) AS n FROM ${name}`)
  const [source, here] = [await from.transaction(count), await count(target)]
  if (source !== copied || here !== copied)
    throw new RollcallError(
      'MoveFailed',
      `${name} has ${source} rows, of which ${copied} were copied and ${here} arrived: nothing was moved`,
    )
}

/** The column that numbers the rows of a table. */
export function counterOf(tables: readonly Table[], name: string): string {
  return tables.find((table) => table.name === name)?.key[0]?.name ?? 'seq'
}

const keyOf = (row: Row, { key }: Table): SqlValue[] => key.map(({ name }) => row[name] ?? null)
const valueOrigins = (row: Row, columns: readonly TableColumn[]): SqlValue[] =>
  columns.map(({ name }) => row[name] ?? null)
