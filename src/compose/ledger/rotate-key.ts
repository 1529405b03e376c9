import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { expectSchema } from '../../adapters/ledger-sql/driver/postgres/ready.ts'
import { lockLedger } from '../../adapters/ledger-sql/driver/sqlite/lock.ts'
import { waitForSchema } from '../../adapters/ledger-sql/driver/sqlite/ready.ts'
import { isWhole } from '../../adapters/ledger-sql/sealing/open.ts'
import { type RotatedKeys, rotateKeys } from '../../adapters/ledger-sql/sealing/rotate.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { ledgerAddress } from '../addresses.ts'
import { patientDriver } from './driver.ts'
import { expectLedger } from './open.ts'

/**
 * Encrypts everything in the ledger with the newest key. Throws `ConfigInvalid` without a key,
 * `LedgerMissing`, and what `rotateKeys` throws.
 */
export async function rotateLedgerKey(
  config: Config,
  onRows: (rows: number, table: string) => void,
): Promise<RotatedKeys> {
  expectLedger(config)
  const address = ledgerAddress(config)
  const keys = await address.keys()
  if (keys === null)
    throw new RollcallError(
      'ConfigInvalid',
      'there is no key to encrypt the ledger with: set LEDGER_KEYS or LEDGER_KEY_SECRET',
    )
  const { location } = address
  const isFile = !isPostgresUrl(location)
  await using stack = new AsyncDisposableStack()
  const driver = stack.adopt(patientDriver(address), (one) => one.close())
  if (isFile) await waitForSchema(driver, location, 0)
  else await expectSchema(driver, location)
  // The first time no connector may run; on a database its leases tell.
  if (isFile && !(await driver.transaction(isWhole, 'read')))
    stack.adopt(await lockLedger(location, 0), (lock) => lock.release())
  return await rotateKeys(driver, keys, Date.now(), onRows)
}
