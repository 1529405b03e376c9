import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { T0 } from '../../suites/conformance/ledger/world.ts'

/**
 * A ledger in memory that can be emptied: sooner done than making another and compiling every
 * statement for it anew.
 */
export interface MemoryLedger {
  readonly ledger: Ledger
  empty(): Promise<void>
}

/** `statements` run once, after the tables are made. */
export async function openMemoryLedger(statements: readonly string[] = []): Promise<MemoryLedger> {
  const driver = openSqlite(':memory:')
  await migrate(driver, T0)
  const tables = await driver.transaction(async (sql) => {
    for (const statement of statements) await sql.run(statement)
    return sql.all<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'`,
    )
  })
  return {
    ledger: sqlLedger(driver, 'test'),
    empty: () =>
      driver.transaction(async (sql) => {
        await sql.run('PRAGMA defer_foreign_keys = ON')
        for (const { name } of tables) await sql.run(`DELETE FROM ${name}`)
      }),
  }
}
