import type { Totals } from '../../../core/ledger/port/inspect.ts'
import type { Sealing } from '../sealing/sealing.ts'

/** What the ledger needs of SQLite and PostgreSQL alike. Statements use `?` for parameters. */

export type SqlValue = string | number | null
/** A value, or a list of values where the dialect has `lists`. */
export type Parameter = SqlValue | readonly SqlValue[]
export type Row = Readonly<Record<string, SqlValue>>

/** One transaction. */
export interface Sql {
  readonly dialect: Dialect
  /** For the columns that hold personal values. */
  readonly sealing: Sealing
  /** What the transaction adds to the running totals, by instance; `writeTotals` stores it. */
  readonly pendingTotals: Map<string, Partial<Record<keyof Totals, number>>>
  /** Rows with the column names of the statement; integers are numbers. */
  all<T>(text: string, parameters?: readonly Parameter[]): Promise<T[]>
  /** How many rows the statement changed. */
  run(text: string, parameters?: readonly Parameter[]): Promise<number>
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

/**
 * - `write`: on disk when it resolves, with everything that was committed before it
 * - `deferred`: on disk with the next `write`, so that a power cut may undo it. It survives the end
 *   of the process. Only for what nothing outside of the ledger follows from before a `write`.
 * - `read`: sees a single moment
 */
export type Access = 'write' | 'deferred' | 'read'

export interface Driver {
  readonly dialect: Dialect
  /**
   * Commits all of `work` or nothing. It may run more than once when the database asks for a retry,
   * so it must have no effect but on the ledger. Transactions of one driver never interleave where
   * the database cannot isolate them. `write` by default.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, access?: Access): Promise<T>
  /** Also removes deleted values from the files, where that is quick. False if some may remain. */
  scrub(): Promise<boolean>
  close(): Promise<void>
}

/** Where the SQL of the two databases differs. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** A 64-bit whole number. */
  readonly integer: string
  /** A whole number of 32 bits, for counts and for what is 0 or 1. */
  readonly small: string
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
  /** Whether a parameter may be a list: a list of rows is then one statement, however long it is. */
  readonly lists: boolean
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

/** A column with its type, as in `seq INT`. */
export type Column = `${string} ${'INT' | 'TEXT'}`
export type Columns = readonly Column[]

export const nameOf = (column: string): string => column.slice(0, column.indexOf(' '))
const namesOf = (columns: readonly string[]): string => columns.map(nameOf).join(', ')
const typeOf = (column: string): string => (column.endsWith(' INT') ? 'BIGINT' : 'TEXT')

/** A table of given rows, as the text of a query and its parameters. */
interface Given {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/**
 * Without lists: parts of the rows in a few sizes, so that a handful of prepared statements serves
 * every length.
 */
const SIZES = [256, 64, 16, 4, 1]

/**
 * The rows as tables: one, or as many as there are parts. `value` is the text of one value of a
 * column.
 */
function* givenRows(
  { lists }: Dialect,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  value: (column: string) => string,
): Generator<Given> {
  if (lists && rows.length > 0) {
    const names = namesOf(columns)
    const arrays = columns.map((column) => `CAST(? AS ${typeOf(column)}[])`).join(', ')
    yield {
      text: `SELECT ${names} FROM unnest(${arrays}) AS given(${names})`,
      parameters: columns.map((_, place) => rows.map((row) => row[place] ?? null)),
    }
    return
  }
  const tuple = `(${columns.map(value).join(', ')})`
  let from = 0
  for (const size of SIZES)
    for (; rows.length - from >= size; from += size)
      yield {
        text: `VALUES ${Array.from({ length: size }, () => tuple).join(', ')}`,
        parameters: rows.slice(from, from + size).flat(),
      }
}

/**
 * Inserts rows. `into` names the table and its columns with their types:
 * `cursors (name TEXT, value INT)`. `tail` follows the values (`ON CONFLICT …`, `RETURNING …`), and
 * `parameters` are its own. Returned rows have no order: match them by key.
 */
export async function insertRows<T>(
  sql: Sql,
  into: string,
  rows: readonly (readonly SqlValue[])[],
  tail = '',
  parameters: readonly SqlValue[] = [],
): Promise<T[]> {
  const returned: T[] = []
  const open = into.indexOf(' (')
  const columns = into.slice(open + 2, -1).split(', ')
  const target = `${into.slice(0, open)} (${namesOf(columns)})`
  for (const given of givenRows(sql.dialect, columns, rows, () => '?')) {
    const text = `INSERT INTO ${target} ${given.text} ${tail}`
    if (tail.includes('RETURNING'))
      returned.push(...(await sql.all<T>(text, [...given.parameters, ...parameters])))
    else await sql.run(text, [...given.parameters, ...parameters])
  }
  return returned
}

/** The statement with the rows in front, as the table `v`. */
function* statementsWith(
  dialect: Dialect,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  parameters: readonly SqlValue[],
): Generator<Given> {
  const cast = (column: string): string => `CAST(? AS ${typeOf(column)})`
  for (const given of givenRows(dialect, columns, rows, cast))
    yield {
      text: `WITH v(${namesOf(columns)}) AS (${given.text}) ${statement}`,
      parameters: [...given.parameters, ...parameters],
    }
}

/**
 * Runs a statement that refers to the rows as the table `v`, and returns what it selects or
 * returns, in no order.
 */
export async function readRows<T>(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  given: readonly SqlValue[] = [],
): Promise<T[]> {
  const found: T[] = []
  for (const { text, parameters } of statementsWith(sql.dialect, columns, rows, statement, given))
    found.push(...(await sql.all<T>(text, parameters)))
  return found
}

/** Runs a statement that refers to the rows as the table `v`, and changes the ledger. */
export async function writeRows(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  given: readonly SqlValue[] = [],
): Promise<void> {
  for (const { text, parameters } of statementsWith(sql.dialect, columns, rows, statement, given))
    await sql.run(text, parameters)
}
