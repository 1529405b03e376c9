import { parseArgs } from 'node:util'
import { EVERYTHING } from '../suites/flow/disturbances.ts'
import { runFlow } from '../suites/flow/correlation-truth.ts'

/**
 * What the ledger believes against what the service did, at size:
 * `node test/bench/correlation.ts [--people 5000] [--events 28000] [--calm] [seed …]`. Exits with 1
 * when something was joined wrongly, has no end, was not told once, or differs in the directory.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    employees: { type: 'string', default: '5000' },
    events: { type: 'string', default: '28000' },
    calm: { type: 'boolean', default: false },
  },
})

for (const seed of (positionals.length > 0 ? positionals : ['1']).map(Number)) {
  const result = await runFlow({
    seed,
    employees: Number(values.employees),
    events: Number(values.events),
    skewMs: ((seed * 37) % 121) * 1_000 - 60_000,
    ...(values.calm ? {} : { disturbance: EVERYTHING }),
  })
  const { wrong, twins, endless, untold, differing, unreachable, elapsedMs, worldHours, ...figures } = result
  const lists = { wrong, endless, untold, differing, twins, unreachable }
  const counts = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.length]))
  const seconds = Math.round(elapsedMs / 100) / 10
  console.log(
    JSON.stringify({
      seed,
      seconds,
      worldHours,
      ...figures,
      ...counts,
      memoryMb: Math.round(process.memoryUsage.rss() / 1e6),
    }),
  )
  const bad = [...wrong, ...endless, ...untold, ...differing]
  for (const line of bad.slice(0, 10)) console.log(`  ${line}`)
  if (bad.length > 0) process.exitCode = 1
}
