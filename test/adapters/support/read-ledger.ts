import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'

/**
 * Reads a ledger in a file beside the process that writes it. In this thread: to start one for each
 * look would cost more than all that is read.
 */
export async function readLedger<T>(path: string, read: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = sqlLedger(openSqlite(path, { readOnly: true }), 'reader')
  try {
    return await read(ledger)
  } finally {
    await ledger.close()
  }
}
