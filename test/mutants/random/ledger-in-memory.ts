import { after } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { exerciseLedger, LEDGER_GROUPS } from '../../suites/conformance/ledger.ts'
import { SQLITE_ARROWS } from '../../suites/conformance/ledger/arrows.ts'
import type { Mutant } from '../mutant.ts'

/**
 * The conformance suite of the ledger without files and threads: what it says about a change, it
 * says soon. The cases that are named like a part of the path of the changed file come first.
 */
const { file }: Pick<Mutant, 'file'> = JSON.parse(process.env['MUTANT'] ?? '{"file":""}')
const parts = new Set(file.split(/[/.]/))
const isNear = (group: string): boolean => parts.has(group)
const cases = Object.keys(LEDGER_GROUPS)
  .toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)))
  .flatMap((group) => LEDGER_GROUPS[group] ?? [])
const { ledger, empty } = await openMemoryLedger(SQLITE_ARROWS)
after(() => ledger.close())
exerciseLedger('SQLite in this thread, in memory', async () => ({ ledger, close: empty }), cases)
