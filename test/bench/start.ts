import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { openSqlite } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { OPEN_EVENT_STATES } from '../../src/core/ledger/lifecycle.ts'
import { until } from '../adapters/support/until.ts'
import { rollcall, start } from '../fakes/rollcall.ts'
import { startDoubles } from './support/doubles.ts'
import { expect, printRound, summarize } from './support/figures.ts'
import { fillLedger } from './support/large-ledger.ts'
import { durabilityOf, openAt } from './support/ledger.ts'
import { fill } from './support/load.ts'
import { residentMB } from './support/process.ts'

/**
 * How long `rollcall run` takes from its start to the first message in a large ledger, how much
 * memory it has then, and how long `rollcall --help` takes:
 *
 *     node test/bench/start.ts --events 5000000
 *
 * To fill the ledger takes minutes. `--ledger FILE` keeps it, and takes it as it is when it is
 * there.
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '5000000' }, ledger: { type: 'string' } },
})
const EVENTS = Number(values.events)
const TIMES = 5

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const LEDGER = values.ledger ?? join(folder, 'ledger.db')
if (!existsSync(LEDGER)) {
  const driver = openSqlite(LEDGER)
  await fillLedger(driver, EVENTS)
  await driver.close()
}

const { environment, client } = await startDoubles(stack)
const ledger = stack.adopt(await openAt(LEDGER, 'read'), (it) => it.close())
const messages = async (): Promise<number> => (await ledger.readTotals()).messages
const before = await messages()
const { stateCounts } = await ledger.readCounts()
const open = OPEN_EVENT_STATES.reduce((sum, state) => sum + stateCounts.events[state], 0)

const starts: number[] = []
let resident = 0
// One start compiles what the others find compiled, as after an upgrade.
for (let time = 0; time <= TIMES; time++) {
  const there = await messages()
  await fill(client, `start-${time}`, 1)
  const startedAt = performance.now()
  const connector = start(['run'], { ...environment, LEDGER, LOG_LEVEL: 'error' })
  const ended = once(connector, 'exit')
  await until('the message is taken in', async () => (await messages()) > there, 60_000, 2)
  if (time > 0) starts.push(performance.now() - startedAt)
  resident = Math.max(resident, await residentMB(connector.pid))
  connector.kill('SIGTERM')
  await ended
}
const helps: number[] = []
for (let time = 0; time <= TIMES; time++) {
  const startedAt = performance.now()
  await rollcall(['--help'])
  if (time > 0) helps.push(performance.now() - startedAt)
}
printRound({
  figures: {
    'ms to the first message': summarize(starts).median,
    'MB at the first message': resident,
    'ms of --help': summarize(helps).median,
  },
  settings: { ...durabilityOf(false), events: EVENTS },
  wrong: [
    // Otherwise the work of a backlog would be measured. A kept ledger has those of earlier starts.
    ...expect('hundreds of open events before the start', Math.floor(open / 100), 0),
    ...expect('messages taken in', (await messages()) - before, TIMES + 1),
  ],
})
