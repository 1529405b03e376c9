import { existsSync } from 'node:fs'
import { moveLedger } from '../../adapters/ledger-sql/move.ts'
import { holdsLedger } from '../../adapters/ledger-sql/driver/sqlite/ready.ts'
import { isPostgresUrl, maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../adapters/ledger-sql/driver/postgres/driver-at.ts'
import { openSqlite } from '../../adapters/ledger-sql/driver/sqlite/driver.ts'
import { lockLedger } from '../../adapters/ledger-sql/driver/sqlite/lock.ts'
import { ledgerAddress } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { type Format, printJson, printLines, progress, say } from '../support/output.ts'

export interface MoveOptions {
  readonly from: string
  /** Where it is not given: `LEDGER`. */
  readonly to?: string
  readonly output: Format
}

/** A ledger in a file becomes one in a database. 0 when every row is there; otherwise nothing is, and the error says why. */
export async function move(options: MoveOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const place = ledgerAddress(readConfig(environment))
  const location = options.to ?? place.location
  if (!isPostgresUrl(location))
    throw new RollcallError('ArgumentInvalid', '--to, or LEDGER, takes postgres://user@host/database')
  if (!existsSync(options.from))
    throw new RollcallError('LedgerMissing', `there is no ledger at ${options.from}`)
  if (!(await isLedger(options.from)))
    throw new RollcallError('LedgerMissing', `${options.from} holds no ledger`)
  await using stack = new AsyncDisposableStack()
  stack.adopt(await lockLedger(options.from, 0), (lock) => lock.release())
  const source = stack.adopt(openSqlite(options.from), (driver) => driver.close())
  const target = stack.adopt(postgresDriver({ ...place, location, statementMs: null }), (driver) =>
    driver.close(),
  )
  const line = progress()
  const moved = await moveLedger(source, target, Date.now(), (table, rows) =>
    line.show(`${table}: ${rows} rows`),
  )
  line.end()
  if (options.output === 'json') printJson(moved)
  else
    printLines(
      `${moved.rows} rows of ${moved.tables} tables are at ${maskedLocation(location)}, compared one by one`,
    )
  say(
    `Set LEDGER to it for every instance. ${options.from} is as it was; keep it as a copy, and run nothing on it any more.`,
  )
  return 0
}

/** Asked without writing anything: what is no ledger is somebody else's. */
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
