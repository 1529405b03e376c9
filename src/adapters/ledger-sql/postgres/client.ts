import { RollcallError } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/port.ts'
import { sqlLedger } from '../ledger.ts'
import { migrate, MIGRATIONS, tooNew } from '../schema.ts'
import type { Driver } from '../sql.ts'
import { maskedLocation, nameOfDatabase, type PostgresAuth, postgresConnection } from './address.ts'
import { openPostgres } from './driver.ts'

export interface PostgresLedgerOptions {
  /** `postgres://user@host/database` */
  readonly location: string
  readonly auth: PostgresAuth
  /** Names the writer in the books; several processes may have one name. */
  readonly instance: string
  readonly connections: number
  readonly statementMs: number
  /** Changes no table: for commands beside running instances. */
  readonly beside?: boolean
  readonly now: () => number
}

/** The ledger in a PostgreSQL database. Throws `LedgerTooNew`, `LedgerNotReady`, `LedgerRefused` and `LedgerUnavailable`. */
export async function openPostgresLedger(options: PostgresLedgerOptions): Promise<Ledger> {
  const driver = postgresDriver(options)
  try {
    if (options.beside) await expectSchema(driver, maskedLocation(options.location))
    else await migrate(driver, options.now())
    return sqlLedger(driver, options.instance)
  } catch (error) {
    await driver.close()
    throw error
  }
}

export function postgresDriver({
  location,
  auth,
  connections,
  statementMs,
}: Pick<PostgresLedgerOptions, 'location' | 'auth' | 'connections' | 'statementMs'>): Driver {
  return openPostgres({ connection: postgresConnection(location, auth), name: nameOfDatabase(location), connections, statementMs })
}

async function expectSchema(driver: Driver, where: string): Promise<void> {
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
      `${where} holds no ledger of this release (schema ${version}, not ${MIGRATIONS.length}); start rollcall run on it once, or name another with LEDGER`,
    )
}
