import { existsSync, renameSync, rmSync } from 'node:fs'
import { copyDatabase } from '../../adapters/ledger-sql/backup/from-database.ts'
import { copyFile } from '../../adapters/ledger-sql/backup/from-file.ts'
import { faultsOf } from '../../adapters/ledger-sql/backup/look.ts'
import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../adapters/ledger-sql/driver/postgres/driver-at.ts'
import { openSqlite } from '../../adapters/ledger-sql/driver/sqlite/driver.ts'
import { openLedger } from '../../adapters/ledger-sql/open.ts'
import { type Encryption, encryptionOf } from '../../adapters/ledger-sql/sealing/open.ts'
import { makePrivate } from '../../adapters/private-file.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import type { StateCounts, Totals } from '../../core/ledger/port/inspect.ts'
import type { LedgerAge } from '../../core/ledger/port/upkeep.ts'
import { ledgerAddress } from '../addresses.ts'
import { patientDriver } from './driver.ts'

/** What a ledger holds, and what is wrong with it. */
export interface VerifiedLedger {
  /** Damage of the file; a database answers for its own. */
  readonly faults: readonly string[]
  readonly totals: Totals
  readonly stateCounts: StateCounts
  readonly age: LedgerAge
  readonly encryption: Encryption
}

/**
 * Copies the ledger to a new SQLite file that only its owner may read, while a connector runs on
 * it. The file gets its name only when the copy is whole. Throws `FileExists`, `LedgerMissing`, and
 * `MoveFailed` when the copy is not what was read.
 */
export async function backUpLedger(
  config: Config,
  to: string,
  onRows: (rows: number) => void,
): Promise<VerifiedLedger> {
  if (existsSync(to))
    throw new RollcallError('FileExists', `${to} exists already: name another file with --to`)
  const { location } = ledgerAddress(config)
  if (!isPostgresUrl(location) && !existsSync(location))
    throw new RollcallError('LedgerMissing', `no ledger at ${location}`)
  const partial = `${to}.partial`
  rmSync(partial, { force: true })
  try {
    makePrivate(partial)
    if (isPostgresUrl(location)) await copyOfDatabase(config, partial, onRows)
    else copyFile(location, partial)
    const verified = await verifyLedger(config, partial)
    renameSync(partial, to)
    return verified
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(partial + suffix, { force: true })
  }
}

async function copyOfDatabase(config: Config, to: string, onRows: (rows: number) => void): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const from = stack.adopt(patientDriver(ledgerAddress(config)), (driver) => driver.close())
  const target = stack.adopt(openSqlite(to), (driver) => driver.close())
  await copyDatabase(from, target, Date.now(), onRows)
}

/**
 * Looks at a ledger, by default the configured one, without changing it. Throws `LedgerMissing`.
 */
export async function verifyLedger(config: Config, file: string | null): Promise<VerifiedLedger> {
  const address = ledgerAddress(config)
  const location = file ?? address.location
  const isFile = !isPostgresUrl(location)
  if (isFile && !existsSync(location)) throw new RollcallError('LedgerMissing', `no ledger at ${location}`)
  const faults = isFile ? faultsOf(location) : []
  await using stack = new AsyncDisposableStack()
  const opened = await openLedger({ ...address, location }, { kind: 'read' }, Date.now)
  const ledger = stack.adopt(opened, (one) => one.close())
  const driver = stack.adopt(
    isFile
      ? openSqlite(location, { readOnly: true })
      : postgresDriver({ ...address, location, connections: 1 }),
    (one) => one.close(),
  )
  return {
    faults,
    ...(await ledger.readCounts()),
    age: await ledger.readAge(),
    encryption: await encryptionOf(driver),
  }
}
