import { Client } from 'pg'
import { RollcallError } from '../../../../core/errors.ts'
import { MIGRATIONS } from '../../schema.ts'
import { nameOfDatabase, postgresConnection } from './address.ts'
import { postgresDialect } from './dialect.ts'
import type { PostgresAddress } from './driver-at.ts'
import { Failure, told } from './failures.ts'

/**
 * Rewrites every table of the ledger without the rows that were deleted or changed. Otherwise their
 * values stay in the old files. Each table is locked while it is written. Throws
 * `LedgerRefused` for a role that may not do it.
 */
export async function rewriteTables(
  { location, auth }: Pick<PostgresAddress, 'location' | 'auth'>,
  onTable: (name: string) => void,
): Promise<void> {
  const client = new Client({ ...postgresConnection(location, auth), application_name: 'rollcall' })
  client.on('error', () => {})
  // A role without the right gets a warning, and the table is not rewritten.
  const warnings: string[] = []
  client.on('notice', ({ severity, code }) => {
    if (severity === 'WARNING') warnings.push(code ?? '')
  })
  try {
    await client.connect()
    for (const name of tableNames()) {
      onTable(name)
      await client.query(`VACUUM (FULL) ${name}`)
      if (warnings.length > 0)
        throw new RollcallError(
          'LedgerRefused',
          `${nameOfDatabase(location)}: this role may not rewrite ${name}: run it as the owner of the tables`,
        )
    }
    // After a checkpoint, the old files are gone from the disk.
    await client.query('CHECKPOINT').catch(() => {})
  } catch (error) {
    throw error instanceof RollcallError ? error : told(new Failure(error, 'write'), nameOfDatabase(location))
  } finally {
    await client.end().catch(() => {})
  }
}

const tableNames = (): readonly string[] =>
  MIGRATIONS.flatMap((migration) => migration.statements(postgresDialect)).flatMap(
    (statement) => /^CREATE TABLE (\w+)/.exec(statement)?.[1] ?? [],
  )
