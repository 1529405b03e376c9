import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

/**
 * `npm run fuzz -- --cases N --seed S`. Exits with 1 at the first case that fails, and names its
 * seed.
 */
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const { cases, longestMs, failure } = await fuzz(Number(values.cases), Number(values.seed))
for (const [layer, count] of Object.entries(cases))
  process.stdout.write(`${String(count).padStart(9)}  ${layer}\n`)
process.stdout.write(`the longest case took ${longestMs.toFixed(1)} ms\n`)
if (failure !== null)
  process.stdout.write(
    `${failure}\nrepeat it with: npm run fuzz -- --cases 1 --seed ${/seed (\d+)/.exec(failure)?.[1] ?? ''}\n`,
  )
process.exit(failure === null ? 0 : 1)
