import type { Sql } from '../driver/sql.ts'

/** How the methods of the ledger reach the database. */
export interface Transactions {
  readonly write: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  /** A `write` that reaches the disk with the next one; see `Access`. */
  readonly deferred: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly read: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly instance: string
  readonly scrub: () => Promise<boolean>
}
