import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { exerciseLedger, transportCases } from '../../../suites/conformance/ledger.ts'
import { SQLITE_ARROWS } from '../../../suites/conformance/ledger-arrows.ts'
import { T0 } from '../../../suites/conformance/ledger-world.ts'

// The thread only carries calls, so a few cases prove it; all of them run in memory below.
exerciseLedger(
  'SQLite in its thread, on a file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-ledger-'))
    const ledger = await openSqliteLedger({ path: join(folder, 'ledger.db'), now: () => T0 })
    return {
      ledger,
      close: async () => {
        await ledger.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  transportCases,
)

const driver = openSqlite(':memory:')
await migrate(driver, T0)
const tables = await driver.transaction(async (sql) => {
  for (const trigger of SQLITE_ARROWS) await sql.run(trigger)
  return sql.all<{ name: string }>(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('migrations', 'sqlite_schema')`,
  )
})
const ledger = sqlLedger(driver, 'test')
after(() => ledger.close())

// One database that is emptied after each case: to make one for each, and to compile every statement for it anew, would
// take most of the time of the suite.
exerciseLedger('SQLite in this thread, in memory', async () => ({
  ledger,
  close: () =>
    driver.transaction(async (sql) => {
      await sql.run('PRAGMA defer_foreign_keys = ON')
      for (const { name } of tables) await sql.run(`DELETE FROM ${name}`)
    }),
}))
