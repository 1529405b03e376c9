import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openMemoryLedger } from '../../support/memory-ledger.ts'
import { exerciseLedger, transportCases } from '../../../suites/conformance/ledger.ts'
import { SQLITE_ARROWS } from '../../../suites/conformance/ledger/arrows.ts'
import { T0 } from '../../../suites/conformance/ledger/world.ts'

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

const { ledger, empty } = await openMemoryLedger(SQLITE_ARROWS)
after(() => ledger.close())

// The arrows hold in this one.
exerciseLedger('SQLite in this thread, in memory', async () => ({ ledger, close: empty }))
