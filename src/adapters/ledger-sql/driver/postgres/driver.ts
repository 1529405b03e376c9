import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolConfig } from 'pg'
import { RollcallError } from '../../../../core/errors.ts'
import type { Access, Driver, Sql } from '../sql.ts'
import { postgresDialect } from './dialect.ts'
import { Failure, told } from './failures.ts'
import { decode } from './text.ts'
import { preparedStatements, runOnce, Uncertain } from './transaction.ts'

export interface PostgresOptions {
  readonly connection: PoolConfig
  /** Host and database, for messages about failures. */
  readonly name: string
  readonly connections: number
  /**
   * Both sides give up a statement that takes longer. `null`, no limit, for creating tables and for
   * moving a ledger.
   */
  readonly statementMs: number | null
}

const CONNECT_MS = 5_000
/** How often a transaction is attempted, and how long the driver waits between two attempts. */
const PATIENCE = {
  conflict: { attempts: 8, firstMs: 5, mostMs: 250 },
  connection: { attempts: 5, firstMs: 50, mostMs: 800 },
} as const

const INT8 = 20
const NUMERIC = 1700
const [INT2, INT4, FLOAT8] = [21, 23, 701]
/**
 * Numbers arrive as numbers: no number in the ledger exceeds 2^53, because sequence numbers of
 * messages are texts. Sums arrive as NUMERIC.
 */
const types = {
  getTypeParser: (oid: number): ((text: string) => string | number) =>
    oid === INT8 || oid === INT4 || oid === INT2 || oid === NUMERIC || oid === FLOAT8 ? Number : decode,
}

/** PostgreSQL as a driver: a pool of connections, each transaction on one of its own. */
export function openPostgres(options: PostgresOptions): Driver {
  const { statementMs } = options
  const connecting = { pool: openPool(options), prepare: preparedStatements(), statementMs }
  let closing: Promise<void> | null = null

  const transaction = async <T>(work: (sql: Sql) => Promise<T>, access: Access = 'write'): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runOnce(connecting, work, access)
      } catch (error) {
        if (error instanceof Uncertain)
          throw new RollcallError(
            'LedgerUncertain',
            `${options.name} went away during a commit: what was asked may have happened`,
            { cause: error.cause },
          )
        if (!(error instanceof Failure)) throw error
        if (error.kind === 'refused' || attempt >= PATIENCE[error.kind].attempts || closing)
          throw told(error, options.name)
        const { firstMs, mostMs } = PATIENCE[error.kind]
        await sleep(Math.min(mostMs, firstMs * 2 ** (attempt - 1)) * (0.5 + Math.random()))
      }
    }
  }
  return {
    dialect: postgresDialect,
    transaction: (work, access) =>
      closing
        ? Promise.reject(new RollcallError('LedgerClosed', 'the ledger is closed'))
        : transaction(work, access),
    // Dead rows stay in their pages until those are rewritten: see `rewriteTables`.
    scrub: async () => false,
    close: () => (closing ??= connecting.pool.end()),
  }
}

function openPool({ connection, connections, statementMs }: PostgresOptions): Pool {
  const pool = new Pool({
    ...connection,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    ...(statementMs === null ? {} : { query_timeout: statementMs + 2_000 }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'rollcall',
    types,
  })
  // An idle connection that breaks: the next transaction gets another.
  pool.on('error', () => {})
  // A server may end a connection in the very chunk that says it is ready, before the transaction
  // that asked for it listens.
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}
