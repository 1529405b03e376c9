import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { expectRightToMake } from '../../adapters/ledger-sql/driver/postgres/ready.ts'
import type { Driver } from '../../adapters/ledger-sql/driver/sql.ts'
import { lockLedger } from '../../adapters/ledger-sql/driver/sqlite/lock.ts'
import { expectLedgerOrNothing } from '../../adapters/ledger-sql/driver/sqlite/ready.ts'
import { migrate, MIGRATIONS, schemaState } from '../../adapters/ledger-sql/schema.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { ledgerAddress } from '../addresses.ts'
import { patientDriver } from './driver.ts'

/** The schema version of the ledger now, and the migrations that were applied to reach it. */
export interface MigratedLedger {
  readonly version: number
  readonly applied: readonly number[]
}

/**
 * Creates the tables of this release in `LEDGER`, or migrates those of an older release. With
 * `grantTo`, that PostgreSQL role may use the tables, but not create or drop any.
 */
export async function migrateLedger(config: Config, grantTo: string | undefined): Promise<MigratedLedger> {
  const address = ledgerAddress(config)
  const shared = isPostgresUrl(address.location)
  if (grantTo !== undefined && !shared)
    throw new RollcallError('ArgumentInvalid', '--grant-to needs a ledger in PostgreSQL: a file has no roles')
  await using stack = new AsyncDisposableStack()
  if (!shared) {
    stack.adopt(await lockLedger(address.location, 0), (lock) => lock.release())
    await expectLedgerOrNothing(address.location)
  }
  const driver = stack.adopt(patientDriver(address), (one) => one.close())
  const state = await schemaState(driver)
  if (shared && state.kind !== 'ready') await expectRightToMake(driver, address.location, state)
  const applied = await migrate(driver, Date.now())
  if (grantTo !== undefined) await grant(driver, grantTo)
  const { version } = await schemaState(driver)
  return { version, applied }
}

/** Grants what running needs: rows, but no right to create or drop tables. */
async function grant(driver: Driver, role: string): Promise<void> {
  const tables = MIGRATIONS.flatMap((migration) => migration.statements(driver.dialect)).flatMap(
    (statement) => /^CREATE TABLE (\w+)/.exec(statement)?.[1] ?? [],
  )
  const name = `"${role.replaceAll('"', '""')}"`
  await driver.transaction(async (sql) => {
    const [schema] = await sql.all<{ name: string }>(
      'SELECT quote_ident(CAST(current_schema() AS TEXT)) AS name',
    )
    await sql.run(`GRANT USAGE ON SCHEMA ${schema?.name ?? 'public'} TO ${name}`)
    await sql.run(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${['migrations', ...tables].join(', ')} TO ${name}`,
    )
  })
}
