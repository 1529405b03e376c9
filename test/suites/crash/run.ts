import { parseArgs } from 'node:util'
import { cutUnderLoad } from './database/cut.ts'
import { failOver, failOverToLagging } from './database/fail-over.ts'
import { fullLog, fullTables } from './database/full-disk.ts'
import { rollingRestart } from './database/rolling.ts'
import type { Scenario } from './database/scenario.ts'
import { killAtPoints } from './points/run.ts'
import { endingAfter } from './site.ts'

/**
 * `npm run crash`: kills a process at points that the seed chooses (see `points/run.ts`). With the
 * name of a scenario, that is done to a PostgreSQL ledger under load instead: `npm run crash --
 * --fail-over --employees 2000`. Exits with 1 when anything was lost, doubled or spoilt.
 */
const SCENARIOS = {
  'fail-over': failOver,
  lagging: failOverToLagging,
  'full-tables': fullTables,
  'full-log': fullLog,
  cut: cutUnderLoad,
  rolling: rollingRestart,
} as const satisfies Readonly<Record<string, Scenario>>

const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({
  options: {
    'fail-over': flag,
    lagging: flag,
    'full-tables': flag,
    'full-log': flag,
    cut: flag,
    rolling: flag,
    employees: { type: 'string', default: '1000' },
    all: flag,
    engine: { type: 'string', default: 'SQLite' },
    most: { type: 'string', default: '3' },
    points: { type: 'string', default: '10' },
    point: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
  },
})
const chosen = Object.entries(SCENARIOS).filter(([name]) => values[name as keyof typeof SCENARIOS])
let failed = 0
for (const [name, scenario] of chosen) failed += (await succeeds(name, scenario)) ? 0 : 1
if (chosen.length === 0) failed = await killAtPoints(values)
process.exit(failed === 0 ? 0 : 1)

async function succeeds(name: string, scenario: Scenario): Promise<boolean> {
  const say = (line: string): void => void process.stdout.write(`${name}: ${line}\n`)
  const options = { employees: Number(values.employees), seed: Number(values.seed), say }
  try {
    await endingAfter((t) => scenario(t, options))
    return true
  } catch (error) {
    say(`FAILED ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}
