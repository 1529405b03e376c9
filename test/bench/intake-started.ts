import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { until } from '../adapters/support/until.ts'
import { start } from '../fakes/rollcall.ts'
import { startDoubles } from './support/doubles.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf, openAt, startDurablePostgres } from './support/ledger.ts'
import { fill, QUEUE, receiveAndComplete } from './support/load.ts'
import { secondsSince, threadSecondsOf } from './support/process.ts'

/**
 * `rollcall run` as a user starts it, with everything that runs in it, against the bare client over
 * the same broker:
 *
 *     node test/bench/intake-started.ts --messages 20000
 *     node test/bench/intake-started.ts --messages 20000 --ledger postgres
 *
 * The doubles are in a process of their own. Both are warmed up with as many messages first, in the
 * same process, so neither starting nor the first compilation of the code is in the time; what the
 * connector sends to the Entra double meanwhile is.
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    ledger: { type: 'string', default: 'sqlite' },
  },
})
const MESSAGES = Number(values.messages)

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const server =
  values.ledger === 'postgres' ? stack.adopt(await startDurablePostgres(), (it) => it.close()) : null
const LEDGER = server ? await server.database() : join(folder, 'ledger.db')

const { environment, client } = await startDoubles(stack)

await fill(client, 'warm-up', MESSAGES)
await receiveAndComplete(client, MESSAGES)
await fill(client, 'bare', MESSAGES)
const plain = await rateOf(() => receiveAndComplete(client, MESSAGES))

await fill(client, 'started', 2 * MESSAGES)
const connector = start(['run'], { ...environment, LEDGER, LOG_LEVEL: 'error' })
const ended = once(connector, 'exit')
stack.defer(() => void connector.kill())
await until('the ledger is there', isThere, 60_000, 5)
const ledger = stack.adopt(await openAt(LEDGER, 'read'), (it) => it.close())
const taken = async (): Promise<number> => (await ledger.readTotals()).messages
await until('it is warm', async () => (await taken()) >= MESSAGES, 90_000, 5)
const [before, threadsBefore] = [await taken(), await threadSecondsOf(connector.pid)]
const left = 2 * MESSAGES - before
const ours = await rateOf(
  () => until('all messages are taken in', async () => (await taken()) >= 2 * MESSAGES, 90_000, 5),
  left,
)
const threads = secondsSince(threadsBefore, await threadSecondsOf(connector.pid))
connector.kill('SIGTERM')
await ended
const { totals } = await ledger.readCounts()
const onTheBus = await client.createReceiver(QUEUE).peekMessages(1)
const microseconds = (seconds: number): number => (seconds * 1e6) / left
printRound({
  figures: {
    ratio: ours / plain,
    'messages/s': ours,
    'bare messages/s': plain,
    'process µs': microseconds(Object.values(threads).reduce((sum, seconds) => sum + seconds, 0)),
    ...Object.fromEntries(
      Object.entries(threads).map(([name, seconds]) => [`${name} µs`, microseconds(seconds)]),
    ),
  },
  settings: { ...durabilityOf(server !== null), messages: MESSAGES },
  wrong: [
    ...(left > MESSAGES / 2 ? [] : ['too few messages were left when it was warm; take more of them']),
    ...expect('messages left on the bus', onTheBus.length, 0),
    ...expect('events in the ledger', totals.events, 2 * MESSAGES),
  ],
})

/** Messages a second. */
async function rateOf(work: () => Promise<void>, count = MESSAGES): Promise<number> {
  const startedAt = performance.now()
  await work()
  return count / ((performance.now() - startedAt) / 1_000)
}

async function isThere(): Promise<boolean> {
  const opened = await openAt(LEDGER, 'read').catch(() => null)
  await opened?.close()
  return opened !== null
}
