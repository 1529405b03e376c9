import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { planOf, play } from './world.ts'

/** Writes how many seeds it takes until one fails, or `none`. */
Error.stackTraceLimit = 0
const memory = await openMemoryLedger()
const seeds = Number(process.argv[2])
let noticed: number | null = null
for (let seed = 1; seed <= seeds && noticed === null; seed++) {
  const { violations } = await play(seed, planOf(seed), memory)
  if (violations.length > 0) noticed = seed
}
process.stdout.write(`${noticed ?? 'none'}\n`)
process.exit(0)
