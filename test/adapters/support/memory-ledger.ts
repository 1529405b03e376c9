import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import type { Driver, Sql } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import type { LedgerKeys } from '../../../src/adapters/ledger-sql/sealing/keys.ts'
import { sealedOwnDriver } from '../../../src/adapters/ledger-sql/sealing/open.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { T0 } from '../../suites/conformance/ledger/world.ts'

/**
 * A ledger in memory that can be emptied: this is quicker than to make another one and
 * compile every statement for it.
 */
export interface MemoryLedger {
  readonly ledger: Ledger
  empty(): Promise<void>
}

/** `statements` run once, after the tables are made. With keys it is encrypted. */
export async function openMemoryLedger(
  statements: readonly string[] = [],
  keys: LedgerKeys | null = null,
): Promise<MemoryLedger> {
  const driver = openSqlite(':memory:')
  await migrate(driver, T0)
  await driver.transaction(async (sql) => {
    for (const statement of statements) await sql.run(statement)
  })
  return {
    ledger: sqlLedger(await sealedOwnDriver(driver, keys, T0), 'test'),
    empty: await emptying(driver),
  }
}

/** Empties the tables of a ledger. The process that runs on the file stays its writer. */
export async function emptying(driver: Driver): Promise<() => Promise<void>> {
  const tables = await driver.transaction(childrenFirst)
  return () =>
    driver.transaction(async (sql) => {
      for (const name of tables)
        await sql.run(`DELETE FROM ${name}${name === 'leases' ? " WHERE name <> 'writer'" : ''}`)
    })
}

/**
 * The tables, each before those it refers to. To put the check of references off with a pragma
 * instead would make SQLite compile every statement again.
 */
async function childrenFirst(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.all<{ name: string; parent: string | null }>(
    `SELECT t.name, f."table" AS parent FROM sqlite_schema t LEFT JOIN pragma_foreign_key_list(t.name) f
     WHERE t.type = 'table' AND t.name <> 'migrations'`,
  )
  const ordered = new Set<string>()
  const add = (name: string, above: readonly string[]): void => {
    for (const child of rows)
      if (child.parent === name && child.name !== name && !above.includes(child.name))
        add(child.name, [...above, name])
    ordered.add(name)
  }
  for (const { name } of rows) add(name, [])
  return [...ordered]
}
