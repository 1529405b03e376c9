import { createHash } from 'node:crypto'
import { RollcallError } from '../../core/errors.ts'
import { firstMigration } from './schema/first.ts'
import type { Dialect, Driver, Sql } from './driver/sql.ts'

export interface Migration {
  /**
   * The oldest schema version whose release works with the tables as this migration leaves them.
   * A migration that only adds to tables names the version of the previous release, so that a
   * rollback works. One that removes something names the first version whose release no longer uses
   * it.
   */
  readonly compatibleFrom: number
  /** One short transaction: running instances wait for it. */
  statements(dialect: Dialect): readonly string[]
}

/** Numbered from 1, in order, never changed once released: a ledger keeps the checksum of each. */
export const MIGRATIONS: readonly Migration[] = [{ compatibleFrom: 1, statements: firstMigration }]

/**
 * - `none`: no ledger there
 * - `older`: this release has migrations for it
 * - `ready`: this release works with it, though a newer one may have made it
 */
export type SchemaState = { readonly kind: 'none' | 'older' | 'ready'; readonly version: number }

interface Applied {
  readonly version: number
  readonly checksum: string
  readonly compatible_from: number
}

/**
 * Looks and changes nothing. Throws `LedgerTooNew` for a ledger of a newer release that this one
 * cannot work with, and `LedgerAltered` for one that was made by a migration other than the one
 * this release has under that number.
 */
export function schemaState(driver: Driver, migrations = MIGRATIONS): Promise<SchemaState> {
  return driver.transaction((sql) => stateIn(sql, migrations), 'read')
}

async function stateIn(sql: Sql, migrations: readonly Migration[]): Promise<SchemaState> {
  if ((await sql.all(sql.dialect.tableNamed, ['migrations'])).length === 0)
    return { kind: 'none', version: 0 }
  const applied = await sql.all<Applied>(
    'SELECT version, checksum, compatible_from FROM migrations ORDER BY version',
  )
  const version = applied.at(-1)?.version ?? 0
  const newer = applied.filter((row) => row.version > migrations.length)
  if (newer.some((row) => !(row.compatible_from <= migrations.length))) throw tooNew(version, migrations)
  for (const [index, migration] of migrations.entries()) {
    const row = applied.find((one) => one.version === index + 1)
    if (row && row.checksum !== checksum(migration, sql.dialect)) throw altered(row.version)
  }
  return { kind: version < migrations.length ? 'older' : 'ready', version }
}

/**
 * Brings the ledger to this release's schema and says which migrations that took. Where that is
 * none, it only looks, and takes no right to make tables. Safe when several instances do it at
 * once: each migration is one transaction, which another instance's makes wait or find done. Throws
 * what `schemaState` throws.
 */
export async function migrate(
  driver: Driver,
  now: number,
  migrations = MIGRATIONS,
): Promise<readonly number[]> {
  const applied: number[] = []
  for (let state = await schemaState(driver, migrations); state.kind !== 'ready';) {
    const version = state.version + 1
    const mine = await driver.transaction((sql) => applyOne(sql, version, now, migrations))
    if (mine) applied.push(version)
    state = await schemaState(driver, migrations)
  }
  return applied
}

/** False when another instance was quicker. */
async function applyOne(
  sql: Sql,
  version: number,
  now: number,
  migrations: readonly Migration[],
): Promise<boolean> {
  const { dialect } = sql
  const migration = migrations[version - 1]
  await sql.lock('schema')
  const state = await stateIn(sql, migrations)
  if (!migration || state.version !== version - 1) return false
  if (state.kind === 'none')
    await sql.run(
      dialect.define(`CREATE TABLE migrations (
        version         ${dialect.integer} PRIMARY KEY NOT NULL,
        applied_at      ${dialect.integer} NOT NULL,
        checksum        TEXT NOT NULL,
        -- The oldest version whose release works with the tables after this migration.
        compatible_from ${dialect.integer} NOT NULL
      )${dialect.tableOptions}`),
    )
  for (const statement of migration.statements(dialect)) await sql.run(dialect.define(statement))
  await sql.run(
    'INSERT INTO migrations (version, applied_at, checksum, compatible_from) VALUES (?, ?, ?, ?)',
    [version, now, checksum(migration, dialect), migration.compatibleFrom],
  )
  return true
}

/** Comments and spaces may change: they make no other tables. */
export function checksum(migration: Migration, dialect: Dialect): string {
  const text = migration
    .statements(dialect)
    .map((statement) => statement.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim())
    .join(';\n')
  return createHash('sha256').update(text).digest('hex')
}

function tooNew(version: number, migrations: readonly Migration[]): RollcallError {
  return new RollcallError(
    'LedgerTooNew',
    `the ledger has schema ${version}, with which this release (schema ${migrations.length}) cannot work: run the newer release that wrote it`,
  )
}

function altered(version: number): RollcallError {
  return new RollcallError(
    'LedgerAltered',
    `migration ${version} of the ledger is not migration ${version} of this release: another build made its tables; run that build, or begin with another ledger`,
  )
}
