import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { sqlLedger } from '../../ledger.ts'
import { openSqlite } from './driver.ts'
import { realPlace } from './place.ts'
import { waitForSchema } from './ready.ts'

/** Names the writer of a SQLite file in the books: there is one at a time. */
export const INSTANCE = 'sqlite'

export interface BesideOptions {
  readonly path: string
  readonly readOnly: boolean
  readonly patienceMs: number
}

/**
 * A ledger beside the process that runs on it, in this thread: it takes no lock and makes no
 * tables. Starting a thread would cost a command more than most of its queries. Rejects with
 * `LedgerNotReady`, or the database's error about the file.
 */
export async function openBeside({ path: given, readOnly, patienceMs }: BesideOptions): Promise<Ledger> {
  const path = realPlace(given)
  const driver = openSqlite(path, { readOnly })
  try {
    await waitForSchema(driver, path, patienceMs)
    return sqlLedger(driver, INSTANCE)
  } catch (error) {
    await driver.close()
    throw error
  }
}
