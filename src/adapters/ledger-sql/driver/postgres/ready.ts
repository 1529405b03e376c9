import { RollcallError } from '../../../../core/errors.ts'
import { MIGRATIONS, schemaState, type SchemaState } from '../../schema.ts'
import type { Driver } from '../sql.ts'
import { maskedLocation } from './address.ts'

/**
 * For commands that change no table: throws what `schemaState` throws, `LedgerNotReady` when the
 * database holds no ledger or an older one, and `LedgerRefused` when this user could not make one
 * either.
 */
export async function expectSchema(driver: Driver, location: string): Promise<void> {
  const state = await schemaState(driver)
  if (state.kind === 'ready') return
  await expectRightToMake(driver, location, state)
  throw new RollcallError(
    'LedgerNotReady',
    `${maskedLocation(location)} holds no ledger of this release (schema ${state.version}, not ${MIGRATIONS.length}); start rollcall run on it once, or name another with LEDGER`,
  )
}

/**
 * Throws `LedgerRefused` when this user may not create tables, before anything is tried.
 */
export async function expectRightToMake(
  driver: Driver,
  location: string,
  { kind, version }: SchemaState,
): Promise<void> {
  const [right] = await driver.transaction(
    (sql) =>
      sql.all<{ able: number }>(
        `SELECT CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN 1 ELSE 0 END AS able`,
      ),
    'read',
  )
  if (right?.able === 1) return
  const what = kind === 'none' ? 'no ledger' : `a ledger of schema ${version}, not ${MIGRATIONS.length}`
  throw new RollcallError(
    'LedgerRefused',
    `${maskedLocation(location)} holds ${what}, and this user may make no tables there: run rollcall ledger migrate as a role that may, or GRANT CREATE ON SCHEMA public TO …`,
  )
}
