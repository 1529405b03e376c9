import { existsSync } from 'node:fs'
import { isPostgresUrl, maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../adapters/ledger-sql/driver/postgres/driver-at.ts'
import { openSqlite } from '../../adapters/ledger-sql/driver/sqlite/driver.ts'
import { lockLedger } from '../../adapters/ledger-sql/driver/sqlite/lock.ts'
import { holdsLedger } from '../../adapters/ledger-sql/driver/sqlite/ready.ts'
import { moveLedger } from '../../adapters/ledger-sql/move.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { ledgerAddress } from '../addresses.ts'

/** What was moved; `to` is without its password. */
export interface MovedLedger {
  readonly to: string
  readonly counts: Awaited<ReturnType<typeof moveLedger>>
}

/**
 * Copies the ledger in a file to a database (default: `LEDGER`), and compares every row. Rejects
 * with nothing copied if that fails. No other process may use the file during the copy.
 */
export async function moveToDatabase(
  config: Config,
  { from, to }: { readonly from: string; readonly to?: string | undefined },
  onTable: (table: string, rows: number) => void,
): Promise<MovedLedger> {
  const address = ledgerAddress(config)
  const location = to ?? address.location
  if (!isPostgresUrl(location))
    throw new RollcallError('ArgumentInvalid', '--to, or LEDGER, must be postgres://user@host/database')
  if (!existsSync(from)) throw new RollcallError('LedgerMissing', `no ledger at ${from}`)
  if (!(await isLedger(from))) throw new RollcallError('LedgerMissing', `${from} does not contain a ledger`)
  await using stack = new AsyncDisposableStack()
  stack.adopt(await lockLedger(from, 0), (lock) => lock.release())
  const source = stack.adopt(openSqlite(from), (driver) => driver.close())
  const target = stack.adopt(postgresDriver({ ...address, location, statementMs: null }), (driver) =>
    driver.close(),
  )
  const counts = await moveLedger(source, target, Date.now(), onTable)
  return { to: maskedLocation(location), counts }
}

/** Opens the file read-only, because a file that is not a ledger belongs to another program. */
async function isLedger(path: string): Promise<boolean> {
  try {
    const driver = openSqlite(path, { readOnly: true })
    try {
      return await holdsLedger(driver)
    } finally {
      await driver.close()
    }
  } catch {
    return false
  }
}
