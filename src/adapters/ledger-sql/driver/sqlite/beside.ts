import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { sqlLedger } from '../../ledger.ts'
import { openSqlite } from './driver.ts'
import { realPlace } from './place.ts'
import { waitForSchema } from './ready.ts'
import type { LedgerKeys } from '../../sealing/keys.ts'
import { sealedDriver } from '../../sealing/open.ts'

/** Names the writer of a SQLite file in the books: there is one at a time. */
export const INSTANCE = 'sqlite'

export interface BesideOptions {
  readonly path: string
  readonly readOnly: boolean
  readonly patienceMs: number
  readonly keys: LedgerKeys | null
}

/**
 * A ledger beside the process that runs on it, in this thread: it takes no lock and makes no
 * tables. Starting a thread would cost a command more than most of its queries. Rejects with
 * `LedgerNotReady`, `LedgerKeyMissing`, or the database's error about the file.
 */
export async function openBeside(options: BesideOptions): Promise<Ledger> {
  const { path: given, readOnly, patienceMs, keys } = options
  const path = realPlace(given)
  const driver = openSqlite(path, { readOnly })
  try {
    await waitForSchema(driver, path, patienceMs)
    return sqlLedger(await sealedDriver(driver, keys), INSTANCE)
  } catch (error) {
    await driver.close()
    throw error
  }
}
