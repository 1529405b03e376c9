import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connect } from '../../src/adapters/service-bus/client.ts'
import { type Doubles, startDoubles } from '../../src/cli/doubles/doubles.ts'
import { feed } from '../../src/compose/feed.ts'
import type { EntraSettings } from '../../src/local/entra/settings.ts'
import { heldBy } from '../fakes/directory.ts'
import { makeHistory } from '../fakes/history.ts'
import { start } from '../fakes/rollcall.ts'
import { expect, printRound } from './support/figures.ts'
import { openAt } from './support/ledger.ts'
import { cpuSecondsOf } from './support/process.ts'

/**
 * What one could write instead of Rollcall, and Rollcall, on the same shuffled history with
 * repeats. Counts the employees whose directory entry differs from the oracle at the end.
 *
 *     node test/bench/alternatives.ts --way careful                  one-call-each, fifty-rows, careful or rollcall
 *     node test/bench/alternatives.ts --way careful --trouble        calls that fail or are lost, and a kill half-way
 *     node test/bench/alternatives.ts --way careful --keep-nulls     the job leaves a missing attribute as it is
 *
 * The limits of the service are lifted. The messages are on the queue before the start. The scripts
 * are in `test/bench/alternatives/`.
 */
const { values } = parseArgs({
  options: {
    way: { type: 'string', default: 'rollcall' },
    employees: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trouble: { type: 'boolean', default: false },
    'keep-nulls': { type: 'boolean', default: false },
    /**
     * Once nothing has happened for so long, a script does nothing more. Of Rollcall the ledger
     * says so.
     */
    'quiet-ms': { type: 'string', default: '5000' },
  },
})
const WAYS = ['one-call-each', 'fifty-rows', 'careful', 'rollcall']
const { way, trouble } = values
if (!WAYS.includes(way)) throw new Error(`--way is one of ${WAYS.join(', ')}`)

const QUIET_MS = Number(values['quiet-ms'])
const LONGEST_MS = 280_000
const LOOK_MS = 50

/** Calls that the service refuses, answers into the void, or accepts and forgets. */
const TROUBLE: EntraSettings['faults'] = [
  { kind: 'status', status: 503, times: 2, after: 4 },
  { kind: 'status', status: 429, retryAfter: '1', times: 2, after: 9 },
  { kind: 'lose-request', times: 2, after: 8 },
  { kind: 'reset-before', times: 1, after: 16 },
  { kind: 'reset-after', times: 1, after: 20 },
]

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-alternatives-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const history = makeHistory({ employees: Number(values.employees), seed: Number(values.seed) })
const [settingsFile, historyFile] = [join(folder, 'entra.json'), join(folder, 'history.jsonl')]
const settings: EntraSettings = { flowNulls: !values['keep-nulls'], faults: trouble ? TROUBLE : [] }
await writeFile(settingsFile, JSON.stringify(settings))
await writeFile(historyFile, `${history.lines.join('\n')}\n`)

const doubles = stack.adopt(await startDoubles({ fast: true, entraSettings: settingsFile }), (it) =>
  it.stop(),
)
const LEDGER = join(folder, 'ledger.db')
const environment = { ...doubles.environment, SCRIPT_DATABASE: join(folder, 'script.db') }
const client = stack.adopt(
  connect({
    kind: 'connection-string',
    connectionString: doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '',
  }),
  (it) => it.close(),
)
await feed(client, { queue: 'hr-events' }, historyFile)

const startedAt = performance.now()
let cpuSeconds = 0
let running = begin()
stack.defer(() => void running.kill('SIGKILL'))
if (trouble) {
  await settled(history.lines.length / 2)
  cpuSeconds += await cpuSecondsOf(running.pid)
  running.kill('SIGKILL')
  await once(running, 'exit')
  // The bus lets go of what the dead process held, after a minute otherwise.
  await doubles.bus.inject({ kind: 'expire-locks' })
  running = begin()
}
const lastChangeAt = await lastChange(doubles)
cpuSeconds += await cpuSecondsOf(running.pid)

const [directory, stats, queue] = [
  await doubles.entra.directory(),
  await doubles.entra.stats(),
  await doubles.bus.counts('hr-events'),
]
const wrong = [...history.oracle].filter(([id, expected]) => {
  const entry = directory[id]
  return entry === undefined || JSON.stringify(heldBy(entry)) !== JSON.stringify(expected)
})
const leavers = [...history.oracle].filter(([, { active }]) => !active)
printRound({
  figures: {
    'messages/s': (history.lines.length * 1_000) / (lastChangeAt - startedAt),
    'CPU µs an event': (cpuSeconds * 1e6) / history.events,
    calls: stats.calls,
    'employees wrong': wrong.length,
    'leavers still enabled': leavers.filter(([id]) => directory[id]?.active).length,
  },
  settings: {
    way,
    employees: history.oracle.size,
    leavers: leavers.length,
    messages: history.lines.length,
    trouble: String(trouble),
    'flow null values': String(settings.flowNulls),
  },
  wrong: [
    ...expect('messages left on the queue', queue.active + queue.locked, 0),
    ...(way === 'rollcall' ? expect('employees wrong', wrong.length, 0) : []),
  ],
})

function begin(): ChildProcess {
  // A killed Rollcall keeps its leases so long.
  const settings = { LEDGER, LOG_LEVEL: 'error', LEASE_MS: '1500' }
  if (way === 'rollcall') return start(['run'], { ...environment, ...settings })
  const script = fileURLToPath(new URL(`alternatives/${way}.ts`, import.meta.url))
  const PATH = process.env['PATH'] ?? ''
  return spawn(process.execPath, [script], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Waits until the queue holds no more than `count` messages that were not yet completed. */
async function settled(count: number): Promise<void> {
  for (let waited = 0; waited < LONGEST_MS; waited += LOOK_MS) {
    const { active, locked } = await doubles.bus.counts('hr-events')
    if (active + locked <= count) return
    await setTimeout(LOOK_MS)
  }
}

/** When the last thing happened on the queue or in the service. */
async function lastChange({ bus, entra }: Doubles): Promise<number> {
  let [before, at, changes] = ['', performance.now(), 0]
  for (let waited = 0; waited < LONGEST_MS; waited += LOOK_MS) {
    const { active, locked } = await bus.counts('hr-events')
    const { calls, operations, records, stagedNow } = await entra.stats()
    const now = JSON.stringify([active + locked, calls, operations, records, stagedNow])
    if (now !== before) [before, at, changes] = [now, performance.now(), changes + 1]
    // The first look does not count: on a busy machine a process starts slowly.
    if (changes > 1 && performance.now() - at > QUIET_MS && (way !== 'rollcall' || (await isIdle()))) break
    await setTimeout(LOOK_MS)
  }
  return at
}

async function isIdle(): Promise<boolean> {
  const ledger = await openAt(LEDGER, 'read')
  try {
    return (await ledger.readIdle(Date.now())).idle
  } finally {
    await ledger.close()
  }
}
