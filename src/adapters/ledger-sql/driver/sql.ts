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
  /** The same for a table of small rows that are only looked up by their key. */
  readonly keyTableOptions: string
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

/** A statement with rows in it: its text, and the values of the rows. */
interface Given {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/**
 * Without lists: parts of the rows in a few sizes, so that a handful of prepared statements serves
 * every length.
 */
const SIZES = [256, 64, 16, 4, 1]

/** The texts of one statement for rows of these columns, by how many rows it takes. */
interface Texts {
  readonly columns: readonly string[]
  readonly bySize: Map<number, string>
}
/**
 * Each text is put together once. It is long, and a driver looks its prepared statement up by it: for
 * a text that was just made, both cost more than many a statement takes to run.
 */
const madeTexts = new WeakMap<Dialect, Map<string, Texts[]>>()

function textsOf(dialect: Dialect, columns: readonly string[], statement: string): Texts['bySize'] {
  let made = madeTexts.get(dialect)
  if (!made) madeTexts.set(dialect, (made = new Map()))
  let alike = made.get(statement)
  if (!alike) made.set(statement, (alike = []))
  const known = alike.find(
    (one) =>
      one.columns.length === columns.length &&
      one.columns.every((column, place) => column === columns[place]),
  )
  if (known) return known.bySize
  const bySize = new Map<number, string>()
  alike.push({ columns, bySize })
  return bySize
}

/** What a statement has around the text of its rows, and the text of one value of a column. */
interface Frame {
  readonly around: (given: string) => string
  readonly value: (column: string) => string
}

/** The statement for all rows, in as many parts as it takes. */
function partsOf(
  { lists }: Dialect,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  texts: Texts['bySize'],
  frame: Frame,
): readonly Given[] {
  if (lists)
    return [
      {
        text: texts.get(0) ?? made(texts, 0, frame.around(unnested(columns))),
        parameters: columns.map((_, place) => rows.map((row) => row[place] ?? null)),
      },
    ]
  const parts: Given[] = []
  let from = 0
  for (const size of SIZES)
    for (; rows.length - from >= size; from += size)
      parts.push({
        text: texts.get(size) ?? made(texts, size, frame.around(listed(columns, size, frame.value))),
        parameters: rows.slice(from, from + size).flat(),
      })
  return parts
}

function made(texts: Texts['bySize'], size: number, text: string): string {
  texts.set(size, text)
  return text
}

function unnested(columns: readonly string[]): string {
  const names = namesOf(columns)
  const arrays = columns.map((column) => `CAST(? AS ${typeOf(column)}[])`).join(', ')
  return `SELECT ${names} FROM unnest(${arrays}) AS given(${names})`
}

function listed(columns: readonly string[], size: number, value: Frame['value']): string {
  const tuple = `(${columns.map(value).join(', ')})`
  return `VALUES ${Array.from({ length: size }, () => tuple).join(', ')}`
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
  if (rows.length === 0) return returned
  const open = into.indexOf(' (')
  const columns = into.slice(open + 2, -1).split(', ')
  const around = (given: string): string =>
    `INSERT INTO ${into.slice(0, open)} (${namesOf(columns)}) ${given} ${tail}`
  const texts = textsOf(sql.dialect, [into], tail)
  for (const { text, ...given } of partsOf(sql.dialect, columns, rows, texts, { around, value: () => '?' })) {
    if (tail.includes('RETURNING'))
      returned.push(...(await sql.all<T>(text, [...given.parameters, ...parameters])))
    else await sql.run(text, [...given.parameters, ...parameters])
  }
  return returned
}

const cast = (column: string): string => `CAST(? AS ${typeOf(column)})`

/** The statement with the rows in front, as the table `v`. */
function statementsWith(
  dialect: Dialect,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  more: readonly SqlValue[],
): readonly Given[] {
  const around = (given: string): string => `WITH v(${namesOf(columns)}) AS (${given}) ${statement}`
  const texts = textsOf(dialect, columns, statement)
  const parts = partsOf(dialect, columns, rows, texts, { around, value: cast })
  return more.length === 0
    ? parts
    : parts.map(({ text, parameters }) => ({ text, parameters: [...parameters, ...more] }))
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
  if (rows.length === 0) return found
  for (const { text, parameters } of statementsWith(sql.dialect, columns, rows, statement, given))
    found.push(...(await sql.all<T>(text, parameters)))
  return found
}

/** What a statement counts as `n`. */
export async function readCount(
  sql: Sql,
  statement: string,
  parameters: readonly SqlValue[] = [],
): Promise<number> {
  const [row] = await sql.all<{ n: number }>(statement, parameters)
  return row?.n ?? 0
}

/** Runs a statement that refers to the rows as the table `v`, and changes the ledger. */
export async function writeRows(
  sql: Sql,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
  statement: string,
  given: readonly SqlValue[] = [],
): Promise<void> {
  if (rows.length === 0) return
  for (const { text, parameters } of statementsWith(sql.dialect, columns, rows, statement, given))
    await sql.run(text, parameters)
}
