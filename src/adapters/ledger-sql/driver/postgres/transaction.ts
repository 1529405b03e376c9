import type { Pool, PoolClient } from 'pg'
import { RollcallError } from '../../../../core/errors.ts'
import { noSealing } from '../../sealing/sealing.ts'
import { type Access, type Sql, LOCKS, type Parameter } from '../sql.ts'
import { beginning, postgresDialect, TABLE_LOCK_MS } from './dialect.ts'
import { Failure } from './failures.ts'
import { encode, numbered } from './text.ts'

/** The names of advisory locks are two numbers. The first marks a lock as Rollcall's. */
const ROLLCALL_LOCKS = 0x726f6c6c

/**
 * The connection was lost while a commit was on its way. It is not repeated, because it may have
 * been done.
 */
export class Uncertain extends Error {
  override readonly name = 'Uncertain'
}

/** Texts of statements by name, so that a connection prepares each only once. */
type Prepare = (text: string) => { readonly name: string; readonly text: string }

export function preparedStatements(): Prepare {
  const statements = new Map<string, ReturnType<Prepare>>()
  return (text) => {
    let statement = statements.get(text)
    if (!statement)
      statements.set(text, (statement = { name: `rollcall_${statements.size + 1}`, text: numbered(text) }))
    return statement
  }
}

interface Connecting {
  readonly pool: Pool
  readonly prepare: Prepare
  readonly statementMs: number | null
}

/**
 * Runs `work` once in a transaction on a connection of its own. Rejects with a `Failure` of a
 * statement, with `Uncertain`, or with what `work` rejected with.
 */
export async function runOnce<T>(
  connecting: Connecting,
  work: (sql: Sql) => Promise<T>,
  access: Access,
): Promise<T> {
  const client = await connecting.pool
    .connect()
    .catch((error: unknown) => Promise.reject(new Failure(error, access)))
  let isBroken = false
  // Between two statements, no caller waits for a rejection.
  const onError = (): void => void (isBroken = true)
  client.on('error', onError)
  const command = async (text: string): Promise<string> => {
    try {
      return (await client.query(text)).command
    } catch (error) {
      throw new Failure(error, access)
    }
  }
  try {
    await command(beginning(access, connecting.statementMs))
    const result = await work(sqlOver(client, connecting, access))
    await commit(command)
    return result
  } catch (error) {
    if (error instanceof Failure ? error.kind === 'connection' : error instanceof Uncertain) isBroken = true
    else await command('ROLLBACK').catch(onError)
    throw error
  } finally {
    client.removeListener('error', onError)
    client.release(isBroken)
  }
}

function sqlOver(client: PoolClient, { prepare, statementMs }: Connecting, access: Access): Sql {
  // One statement after another, even when the caller starts several at once.
  let last: Promise<unknown> = Promise.resolve()
  const query = (
    text: string,
    parameters: readonly Parameter[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }> => {
    const answer = last.then(() =>
      client
        .query({ ...prepare(text), values: parameters.map(encode) })
        .catch((error: unknown) => Promise.reject(new Failure(error, access))),
    )
    last = answer.catch(() => {})
    return answer
  }
  return {
    dialect: postgresDialect,
    sealing: noSealing,
    pendingTotals: new Map(),
    all: async <T>(text: string, parameters: readonly Parameter[] = []) =>
      (await query(text, parameters)).rows as T[],
    run: async (text, parameters = []) => (await query(text, parameters)).rowCount ?? 0,
    lock: async (name, mode) => {
      const taken = `SELECT pg_advisory_xact_lock${mode === 'shared' ? '_shared' : ''}(CAST(? AS INT), CAST(? AS INT))`
      // Waits without limit for another instance that makes tables, but not for a table that is in
      // use.
      if (statementMs === null) await query('SET LOCAL lock_timeout = 0', [])
      await query(taken, [ROLLCALL_LOCKS, LOCKS.indexOf(name)])
      if (statementMs === null) await query(`SET LOCAL lock_timeout = ${TABLE_LOCK_MS}`, [])
    },
  }
}

async function commit(command: (text: string) => Promise<string>): Promise<void> {
  let answer: string
  try {
    answer = await command('COMMIT')
  } catch (error) {
    if (error instanceof Failure && error.kind === 'connection')
      throw new Uncertain('commit', { cause: error })
    throw error
  }
  // A transaction in which a statement failed is rolled back by its COMMIT, without an error.
  if (answer !== 'COMMIT')
    throw new RollcallError('LedgerFailed', 'a transaction with a failed statement was not committed')
}
