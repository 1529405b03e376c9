import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Dialect, Driver, Sql, SqlValue } from '../sql.ts'

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  integer: 'INTEGER',
  identity: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  tableOptions: ' STRICT',
  define: (statement) => statement,
  tableNamed: `SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = ?`,
  clock: 'NULL',
  forUpdate: '',
  skipLocked: '',
}

/** How long a writer waits for another process's transaction before it fails. */
const BUSY_MS = 10_000

/**
 * A SQLite file as a driver. Calls block their thread, so in the connector it lives in a worker (`client.ts`).
 * What is committed survives a crash of the process and of the machine (`synchronous=FULL`).
 */
export function openSqlite(path: string, options: { readonly readOnly?: boolean } = {}): Driver {
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: BUSY_MS })
  if (!options.readOnly)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000')
  // Without statistics the planner takes 256 listed rows for many, and would rather walk the whole table past an index made of the list.
  // KiB. Who only reads walks through once and would keep what it never asks for again.
  database.exec(
    `PRAGMA cache_size = ${options.readOnly ? -8_192 : -262_144}; PRAGMA temp_store = MEMORY; PRAGMA automatic_index = OFF`,
  )
  const statements = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    let statement = statements.get(text)
    if (!statement) statements.set(text, (statement = database.prepare(text)))
    return statement
  }
  const sql: Omit<Sql, 'tally'> = {
    dialect: sqliteDialect,
    lock: async () => {},
    all: async <T>(text: string, parameters: readonly SqlValue[] = []) =>
      prepare(text).all(...parameters) as T[],
    run: async (text, parameters = []) => Number(prepare(text).run(...parameters).changes),
  }
  // One connection: a transaction begins when the one before it has ended.
  let last: Promise<unknown> = Promise.resolve()
  const transaction = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
    database.exec(options.readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE')
    try {
      const result = await work({ ...sql, tally: new Map() })
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
  return {
    dialect: sqliteDialect,
    transaction: (work) => {
      const turn = last.then(() => transaction(work))
      last = turn.catch(() => {})
      return turn
    },
    close: async () => {
      await last
      statements.clear()
      database.close()
    },
  }
}
