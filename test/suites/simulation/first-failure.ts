import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { planOf, play } from './world.ts'

/** Writes how many seeds it takes until one fails, and with what; `none` when none does. */
Error.stackTraceLimit = 0
const memory = await openMemoryLedger()
const seeds = Number(process.argv[2])
let noticed: string | null = null
for (let seed = 1; seed <= seeds && noticed === null; seed++) {
  const [violation] = (await play(seed, planOf(seed), memory)).violations
  if (violation !== undefined) noticed = `${seed} ${violation}`
}
process.stdout.write(`${noticed ?? 'none'}\n`)
process.exit(0)
