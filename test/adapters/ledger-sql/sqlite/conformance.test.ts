import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { emptying, openMemoryLedger } from '../../support/memory-ledger.ts'
import { exerciseLedger, transportCases } from '../../../suites/conformance/ledger.ts'
import { SQLITE_ARROWS } from '../../../suites/conformance/ledger/arrows.ts'
import { T0 } from '../../../suites/conformance/ledger/world.ts'

const folder = await mkdtemp(join(tmpdir(), 'rollcall-ledger-'))
const path = join(folder, 'ledger.db')
const inThread = await openSqliteLedger({ path, now: () => T0 })
const beside = openSqlite(path)
const emptyFile = await emptying(beside)
after(async () => {
  await beside.close()
  await inThread.close()
  await rm(folder, { recursive: true })
})

// The thread only carries calls, so a few cases prove it; all of them run in memory below. One
// thread runs them all: to start it takes longer than any of them.
exerciseLedger(
  'SQLite in its thread, on a file',
  async () => ({ ledger: inThread, close: emptyFile }),
  transportCases,
)

const { ledger, empty } = await openMemoryLedger(SQLITE_ARROWS)
after(() => ledger.close())

// The arrows hold in this one.
exerciseLedger('SQLite in this thread, in memory', async () => ({ ledger, close: empty }))
