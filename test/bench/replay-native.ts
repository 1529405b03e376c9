import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { closeWithin, connect } from '../../src/adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../src/adapters/system.ts'
import type { ReplayLog } from '../../src/core/report/replay/log.ts'
import { replayNative } from '../../src/core/report/replay/native.ts'
import { silentLogger, silentTelemetry } from '../../src/core/runtime.ts'
import { startEntra } from '../../src/local/entra/server.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf } from './support/ledger.ts'
import { cpuSecondsOf } from './support/process.ts'

/**
 * Measures a replay of native dead letters out of a frozen selection in a SQLite file, with both
 * doubles running: `node test/bench/replay-native.ts [messages]` (default 10,000). The broker has a
 * process of its own.
 */
const total = Number(process.argv[2] ?? 10_000)
const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [{ Name: 'hr-events', Properties: { DeadLetteringOnMessageExpiration: true } }],
      },
    ],
  },
}
const child = fork(new URL('../local/service-bus/broker-process.ts', import.meta.url), [
  JSON.stringify(config),
])
const [{ connectionString }] = (await once(child, 'message')) as [{ readonly connectionString: string }]
const entra = await startEntra({})
const client = connect({ kind: 'connection-string', connectionString })
const runtime = systemRuntime(silentLogger, silentTelemetry)
const sender = client.createSender('hr-events')
const body = Buffer.from(JSON.stringify({ specversion: '1.0', id: 'e', data: 'x'.repeat(400) }))
for (let sent = 0; sent < total; sent += 250)
  await sender.sendMessages(
    Array.from({ length: Math.min(250, total - sent) }, () => ({ body, timeToLive: 1 })),
  )

const shelf = busDeadLetterQueue(client, { queue: 'hr-events', shelf: 'dead-letters' }, runtime)
const entity = busDeadLetterQueue(client, { queue: 'hr-events', shelf: 'queue' }, runtime)
const sequences: string[] = []
for (let from = '0'; ;) {
  const page = await shelf.peek(from, 250)
  sequences.push(...page.map(({ sequence }) => sequence))
  const last = page.at(-1)
  if (!last) break
  from = String(BigInt(last.sequence) + 1n)
}
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
const ledger = await openSqliteLedger({ path: join(folder, 'ledger.db'), now: Date.now })
const targets = sequences.map(
  (sequence) => ({ store: 'bus', entity: 'hr-events', sequence, stale: false }) as const,
)
const { id: run } = await ledger.freezeReplay(
  { name: 'bench', selection: 'all', actor: 'bench', justification: 'to measure', targets },
  Date.now(),
)
const log: ReplayLog = {
  items: (stage, limit) => ledger.listReplayItems(run, 'hr-events', stage, limit),
  move: (moves, at) => ledger.moveReplayItems(run, 'hr-events', moves, at),
  takenIn: async (ids) => new Set((await ledger.findCopiesTakenIn(ids)).keys()),
}
const settings = { perSecond: null, batch: 500, removeAtOnce: 2_000, skewMs: 60_000, inFlightMs: 2_000 }
const startedAt = performance.now()
const [usedBefore, mainBefore] = [process.cpuUsage(), process.threadCpuUsage()]
const brokerBefore = await cpuSecondsOf(child.pid)
const result = await replayNative(
  { run: 'bench', deadLetters: shelf, queue: entity, log, edit: () => null, takeIn: async () => new Map() },
  settings,
  { runtime, signal: new AbortController().signal, onProgress: () => {} },
)
const seconds = (performance.now() - startedAt) / 1_000
const microseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / total
const [used, main] = [process.cpuUsage(usedBefore), process.threadCpuUsage(mainBefore)]
const brokerSeconds = (await cpuSecondsOf(child.pid)) - brokerBefore
printRound({
  figures: {
    'messages/s': total / seconds,
    'main thread, µs a message': microseconds(main),
    'process, µs a message': microseconds(used),
    'broker, µs a message': (brokerSeconds * 1e6) / total,
  },
  settings: { ...durabilityOf(false), messages: total },
  wrong: [
    ...expect('messages left in the dead-letter queue', (await shelf.peek('0', 1)).length, 0),
    ...expect('messages sent again', result.sent, total),
  ],
})
await shelf.close()
await entity.close()
await closeWithin(2_000, client.close())
await entra.stop()
child.disconnect()
await ledger.close()
await rm(folder, { recursive: true })
