import { RollcallError } from '../../core/errors.ts'
import { migrate } from './schema.ts'
import { copyWhole, counterOf, type Table, tablesOf } from './copy-tables.ts'
import type { Driver, Sql } from './driver/sql.ts'
import { expectNoInstance } from './submit/leases.ts'

export interface Moved {
  readonly tables: number
  readonly rows: number
}

type OnProgress = (table: string, rows: number) => void

/**
 * Copies a SQLite ledger that no connector uses to an empty PostgreSQL one. All of it is one
 * transaction of the target: afterwards either every row is there, read back and compared one by
 * one, or the target is as empty as before and the move can be started again. It is one of the
 * source as well, which is taken back: the source stays as it was, also one of an older release,
 * which is brought to this one's schema to be read. Throws `LedgerInUse`, `LedgerNotEmpty`, and
 * `MoveFailed` when a row comes back otherwise than it went in.
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
    // An instance on the target would number its rows as those that come are numbered.
    await expectNoInstance(
      target,
      now,
      'instances run on the target: end them, and start them again when the ledger is there',
    )
    await expectEmpty(target, tables)
    const rows = new Map<string, number>()
    for (const table of tables) {
      rows.set(table.name, await copyWhole(from, target, table, (count) => onProgress(table.name, count)))
    }
    for (const { name, seq } of await from.transaction(countersOf))
      await target.all(`SELECT setval(pg_get_serial_sequence(?, ?), CAST(? AS BIGINT))`, [
        name,
        counterOf(tables, name),
        seq,
      ])
    return rows
  })
  // A table known to be empty is walked through by plans that are made then and outlast it, so
  // nothing is found out about one.
  for (const [name, copied] of moved)
    if (copied > 0) await to.transaction((sql) => sql.run(`ANALYZE ${name}`))
  return { tables: tables.length, rows: [...moved.values()].reduce((sum, copied) => sum + copied, 0) }
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

/** Numbers that were given out are never given out again, also when their rows are gone. */
function countersOf(sql: Sql): Promise<{ name: string; seq: number }[]> {
  return sql.all<{ name: string; seq: number }>(
    'SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name',
  )
}
