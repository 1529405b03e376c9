import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { ServiceBusClient } from '@azure/service-bus'
import { threadCommitter } from '../../src/adapters/intake-thread/client.ts'
import { openLedgerThread } from '../../src/adapters/ledger-sql/open.ts'
import { connect } from '../../src/adapters/service-bus/client.ts'
import { connectionOf } from '../../src/adapters/service-bus/connection.ts'
import type { BusMessage } from '../../src/adapters/service-bus/message.ts'
import { busSourceQueue } from '../../src/adapters/service-bus/receive/receiver.ts'
import { systemRuntime } from '../../src/adapters/system.ts'
import { ledgerAddress } from '../../src/compose/addresses.ts'
import { readConfig } from '../../src/compose/config.ts'
import { intakeModule } from '../../src/compose/intake/module.ts'
import type { Committer } from '../../src/core/intake/commit.ts'
import { intakeLoop } from '../../src/core/intake/loop.ts'
import { DEFAULT_SOURCE } from '../../src/core/intake/sources.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import { silentLogger, silentTelemetry } from '../../src/core/runtime.ts'
import { startBrokerProcess } from './support/broker.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf, startDurablePostgres } from './support/ledger.ts'
import { fill, LOAD, QUEUE, receiveAndComplete } from './support/load.ts'
import { cpuSecondsNamed } from './support/process.ts'

/**
 * Durable intake against the bare client, in one run over the same broker:
 *
 *     node test/bench/intake.ts --messages 20000
 *     node test/bench/intake.ts --messages 20000 --ledger postgres
 *     node test/bench/intake.ts --in-flight 256 --at-once 128
 *
 * Both have the same credit. The bare client only completes messages; intake decodes, validates and
 * commits them, and then completes them. Both are warmed up with a fifth of the messages first, and
 * each has a connection of its own.
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    ledger: { type: 'string', default: 'sqlite' },
    'in-flight': { type: 'string', default: String(LOAD.inFlight) },
    'at-once': { type: 'string', default: String(LOAD.atOnce) },
  },
})
const MESSAGES = Number(values.messages)
const LOADED = { inFlight: Number(values['in-flight']), atOnce: Number(values['at-once']) }
const WARM_UP = Math.ceil(MESSAGES / 5)

await using stack = new AsyncDisposableStack()
const bus = stack.adopt(await startBrokerProcess(), (it) => it.close())
const opened = (): ServiceBusClient =>
  stack.adopt(connect({ kind: 'connection-string', connectionString: bus.connectionString }), (it) =>
    it.close(),
  )
const [client, ourClient] = [opened(), opened()]
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const server =
  values.ledger === 'postgres' ? stack.adopt(await startDurablePostgres(), (it) => it.close()) : null
const location = server ? await server.database() : join(folder, 'ledger.db')
const runtime = systemRuntime(silentLogger, silentTelemetry)
const { ledger, committer } = await openIntake()
stack.defer(() => ledger.close())

for (const [name, work] of [
  ['bare', bare],
  ['durable', durable],
] as const) {
  await fill(client, `warm-up-${name}`, WARM_UP)
  await work(WARM_UP)
}
await fill(client, 'bare', MESSAGES)
const plain = await measured(MESSAGES, bare)
await fill(client, 'durable', MESSAGES)
const ours = await measured(MESSAGES, durable)
printRound({
  figures: {
    ratio: ours.perSecond / plain.perSecond,
    'messages/s': ours.perSecond,
    'bare messages/s': plain.perSecond,
    'main thread ratio': ours.mainMicroseconds / plain.mainMicroseconds,
    'main thread µs': ours.mainMicroseconds,
    'process µs': ours.processMicroseconds,
    'bare main thread µs': plain.mainMicroseconds,
    'bare process µs': plain.processMicroseconds,
    'broker µs': ours.brokerMicroseconds,
    ...(server ? { 'server µs': ours.serverMicroseconds } : {}),
    'loop lag p99.9 ms': ours.lagMs,
    'bare loop lag p99.9 ms': plain.lagMs,
    'turn p99.9 ms of CPU': ours.turnMs,
    'bare turn p99.9 ms of CPU': plain.turnMs,
  },
  settings: { ...durabilityOf(server !== null), messages: MESSAGES, ...LOADED },
  wrong: await wrongAtTheEnd(),
})

interface Measured {
  readonly perSecond: number
  readonly mainMicroseconds: number
  readonly processMicroseconds: number
  readonly brokerMicroseconds: number
  /** Of PostgreSQL. */
  readonly serverMicroseconds: number
  readonly lagMs: number
  /** What the main thread computes between two looks at its timers. Other processes do not change it. */
  readonly turnMs: number
}

/** Processor time is for each message. */
async function measured(count: number, work: (count: number) => Promise<void>): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const { cpuMicroseconds } = await bus.look(QUEUE)
  const serverSeconds = await cpuSecondsNamed('postgres')
  const [main, all, startedAt] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()]
  delay.enable()
  const turns = watchTurns()
  await work(count)
  const turnMs = turns.end()
  delay.disable()
  const seconds = (performance.now() - startedAt) / 1_000
  const [mainAfter, allAfter] = [process.threadCpuUsage(main), process.cpuUsage(all)]
  const broker = await bus.look(QUEUE)
  return {
    perSecond: count / seconds,
    mainMicroseconds: (mainAfter.user + mainAfter.system) / count,
    processMicroseconds: (allAfter.user + allAfter.system) / count,
    serverMicroseconds: (((await cpuSecondsNamed('postgres')) - serverSeconds) * 1e6) / count,
    brokerMicroseconds: (broker.cpuMicroseconds - cpuMicroseconds) / count,
    lagMs: delay.percentile(99.9) / 1e6,
    turnMs,
  }
}

function watchTurns(): { end(): number } {
  const spent: number[] = []
  let before = process.threadCpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    before = process.threadCpuUsage()
    spent.push((user + system) / 1_000)
  }, 1)
  return {
    end: () => {
      clearInterval(timer)
      return spent.toSorted((one, other) => one - other)[Math.floor(spent.length * 0.999)] ?? Number.NaN
    },
  }
}

function bare(count: number): Promise<void> {
  return receiveAndComplete(client, count, LOADED)
}

async function durable(count: number): Promise<void> {
  const inbox = busSourceQueue(
    connectionOf(() => ourClient),
    { queue: QUEUE, inFlight: LOADED.inFlight, watchdogMs: 60_000 },
    runtime,
  )
  const service = intakeLoop({
    sourceQueue: inbox,
    ledger,
    sources: () => DEFAULT_SOURCE,
    committer,
    settings: {
      batchSize: LOADED.atOnce,
      batchMs: 5,
      quietMs: 2_000,
      maxWaitMs: 60_000,
      backlogPerSecond: 100,
      skewMs: 1_000,
    },
    runtime,
    onRecorded: () => {},
  })
  const { completed } = (await bus.look(QUEUE)).counts
  const running = service.run()
  while ((await bus.look(QUEUE)).counts.completed - completed < count)
    await new Promise((resolve) => setTimeout(resolve, 20))
  void service.stop()
  await running
}

/** The ledger with intake in its thread, as `rollcall run` opens them. */
async function openIntake(): Promise<{
  readonly ledger: Ledger
  readonly committer: Committer<BusMessage>
}> {
  const config = readConfig({ LEDGER: location })
  const { ledger, ask } = await openLedgerThread(
    ledgerAddress(config),
    { module: intakeModule(config) },
    Date.now,
  )
  return { ledger, committer: threadCommitter<BusMessage>(ask, runtime) }
}

async function wrongAtTheEnd(): Promise<readonly string[]> {
  const sent = MESSAGES + WARM_UP
  const { counts } = await bus.look(QUEUE)
  const { totals } = await ledger.readCounts()
  return [
    ...expect('messages left on the bus', counts.active + counts.locked, 0),
    ...expect('dead-lettered messages', counts.deadLetter, 0),
    ...expect('completed messages', counts.completed, 2 * sent),
    ...expect('messages in the ledger', totals.messages, sent),
    ...expect('events in the ledger', totals.events, sent),
  ]
}
