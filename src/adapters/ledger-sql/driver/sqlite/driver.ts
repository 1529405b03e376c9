import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { takeRights, makePrivate } from '../../../private-file.ts'
import { noSealing } from '../../sealing/sealing.ts'
import type { Access, Dialect, Driver, Parameter, Sql, SqlValue } from '../sql.ts'
import { toldOfFile } from './failures.ts'
import { expectOnePath, IN_MEMORY, realPlace } from './place.ts'
import type { SoleWriter } from './sole-writer.ts'

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  integer: 'INTEGER',
  small: 'INTEGER',
  identity: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  tableOptions: ' STRICT',
  keyTableOptions: ' STRICT, WITHOUT ROWID',
  define: (statement) => statement,
  tableNamed: `SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = ?`,
  clock: 'NULL',
  lists: false,
  locksRows: false,
  forUpdate: '',
  skipLocked: '',
}

/** The dialect has no lists. */
const single = (parameters: readonly Parameter[]): readonly SqlValue[] => parameters as readonly SqlValue[]

/** How long a writer waits for another process's transaction before it fails. */
const BUSY_MS = 10_000
/** How long emptying the log waits for readers. */
const SCRUB_MS = 2_000

export interface SqliteOptions {
  readonly readOnly?: boolean
  /** Looks after the file for the process that runs on it. */
  readonly sole?: SoleWriter
}

/**
 * A SQLite file as a driver. Calls block their thread, so in the connector it lives in a worker
 * (`client.ts`). What is committed survives a crash of the process and of the machine
 * (`synchronous=FULL`), unless it is deferred. Only its owner may read the file. Throws `LedgerRefused`, `LedgerMissing`,
 * `LedgerNotReady` or `LedgerFull`, which name the file.
 */
export function openSqlite(given: string, options: SqliteOptions = {}): Driver {
  const path = realPlace(given)
  expectOnePath(path)
  try {
    return driverOn(path, options)
  } catch (error) {
    throw toldOfFile(error, path)
  }
}

function driverOn(path: string, options: SqliteOptions): Driver {
  const { sole, readOnly = false } = options
  const database = openDatabase(path, readOnly)
  const { sql, forget } = statementsOf(database)
  const transaction = async <T>(work: (sql: Sql) => Promise<T>, access: Access = 'write'): Promise<T> => {
    sole?.expectFiles()
    // In the log, so the next commit that waits for the disk brings this one there as well.
    if (access === 'deferred') database.exec('PRAGMA synchronous = NORMAL')
    try {
      database.exec(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE')
      const within = { ...sql, pendingTotals: new Map() }
      await sole?.expectOwner(within)
      const result = await work(within)
      database.exec('COMMIT')
      // What went into a file that is gone is not there, though SQLite says it is.
      sole?.expectFiles()
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw toldOfFile(error, path)
    } finally {
      if (access === 'deferred') database.exec('PRAGMA synchronous = FULL')
    }
  }
  // One connection: work begins when the work before it has ended.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => T | Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
  return {
    dialect: sqliteDialect,
    transaction: (work, access) => inTurn(() => transaction(work, access)),
    scrub: () => inTurn(() => emptyLog(database)),
    close: async () => {
      await last
      sole?.end()
      forget()
      database.close()
    },
  }
}

function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  if (!readOnly && path !== IN_MEMORY) {
    // The files beside it get the rights of this one.
    makePrivate(path)
    for (const suffix of ['-wal', '-shm']) takeRights(`${path}${suffix}`)
  }
  const database = new DatabaseSync(path, { readOnly, timeout: BUSY_MS })
  if (!readOnly)
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; PRAGMA secure_delete = ON',
    )
  // `automatic_index`: without statistics the planner takes 256 listed rows for many, and would
  // rather walk the whole table past an index made of the list. `cache_size`, in KiB: a reader
  // walks through the file once and would keep pages that it never reads again. What a writer does not
  // keep, the system does.
  database.exec(
    `PRAGMA cache_size = ${readOnly ? -8_192 : -16_384}; PRAGMA temp_store = MEMORY; PRAGMA automatic_index = OFF`,
  )
  return database
}

/** Each statement is compiled once, until `forget`. */
function statementsOf(database: DatabaseSync): {
  readonly sql: Omit<Sql, 'pendingTotals'>
  readonly forget: () => void
} {
  const statements = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    let statement = statements.get(text)
    if (!statement) statements.set(text, (statement = database.prepare(withoutPeeking(text))))
    return statement
  }
  return {
    sql: {
      dialect: sqliteDialect,
      sealing: noSealing,
      lock: async () => {},
      all: async <T>(text: string, parameters: readonly Parameter[] = []) =>
        prepare(text).all(...single(parameters)) as T[],
      run: async (text, parameters = []) => Number(prepare(text).run(...single(parameters)).changes),
    },
    forget: () => statements.clear(),
  }
}

/**
 * Deleted content is overwritten in the file, but the log still has the pages as they were before.
 * Returns false when a reader was in the way.
 */
function emptyLog(database: DatabaseSync): boolean {
  database.exec(`PRAGMA busy_timeout = ${SCRUB_MS}`)
  const left = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
  return left === 0
}

/**
 * SQLite plans with the value of a plain `LIMIT ?`, so it compiles such a statement again for every
 * run. It does not do that with the value of an expression.
 * https://sqlite.org/c3ref/c_dbconfig_defensive.html, SQLITE_DBCONFIG_ENABLE_QPSG
 */
function withoutPeeking(text: string): string {
  return text.replaceAll(/\b(LIMIT|OFFSET) \?/g, '$1 +?')
}
