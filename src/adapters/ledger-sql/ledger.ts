import type { Ledger } from '../../core/ledger/ledger.ts'
import type { Driver, Sql } from './driver/sql.ts'
import { intakeMethods, planMethods, submitMethods, reportMethods } from './methods/flow.ts'
import {
  deadLetterMethods,
  replayMethods,
  leaverMethods,
  emergencyMethods,
  directMethods,
  blockMethods,
  findingMethods,
  alertMethods,
} from './methods/failures.ts'
import { inspectMethods, heldMethods, historyMethods, figureMethods } from './methods/views.ts'
import { directoryMethods } from './methods/directory.ts'
import { instanceMethods, upkeepMethods } from './methods/upkeep.ts'
import { writing } from './upkeep/lost-commits.ts'
import type { Transactions } from './methods/transactions.ts'

/**
 * The ledger over any driver. Each method is one transaction. `instance` identifies the writer in
 * the running totals; it stays the same when a deployment slot restarts.
 */
export function sqlLedger(driver: Driver, instance: string, now: () => number = Date.now): Ledger {
  const { write, deferred } = writing(driver, now)
  const read = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => driver.transaction(work, 'read')
  const transactions: Transactions = { write, deferred, read, instance, scrub: () => driver.scrub() }
  return {
    ...intakeMethods(transactions),
    ...planMethods(transactions),
    ...submitMethods(transactions),
    ...reportMethods(transactions),
    ...deadLetterMethods(transactions),
    ...replayMethods(transactions),
    ...leaverMethods(transactions),
    ...emergencyMethods(transactions),
    ...directMethods(transactions),
    ...blockMethods(transactions),
    ...findingMethods(transactions),
    ...directoryMethods(transactions),
    ...alertMethods(transactions),
    ...inspectMethods(transactions),
    ...figureMethods(transactions),
    ...heldMethods(transactions),
    ...historyMethods(transactions),
    ...instanceMethods(transactions),
    ...upkeepMethods(transactions),
    ping: () => write(ping),
    close: () => driver.close(),
  }
}

/**
 * Writes, because a ledger on a full or read-only disk still answers reads but cannot accept work.
 */
async function ping(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ at: number | null }>(
    `INSERT INTO cursors (name, value) VALUES ('pings', 1) ON CONFLICT (name) DO UPDATE SET value = cursors.value + 1 RETURNING ${sql.dialect.clock} AS at`,
  )
  return row?.at ?? null
}
