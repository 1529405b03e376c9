import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { T0 } from '../../suites/conformance/ledger/world.ts'

/**
 * A ledger in a file, in the thread of the test: for tests of what the ledger holds, not of the
 * process that runs on it. It takes no lock. A thread and the tables would cost more than most of
 * these tests, so the tables are made once in a process and then copied.
 */
export async function openFileLedger(path: string): Promise<Ledger> {
  if (!existsSync(path)) copyFileSync(await emptyLedger(), path)
  const ledger = await openSqliteLedger({ path, beside: true, patienceMs: 0, now: () => T0 })
  let closing: Promise<void> | null = null
  return { ...ledger, close: () => (closing ??= ledger.close()) }
}

let made: Promise<string> | null = null
const emptyLedger = (): Promise<string> => (made ??= makeEmptyLedger())

async function makeEmptyLedger(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-empty-ledger-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ledger.db')
  const driver = openSqlite(file)
  await migrate(driver, T0)
  await driver.close()
  return file
}
