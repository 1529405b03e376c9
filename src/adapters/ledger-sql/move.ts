import { RollcallError } from '../../core/errors.ts'
import { migrate } from './schema.ts'
import { type Driver, insertRows, type Row, type Sql, type SqlValue, readRows } from './driver/sql.ts'

export interface Moved {
  readonly tables: number
  readonly rows: number
}

/** Tables that are not copied: those that the target has already, and those that say which instance does what at the moment. */
const LEFT_BEHIND = new Set(['migrations', 'leases', 'instances'])
const PAGE = 2_048

interface Table {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns of the primary key, in its order, and whether they are numbers. */
  readonly key: readonly { readonly name: string; readonly whole: boolean }[]
}

type OnProgress = (table: string, rows: number) => void

/**
 * Copies a SQLite ledger that no connector uses to an empty PostgreSQL one. All of it is one transaction of the target: afterwards either every row is there,
 * read back and compared one by one, or the target is as empty as before and the move can be started again. It is one of the source as well, which is
 * taken back: the source stays as it was, also one of an older release, which is brought to this one's schema to be read.
 * Throws `LedgerInUse`, `LedgerNotEmpty`, and `MoveFailed` when a row comes back otherwise than it went in.
 */
export async function moveLedger(
  from: Driver,
  to: Driver,
  now: number,
  onProgress: OnProgress,
): Promise<Moved> {
  const carried = new Carried()
  try {
    return await from.transaction(async (source) => {
      carried.moved = await carry({ ...from, transaction: (work) => work(source) }, to, now, onProgress)
      throw carried
    })
  } catch (error) {
    if (error === carried && carried.moved) return carried.moved
    throw error
  }
}

/** Takes back what was done to the source. */
class Carried extends Error {
  override readonly name = 'Carried'
  moved: Moved | null = null
}

async function carry(from: Driver, to: Driver, now: number, onProgress: OnProgress): Promise<Moved> {
  await migrate(from, now)
  await migrate(to, now)
  // No instance sends anything now, so unfinished work may be resumed at once.
  await from.transaction((sql) => sql.run(`UPDATE batches SET lease_until = 0 WHERE state = 'open'`))
  const tables = await from.transaction(tablesOf)
  const moved = await to.transaction(async (target) => {
    await target.lock('schema')
    await expectNobody(target, now)
    await expectEmpty(target, tables)
    const rows = new Map<string, number>()
    for (const table of tables) {
      const copied = await copyTable(from, target, table, (count) => onProgress(table.name, count))
      await compareCounts(from, target, table, copied)
      rows.set(table.name, copied)
    }
    for (const { name, seq } of await from.transaction(countersOf))
      await target.all(`SELECT setval(pg_get_serial_sequence(?, ?), CAST(? AS BIGINT))`, [
        name,
        counterOf(tables, name),
        seq,
      ])
    return rows
  })
  // A table known to be empty is walked through by plans that are made then and outlast it, so nothing is found out about one.
  for (const [name, copied] of moved)
    if (copied > 0) await to.transaction((sql) => sql.run(`ANALYZE ${name}`))
  return { tables: tables.length, rows: [...moved.values()].reduce((sum, copied) => sum + copied, 0) }
}

async function tablesOf(sql: Sql): Promise<Table[]> {
  const names = await sql.all<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
  )
  const tables: Table[] = []
  for (const { name } of names) {
    if (LEFT_BEHIND.has(name)) continue
    const columns = await sql.all<{ name: string; type: string; pk: number }>(
      'SELECT name, type, pk FROM pragma_table_info(?)',
      [name],
    )
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    tables.push({
      name,
      columns: columns.map((column) => column.name),
      key: key.map((column) => ({ name: column.name, whole: column.type === 'INTEGER' })),
    })
  }
  return tables
}

/** Who runs there already would number its rows as those that come are numbered. */
async function expectNobody(target: Sql, now: number): Promise<void> {
  const [lease] = await target.all<{ owner: string }>('SELECT owner FROM leases WHERE until > ? LIMIT 1', [
    now,
  ])
  if (lease)
    throw new RollcallError(
      'LedgerInUse',
      'instances run on the target: end them, and start them again when the ledger is there',
    )
}

async function expectEmpty(target: Sql, tables: readonly Table[]): Promise<void> {
  // A command may have looked whether the database can be written to.
  await target.run(`DELETE FROM cursors WHERE name = 'pings'`)
  for (const { name } of tables)
    if ((await target.all(`SELECT 1 AS one FROM ${name} LIMIT 1`)).length > 0)
      throw new RollcallError(
        'LedgerNotEmpty',
        `the target holds a ledger already (table ${name}): a ledger is moved to an empty database only`,
      )
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
      `${name} (${columns.join(', ')})`,
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
    sql.all<Row>(`SELECT ${columns.join(', ')} FROM ${name} ${after} ORDER BY ${names} LIMIT ?`, [
      ...(last ?? []),
      PAGE,
    ]),
  )
}

/** What the target holds of these rows, value by value. */
async function comparePage(target: Sql, table: Table, page: readonly Row[]): Promise<void> {
  const { name, columns, key } = table
  const there = await readRows<Row>(
    target,
    key.map((column) => `k_${column.name} ${column.whole ? 'INT' : 'TEXT'}` as const),
    page.map((row) => keyOf(row, table)),
    `SELECT ${columns.map((column) => `t.${column}`).join(', ')} FROM v JOIN ${name} t ON ${key.map((column) => `t.${column.name} = v.k_${column.name}`).join(' AND ')}`,
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
  const count = async (sql: Sql): Promise<number> =>
    (await sql.all<{ n: number }>(`SELECT COUNT(*) AS n FROM ${name}`))[0]?.n ?? 0
  const [source, here] = [await from.transaction(count), await count(target)]
  if (source !== copied || here !== copied)
    throw new RollcallError(
      'MoveFailed',
      `${name} has ${source} rows, of which ${copied} were copied and ${here} arrived: nothing was moved`,
    )
}

/** Numbers that were given out are never given out again, also when their rows are gone. */
function countersOf(sql: Sql): Promise<{ name: string; seq: number }[]> {
  return sql.all<{ name: string; seq: number }>(
    'SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name',
  )
}

function counterOf(tables: readonly Table[], name: string): string {
  return tables.find((table) => table.name === name)?.key[0]?.name ?? 'seq'
}

const keyOf = (row: Row, { key }: Table): SqlValue[] => key.map(({ name }) => row[name] ?? null)
const valueOrigins = (row: Row, columns: readonly string[]): SqlValue[] =>
  columns.map((column) => row[column] ?? null)
