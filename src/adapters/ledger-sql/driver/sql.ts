import type { Totals } from '../../../core/ledger/port/inspect.ts'

/** What SQLite and PostgreSQL have in common, as far as the ledger needs it. Statements use `?` for parameters. */

export type SqlValue = string | number | null
export type Row = Readonly<Record<string, SqlValue>>

/** One transaction. */
export interface Sql {
  readonly dialect: Dialect
  /** What the transaction adds to the running totals, by instance; `writeTotals` writes it. */
  readonly pendingTotals: Map<string, Partial<Record<keyof Totals, number>>>
  /** Rows as the statement names their columns; whole numbers are numbers. */
  all<T>(text: string, parameters?: readonly SqlValue[]): Promise<T[]>
  /** How many rows the statement changed. */
  run(text: string, parameters?: readonly SqlValue[]): Promise<number>
  /**
   * Keeps out everybody else who asks for this name until the transaction ends; those who ask to share it keep out only the others. Where
   * transactions do not interleave there is nothing to keep out. Whoever has a name waits for no row that somebody holds who waits for the name.
   */
  lock(name: LockName, mode?: 'shared'): Promise<void>
}

/**
 * - `schema`: migrations
 * - `intake`: shared by those who take events in; alone for what must not meet a half-taken one
 * - `report`: what ends operations
 * - `batch`: forming batches
 * - `calls`: the window and the day's budget
 * - `brake`: people put out
 */
export const LOCKS = ['schema', 'intake', 'report', 'batch', 'calls', 'brake'] as const
export type LockName = (typeof LOCKS)[number]

export interface Driver {
  readonly dialect: Dialect
  /**
   * All of `work` or nothing; it may be run more than once when the database asks for it, so it changes nothing but the ledger. Transactions of one
   * driver never interleave where the database cannot keep them apart. One that only reads sees a single moment.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, access?: 'write' | 'read'): Promise<T>
  /** Takes what was deleted out of the files as well, where that is quick. False when some of it is still there. */
  scrub(): Promise<boolean>
  close(): Promise<void>
}

/** The few words the two databases spell differently. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** A 64-bit whole number. */
  readonly integer: string
  /** A primary key the database counts up and never uses again, whatever was deleted. */
  readonly identity: string
  /** What stands behind a CREATE TABLE. */
  readonly tableOptions: string
  /** A statement that makes or changes a table: texts are compared by their bytes. */
  define(statement: string): string
  /** A query that has a row when there is a table of the name it is given. */
  readonly tableNamed: string
  /** What the clock of the database says, in epoch milliseconds; NULL where it is that of this machine. */
  readonly clock: string
  /** Behind a SELECT: its rows belong to this transaction until it ends. Empty where no other is under way. */
  readonly forUpdate: string
  /** The same, leaving out rows that belong to another. */
  readonly skipLocked: string
}

/** Several rows in as few statements as possible, in sizes that come again, so that a handful of prepared statements serves every length. */
const SIZES = [256, 64, 16, 4, 1]

export function* inSizes<T>(rows: readonly T[]): Generator<readonly T[]> {
  let from = 0
  for (const size of SIZES)
    while (rows.length - from >= size) {
      yield rows.slice(from, from + size)
      from += size
    }
}

/** `(?, ?), (?, ?)` */
function values(rows: number, tuple: string): string {
  return Array.from({ length: rows }, () => tuple).join(', ')
}

/** Inserts rows; `tail` is what stands behind them (`ON CONFLICT …`, `RETURNING …`). What is returned comes in no order: join it by key. */
export async function insertRows<T>(
  sql: Sql,
  into: string,
  rows: readonly (readonly SqlValue[])[],
  tail = '',
): Promise<T[]> {
  const returned: T[] = []
  for (const part of inSizes(rows)) {
    const tuple = `(${Array.from(part[0] ?? [], () => '?').join(', ')})`
    const text = `INSERT INTO ${into} VALUES ${values(part.length, tuple)} ${tail}`
    if (tail.includes('RETURNING')) returned.push(...(await sql.all<T>(text, part.flat())))
    else await sql.run(text, part.flat())
  }
  return returned
}

/** Columns of a list of values and their types, as in `['seq INTEGER', 'state TEXT']`. */
export type Columns = readonly `${string} ${'INT' | 'TEXT'}`[]

/** Runs a statement that begins with `WITH v(…) AS (VALUES …)` for rows, in parts. */
export async function withRows<T>(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  parameters: readonly SqlValue[] = [],
): Promise<T[]> {
  const names = columns.map((column) => column.split(' ')[0]).join(', ')
  const tuple = `(${columns.map((column) => `CAST(? AS ${column.endsWith(' INT') ? 'BIGINT' : 'TEXT'})`).join(', ')})`
  const reads = statement.startsWith('SELECT') || statement.includes('RETURNING')
  const found: T[] = []
  for (const part of inSizes(rows)) {
    const text = `WITH v(${names}) AS (VALUES ${values(part.length, tuple)}) ${statement}`
    if (reads) found.push(...(await sql.all<T>(text, [...part.flat(), ...parameters])))
    else await sql.run(text, [...part.flat(), ...parameters])
  }
  return found
}
