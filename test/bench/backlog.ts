import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { start } from '../fakes/rollcall.ts'
import { openReader } from '../suites/crash/reader.ts'
import { until } from '../adapters/support/until.ts'
import { startDoubles } from './support/doubles.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf } from './support/ledger.ts'
import { fill } from './support/load.ts'
import { cpuSecondsOf, residentMB } from './support/process.ts'

/**
 * The memory of `rollcall run` while it takes in a backlog:
 *
 *     node test/bench/backlog.ts --messages 1000000
 *
 * Everything in it runs: what it takes in is planned and sent to the Entra double.
 */
const { values } = parseArgs({ options: { messages: { type: 'string', default: '1000000' } } })
const MESSAGES = Number(values.messages)

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const LEDGER = join(folder, 'ledger.db')
const { environment, client } = await startDoubles(stack)
await fill(client, 'backlog', MESSAGES)

const startedAt = performance.now()
const connector = start(['run'], { ...environment, LEDGER, LOG_LEVEL: 'error' })
const ended = once(connector, 'exit')
const ledger = stack.adopt(await openReader(LEDGER), (it) => it.close())
/** Resident megabytes by the share of the backlog that was taken in. */
const seen: { readonly share: number; readonly mb: number }[] = []
await until(
  'the backlog is taken in',
  async () => {
    const { messages } = await ledger.readTotals()
    seen.push({ share: messages / MESSAGES, mb: await residentMB(connector.pid) })
    return messages >= MESSAGES
  },
  900_000,
  200,
)
const cpuSeconds = await cpuSecondsOf(connector.pid)
const seconds = (performance.now() - startedAt) / 1_000
connector.kill('SIGTERM')
await ended
const { totals } = await ledger.readCounts()
const most = (from: number, to: number): number =>
  Math.max(...seen.filter(({ share }) => share >= from && share <= to).map(({ mb }) => mb))
printRound({
  figures: {
    'MB at most': most(0, 1),
    'MB in the first fifth': most(0, 0.2),
    'MB in the last fifth': most(0.8, 1),
    'messages/s': MESSAGES / seconds,
    'process µs': (cpuSeconds * 1e6) / MESSAGES,
  },
  settings: { ...durabilityOf(false), messages: MESSAGES },
  wrong: expect('events in the ledger', totals.events, MESSAGES),
})
