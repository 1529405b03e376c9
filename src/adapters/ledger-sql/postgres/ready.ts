import { RollcallError } from '../../../core/errors.ts'
import { MIGRATIONS, tooNew } from '../schema.ts'
import type { Driver } from '../sql.ts'
import { maskedLocation } from './address.ts'

/** For whoever changes no table: throws `LedgerTooNew`, or `LedgerNotReady` when the database holds no ledger or an older one. */
export async function expectSchema(driver: Driver, location: string): Promise<void> {
  const version = await driver.transaction(async (sql) => {
    const [table] = await sql.all<{ there: string | null }>(`SELECT CAST(to_regclass('migrations') AS TEXT) AS there`)
    if (!table?.there) return 0
    const [row] = await sql.all<{ version: number | null }>('SELECT MAX(version) AS version FROM migrations')
    return row?.version ?? 0
  }, 'read')
  if (version > MIGRATIONS.length) throw tooNew(version)
  if (version < MIGRATIONS.length)
    throw new RollcallError(
      'LedgerNotReady',
      `${maskedLocation(location)} holds no ledger of this release (schema ${version}, not ${MIGRATIONS.length}); start rollcall run on it once, or name another with LEDGER`,
    )
}
