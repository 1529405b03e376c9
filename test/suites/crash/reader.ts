import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { isShared } from '../../../src/adapters/ledger-sql/open.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { driverAt } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'

/**
 * A reader beside the process that writes, once that process has made the ledger. It reads in this
 * thread: to start one costs more than all that it reads.
 */
export async function openReader(location: string): Promise<Ledger> {
  const opened: Ledger[] = []
  await until(
    'the ledger is there',
    async () => {
      const ledger = await readable(location).catch(() => null)
      if (ledger) opened.push(ledger)
      return ledger !== null
    },
    60_000,
    100,
  )
  const [reader] = opened
  if (!reader) throw new Error('the ledger is not there')
  return reader
}

/** Rejects where there is no ledger yet, or not all of it. */
async function readable(location: string): Promise<Ledger> {
  const driver = isShared({ location }) ? driverAt(location, 2) : openSqlite(location, { readOnly: true })
  const ledger = sqlLedger(driver, 'reader')
  try {
    await ledger.readTotals()
    return ledger
  } catch (error) {
    await ledger.close()
    throw error
  }
}
