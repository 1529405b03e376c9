import { RollcallError } from '../../core/errors.ts'
import { firstMigration } from './schema/first.ts'
import type { Dialect, Driver } from './sql.ts'

/** Numbered, in order, never changed once released. A ledger written by a newer release is refused. */
export const MIGRATIONS: readonly ((dialect: Dialect) => readonly string[])[] = [firstMigration]

/**
 * Brings the ledger to this release's schema. Safe when several instances do it at once: all of it is one transaction that
 * another instance's makes wait or find done. Throws `LedgerTooNew` for a ledger of a newer release.
 */
export async function migrate(driver: Driver, now: number): Promise<void> {
  const { dialect } = driver
  await driver.transaction(async (sql) => {
    await sql.lock('schema')
    await sql.run(
      `CREATE TABLE IF NOT EXISTS migrations (version ${dialect.integer} PRIMARY KEY NOT NULL, applied_at ${dialect.integer} NOT NULL)${dialect.tableOptions}`,
    )
    const [row] = await sql.all<{ version: number | null }>('SELECT MAX(version) AS version FROM migrations')
    const version = row?.version ?? 0
    if (version > MIGRATIONS.length) throw tooNew(version)
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue
      for (const statement of migration(dialect)) await sql.run(dialect.define(statement))
      await sql.run('INSERT INTO migrations (version, applied_at) VALUES (?, ?)', [index + 1, now])
    }
  })
}

export function tooNew(version: number): RollcallError {
  return new RollcallError(
    'LedgerTooNew',
    `the ledger has schema ${version}, this release knows ${MIGRATIONS.length}: run the newer release that wrote it`,
  )
}
