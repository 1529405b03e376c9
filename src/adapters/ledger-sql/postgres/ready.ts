import { RollcallError } from '../../../core/errors.ts'
import { MIGRATIONS, tooNew } from '../schema.ts'
import type { Driver } from '../sql.ts'
import { maskedLocation } from './address.ts'

/**
 * For whoever changes no table: throws `LedgerTooNew`, `LedgerNotReady` when the database holds no ledger or an older one, and `LedgerRefused` when this
 * user could not make one either.
 */
export async function expectSchema(driver: Driver, location: string): Promise<void> {
  const version = await driver.transaction(async (sql) => {
    const [table] = await sql.all<{ there: string | null; able: number }>(
      `SELECT CAST(to_regclass('migrations') AS TEXT) AS there, CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN 1 ELSE 0 END AS able`,
    )
    if (!table?.there) {
      if (table?.able === 1) return 0
      throw new RollcallError(
        'LedgerRefused',
        `${maskedLocation(location)} holds no ledger, and this user may make no tables there: GRANT CREATE ON SCHEMA public TO …`,
      )
    }
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
