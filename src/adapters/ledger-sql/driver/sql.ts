import type { Totals } from '../../../core/ledger/port/inspect.ts'

/** What the ledger needs of SQLite and PostgreSQL alike. Statements use `?` for parameters. */

export type SqlValue = string | number | null
export type Row = Readonly<Record<string, SqlValue>>

/** One transaction. */
export interface Sql {
  readonly dialect: Dialect
  /** What the transaction adds to the running totals, by instance; `writeTotals` stores it. */
  readonly pendingTotals: Map<string, Partial<Record<keyof Totals, number>>>
  /** Rows with the column names of the statement; integers are numbers. */
  all<T>(text: string, parameters?: readonly SqlValue[]): Promise<T[]>
  /** How many rows the statement changed. */
  run(text: string, parameters?: readonly SqlValue[]): Promise<number>
  /**
   * Takes a named lock until the transaction ends. `shared` holders exclude only exclusive ones.
   * Does nothing where transactions never interleave. A holder must not wait for a row whose holder
   * waits for the name.
   */
  lock(name: LockName, mode?: 'shared'): Promise<void>
}

/**
 * - `schema`: migrations
 * - `intake`: shared by transactions that record events; exclusive for those that must not overlap
 *   one
 * - `report`: ending operations
 * - `batch`: forming batches
 * - `calls`: the window and the day's quota
 * - `brake`: deactivations
 */
export const LOCKS = ['schema', 'intake', 'report', 'batch', 'calls', 'brake'] as const
export type LockName = (typeof LOCKS)[number]

export interface Driver {
  readonly dialect: Dialect
  /**
   * Commits all of `work` or nothing. It may run more than once when the database asks for a retry,
   * so it must have no effect but on the ledger. Transactions of one driver never interleave where
   * the database cannot isolate them. A read transaction sees a single moment.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, access?: 'write' | 'read'): Promise<T>
  /** Also removes deleted values from the files, where that is quick. False if some may remain. */
  scrub(): Promise<boolean>
  close(): Promise<void>
}

/** Where the SQL of the two databases differs. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** A 64-bit whole number. */
  readonly integer: string
  /** A primary key that the database counts up and never reuses. */
  readonly identity: string
  /** Appended to CREATE TABLE. */
  readonly tableOptions: string
  /** Adapts a statement that creates or changes a table, so that texts are compared by bytes. */
  define(statement: string): string
  /** A query that returns a row if the table named by its parameter exists. */
  readonly tableNamed: string
  /**
   * The clock of the database in epoch milliseconds; NULL where it is the clock of this machine.
   */
  readonly clock: string
  /**
   * Whether transactions interleave, so that rows must be locked; false where they run one at a
   * time.
   */
  readonly locksRows: boolean
  /**
   * Appended to a SELECT to lock its rows until the transaction ends; empty where `locksRows` is
   * false.
   */
  readonly forUpdate: string
  /** The same, skipping rows that another transaction has locked. */
  readonly skipLocked: string
}

/**
 * Parts of the rows in a few fixed sizes, so that a handful of prepared statements serves every
 * length.
 */
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

/**
 * Inserts rows. `tail` follows the values (`ON CONFLICT …`, `RETURNING …`), and `parameters` are
 * its own. Returned rows have no order: match them by key.
 */
export async function insertRows<T>(
  sql: Sql,
  into: string,
  rows: readonly (readonly SqlValue[])[],
  tail = '',
  parameters: readonly SqlValue[] = [],
): Promise<T[]> {
  const returned: T[] = []
  for (const part of inSizes(rows)) {
    const tuple = `(${Array.from(part[0] ?? [], () => '?').join(', ')})`
    const text = `INSERT INTO ${into} VALUES ${values(part.length, tuple)} ${tail}`
    if (tail.includes('RETURNING'))
      returned.push(...(await sql.all<T>(text, [...part.flat(), ...parameters])))
    else await sql.run(text, [...part.flat(), ...parameters])
  }
  return returned
}

/** Columns of `v` with their types, as in `['seq INT', 'state TEXT']`. */
export type Columns = readonly `${string} ${'INT' | 'TEXT'}`[]

/** Rows for a statement that refers to them as the table `v`. */
interface RowStatement {
  readonly text: string
  readonly parameters: readonly SqlValue[]
}

/** The statement with `WITH v(…) AS (VALUES …)` in front, once for each part of the rows. */
function* statementsWith(
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  parameters: readonly SqlValue[],
): Generator<RowStatement> {
  const names = columns.map((column) => column.split(' ')[0]).join(', ')
  const casts = columns.map((column) => `CAST(? AS ${column.endsWith(' INT') ? 'BIGINT' : 'TEXT'})`)
  const tuple = `(${casts.join(', ')})`
  for (const part of inSizes(rows))
    yield {
      text: `WITH v(${names}) AS (VALUES ${values(part.length, tuple)}) ${statement}`,
      parameters: [...part.flat(), ...parameters],
    }
}

/** Runs a statement for rows, in parts, and returns what it selects or returns, in no order. */
export async function readRows<T>(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  given: readonly SqlValue[] = [],
): Promise<T[]> {
  const found: T[] = []
  for (const { text, parameters } of statementsWith(columns, rows, statement, given))
    found.push(...(await sql.all<T>(text, parameters)))
  return found
}

/** Runs a statement that changes the ledger for rows, in parts. */
export async function writeRows(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  given: readonly SqlValue[] = [],
): Promise<void> {
  for (const { text, parameters } of statementsWith(columns, rows, statement, given))
    await sql.run(text, parameters)
}
