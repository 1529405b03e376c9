import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openReader } from '../suites/crash/reader.ts'
import type { DirectoryEntry } from '../../src/local/entra/directory/directory.ts'
import { reconcile } from '../../src/cli/support/reconcile.ts'
import { until } from '../adapters/support/until.ts'
import { differences } from '../fakes/directory.ts'
import { inFlightTwice, startFleet } from '../fakes/fleet.ts'
import { type History, makeHistory } from '../fakes/history.ts'
import { rollcall } from '../fakes/rollcall.ts'
import { sharedHistory, sharedHistoryIsThere } from '../fakes/shared-history.ts'
import { watchUploads } from '../fakes/watch.ts'
import { toldBy, type ToldByDoubles } from './support/doubles.ts'
import { printRound } from './support/figures.ts'
import { durabilityOf, startDurablePostgres } from './support/ledger.ts'

/**
 * Several processes on one ledger, over the doubles in a process of their own.
 *
 *     node test/bench/instances.ts --processes 4 --kills 8 --restarts 1      survives, and ends with the right directory and balanced books
 *     node test/bench/instances.ts --processes 1 --ledger sqlite             throughput without disturbances (postgres: any number of processes)
 *     node test/bench/instances.ts --processes 4 --pace 60                   calls of all of them together against the real limit of 8 a second
 *
 * The history is the shared one where it is there, otherwise one of 1,000 people that is made up.
 * Exit code 1 when anything is not as it should be.
 */
const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '4' },
    kills: { type: 'string', default: '0' },
    restarts: { type: 'string', default: '0' },
    pace: { type: 'string', default: '0' },
    ledger: { type: 'string', default: 'postgres' },
    seed: { type: 'string', default: '7' },
  },
})
const [processes, kills, restarts, paceSeconds, seed] = [
  values.processes,
  values.kills,
  values.restarts,
  values.pace,
  values.seed,
].map(Number) as [number, number, number, number, number]
const say = (text: string): void => void process.stderr.write(`${text}\n`)

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const history: History = sharedHistoryIsThere
  ? await sharedHistory(folder, seed, ['--salaries'])
  : makeHistory({ employees: 1_000, seed })
const doubles = await startLocal()
const watch = stack.adopt(await watchUploads(doubles.entraPort), (it) => it.close())
const server =
  values.ledger === 'postgres' ? stack.adopt(await startDurablePostgres(), (it) => it.close()) : null
const location = server ? await server.database() : join(folder, 'ledger.db')
const environment = {
  ...watch.instead(doubles.environment),
  LEDGER: location,
  LEASE_MS: '3000',
  HTTP_TIMEOUT_MS: '2000',
  INCOMPLETE_MS: '600000',
  LOG_LEVEL: 'warn',
  // One operation a call, so that there are calls enough to see the limit.
  ...(paceSeconds > 0
    ? { CALLS_PER_5S: '40', BATCH_OPERATIONS: '1', BATCH_FILL_MS: '0', LOG_POLL_MS: '5000' }
    : {}),
}
const file = join(folder, 'history.jsonl')
await writeFile(file, `${history.lines.join('\n')}\n`)
const fed = await rollcall(['local', 'feed', file], environment)
if (fed.code !== 0) throw new Error(fed.stderr)

const fleet = startFleet(
  Array.from({ length: processes }, () => null),
  environment,
)
stack.defer(() => fleet.abandon())
const ledger = stack.adopt(await openReader(location), (reader) => reader.close())
await until('the first message is taken in', async () => (await ledger.readTotals()).messages > 0, 60_000, 5)
const startedAt = performance.now()
const result = paceSeconds > 0 ? await pace() : await throughTheHistory()
await fleet.stop()
const { wrong, figures } = result
printRound({ figures, settings: { ...durabilityOf(server !== null), processes, kills, restarts }, wrong })

interface Result {
  readonly figures: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
}

/** Calls in a minute while there is more to send than the limit admits. */
async function pace(): Promise<Result> {
  await until('calls are made', () => watch.calls.length > 80, 120_000, 100)
  const [from, began] = [watch.calls.length, Date.now()]
  await until(
    'the time is over',
    () => Date.now() - began >= paceSeconds * 1_000,
    paceSeconds * 1_000 + 5_000,
    20,
  )
  const seconds = (Date.now() - began) / 1_000
  const calls = watch.calls.slice(from)
  const perSecond = calls.length / seconds
  const throttled = calls.filter(({ status }) => status === 429).length
  const wrong = [
    ...(perSecond < 0.95 * 8 ? [`${perSecond.toFixed(2)} calls a second are less than 95 % of 8`] : []),
    ...(throttled > 0 ? [`${throttled} calls were answered 429`] : []),
    ...watch.changedOnTheWay(),
  ]
  return {
    figures: {
      'calls/s': perSecond,
      'share of the limit': perSecond / 8,
      'most calls in 5 s': watch.peak(5_000),
      throttled,
    },
    wrong,
  }
}

async function throughTheHistory(): Promise<Result> {
  const total = history.lines.length
  const done = async (): Promise<number> => {
    const { messages, finished } = await ledger.readTotals()
    return (messages / total + finished / history.events) / 2
  }
  const events = [
    ...Array.from({ length: kills }, (_, index) => ({
      at: 0.05 + (0.85 * index) / Math.max(1, kills - 1),
      kind: 'kill' as const,
    })),
    ...Array.from({ length: restarts }, (_, index) => ({ at: 0.35 + 0.3 * index, kind: 'restart' as const })),
  ].sort((a, b) => a.at - b.at)
  const random = seeded(seed)
  for (const { at, kind } of events) {
    // What a dead process held comes again after a minute; until then there may be nothing to do.
    await until(
      `${Math.round(at * 100)} % is done; they said ${fleet.said()}`,
      async () => (await done()) >= at,
      300_000,
      20,
    )
    if (kind === 'restart') await server?.restart()
    else await fleet.kill(Math.floor(random() * processes))
    say(`${kind} at ${Math.round((await done()) * 100)} %`)
  }
  let takenInMs = 0
  await until(
    `everything is answered and told; they said ${fleet.said()}`,
    async () => {
      const { messages } = await ledger.readTotals()
      if (messages >= total && takenInMs === 0) takenInMs = performance.now() - startedAt
      return messages >= total && (await ledger.readIdle(Date.now())).idle
    },
    900_000,
    50,
  )
  const ms = performance.now() - startedAt
  const response = await fetch(`http://127.0.0.1:${doubles.entraPort}/directory`)
  const directory = (await response.json()) as Readonly<Record<string, DirectoryEntry>>
  const { totals, stateCounts } = await ledger.readCounts()
  const wrong = [
    ...differences(directory, history.oracle),
    ...reconcile(totals, stateCounts).wrong,
    ...(totals.events === history.events && totals.finished === history.events
      ? []
      : [`${totals.finished} of ${history.events} events are answered`]),
    ...(totals.published === history.events ? [] : [`${totals.published} outcomes are published`]),
    ...watch.changedOnTheWay(),
    ...(await inFlightTwice(ledger, history.oracle.keys())),
  ]
  return {
    figures: {
      'taken in, messages/s': total / (takenInMs / 1_000),
      'to the outcome, messages/s': total / (ms / 1_000),
      operations: totals.operations,
      calls: watch.calls.length,
      redelivered: totals.redelivered,
    },
    wrong,
  }
}

/** The doubles in a process of their own, as `rollcall local` starts them. */
async function startLocal(): Promise<ToldByDoubles> {
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const settings = join(folder, 'entra.json')
  await writeFile(
    settings,
    JSON.stringify(
      paceSeconds > 0 ? { limits: { callsPer5s: 40, callsPerDay: 1_000_000, enabled: true } } : {},
    ),
  )
  const child = spawn(process.execPath, [main, 'local', '--fast', '--entra-settings', settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  return toldBy(child)
}

function seeded(start: number): () => number {
  let state = start % 2_147_483_647 || 1
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}
