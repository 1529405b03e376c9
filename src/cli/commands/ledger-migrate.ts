import { isPostgresUrl, maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../adapters/ledger-sql/driver/postgres/driver-at.ts'
import { expectRightToMake } from '../../adapters/ledger-sql/driver/postgres/ready.ts'
import { migrate, MIGRATIONS, schemaState } from '../../adapters/ledger-sql/schema.ts'
import type { Driver } from '../../adapters/ledger-sql/driver/sql.ts'
import { openSqlite } from '../../adapters/ledger-sql/driver/sqlite/driver.ts'
import { lockLedger } from '../../adapters/ledger-sql/driver/sqlite/lock.ts'
import { expectLedgerOrNothing } from '../../adapters/ledger-sql/driver/sqlite/ready.ts'
import { ledgerAddress } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { type Format, printJson, printLines } from '../support/output.ts'

export interface MigrateOptions {
  /** A role that runs on the tables and may make none. */
  readonly grantTo?: string
  readonly output: Format
}

/** Makes the tables of this release, or brings those of an older one to it. 0 done, also when there was nothing to do. */
export async function migrateLedger(
  { grantTo, output }: MigrateOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const place = ledgerAddress(readConfig(environment))
  const shared = isPostgresUrl(place.location)
  if (grantTo !== undefined && !shared)
    throw new RollcallError('ArgumentInvalid', '--grant-to takes a ledger in PostgreSQL: a file has no roles')
  await using stack = new AsyncDisposableStack()
  if (!shared) {
    stack.adopt(await lockLedger(place.location, 0), (lock) => lock.release())
    await expectLedgerOrNothing(place.location)
  }
  const opened = shared
    ? postgresDriver({ ...place, connections: 1, statementMs: null })
    : openSqlite(place.location)
  const driver = stack.adopt(opened, (one) => one.close())
  const state = await schemaState(driver)
  if (shared && state.kind !== 'ready') await expectRightToMake(driver, place.location, state)
  const applied = await migrate(driver, Date.now())
  if (grantTo !== undefined) await grant(driver, grantTo)
  const { version } = await schemaState(driver)
  if (output === 'json') printJson({ version, applied, grantedTo: grantTo ?? null })
  else printLines(sentence(maskedLocation(place.location), version, applied))
  return 0
}

function sentence(where: string, version: number, applied: readonly number[]): string {
  if (applied.length === 0) return `${where} has schema ${version}: there was nothing to do`
  return `${where} has schema ${version} now: applied ${applied.join(', ')}`
}

/** What running takes: rows, and no right to make or drop tables. */
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
