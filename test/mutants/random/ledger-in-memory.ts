import { after } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { exerciseLedger } from '../../suites/conformance/ledger.ts'
import { SQLITE_ARROWS } from '../../suites/conformance/ledger/arrows.ts'

/**
 * The conformance suite of the ledger without files and threads: what it says about a change, it
 * says soon.
 */
const { ledger, empty } = await openMemoryLedger(SQLITE_ARROWS)
after(() => ledger.close())
exerciseLedger('SQLite in this thread, in memory', async () => ({ ledger, close: empty }))
