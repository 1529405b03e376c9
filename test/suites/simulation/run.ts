import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

/**
 * `npm run simulate -- --seeds N --hours H --seed S`: plays N seeds from S on, or as many as fit in
 * H hours. Exits with 1 at the first seed that fails, and shows it as short as it goes.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    hours: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const startedAt = performance.now()
const minutes = (): string => ((performance.now() - startedAt) / 60_000).toFixed(1)
const result = await simulate({
  from: Number(values.seed),
  seeds: Number(values.seeds ?? (values.hours === undefined ? 1_000 : Infinity)),
  maxMs: values.hours === undefined ? Infinity : Number(values.hours) * 3_600_000,
  progress: (tried) => {
    if (tried % 100 === 0) process.stderr.write(`${tried} seeds, ${minutes()} min\n`)
  },
})
const { tried, events, operations, done, failure } = result
process.stdout.write(`${tried} seeds in ${minutes()} min: ${events} events, ${operations} operations\n`)
for (const [kind, count] of Object.entries(done).toSorted(([, a], [, b]) => b - a))
  process.stdout.write(`${String(count).padStart(9)}  ${kind}\n`)
if (failure !== null) process.stdout.write(`${failure}\n`)
process.exit(failure === null ? 0 : 1)
