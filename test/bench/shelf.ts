import { fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { closeWithin, connect } from '../../src/adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../src/adapters/service-bus/dead-letter-queue.ts'
import { busDeadLetterReasons } from '../../src/adapters/service-bus/dead-letter-reasons.ts'
import { systemRuntime } from '../../src/adapters/system.ts'
import { BUS_COUNT } from '../../src/compose/settings.ts'
import type { BusDeadLetters } from '../../src/core/ledger/port/figures.ts'
import { busCountLoop } from '../../src/core/report/dead-letters/bus-count.ts'
import { silentLogger, silentTelemetry } from '../../src/core/runtime.ts'

/**
 * Measures the shelf over the Service Bus double: `node test/bench/shelf.ts [messages]` (default
 * 100,000). The broker runs in a process of its own. Peeks all of them, counts them as a connector
 * does, picks 50 out of them, and takes the 10,000 at their head off.
 */
const total = Number(process.argv[2] ?? 100_000)
const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [{ Name: 'q', Properties: { DeadLetteringOnMessageExpiration: true } }],
      },
    ],
  },
}
const child = fork(new URL('../local/service-bus/broker-process.ts', import.meta.url), [
  JSON.stringify(config),
])
const [{ connectionString }] = (await once(child, 'message')) as [{ readonly connectionString: string }]
const client = connect({ kind: 'connection-string', connectionString })
const runtime = systemRuntime(silentLogger, silentTelemetry)
const never = new AbortController().signal
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const megabytes = (): string => `${Math.round(process.memoryUsage().rss / 1e6)} MB`

const sender = client.createSender('q')
const body = Buffer.from(JSON.stringify({ specversion: '1.0', id: 'e-1', data: { text: 'x'.repeat(400) } }))
for (let sent = 0; sent < total; sent += 250)
  await sender.sendMessages(
    Array.from({ length: Math.min(250, total - sent) }, () => ({ body, timeToLive: 1 })),
  )

const shelf = busDeadLetterQueue(client, { queue: 'q', shelf: 'dead-letters' }, runtime)
print(`before: ${megabytes()}`)
let startedAt = performance.now()
const sequences: string[] = []
for (let from = '0'; ;) {
  const page = await shelf.peek(from, 250)
  for (const { sequence } of page) sequences.push(sequence)
  const last = page.at(-1)
  if (!last) break
  from = String(BigInt(last.sequence) + 1n)
}
const seconds = (): number => (performance.now() - startedAt) / 1_000
print(
  `peeked ${sequences.length}: ${seconds().toFixed(1)} s, ${Math.round(sequences.length / seconds())}/s, ${megabytes()}`,
)

const lag = monitorEventLoopDelay({ resolution: 1 })
const counted = Promise.withResolvers<BusDeadLetters>()
const counting = busCountLoop(
  { recordBusDeadLetters: async (count) => counted.resolve(count) },
  [busDeadLetterReasons(client, { queue: 'q' })],
  BUS_COUNT,
  runtime,
)
startedAt = performance.now()
const cpu = process.cpuUsage()
lag.enable()
void counting.run()
const count = (await counted.promise).codes.reduce((sum, one) => sum + one.count, 0)
lag.disable()
const { user, system } = process.cpuUsage(cpu)
print(
  `counted ${count}: ${seconds().toFixed(1)} s, ${((user + system) / 1e6).toFixed(2)} s of CPU, event loop late by ${(lag.max / 1e6).toFixed(0)} ms at most`,
)
await counting.stop()

startedAt = performance.now()
const chosen = new Set(
  Array.from({ length: 50 }, (_, n) => sequences[Math.floor(((n + 1) * sequences.length) / 50) - 1] ?? ''),
)
const picked = await shelf.remove(chosen, never)
print(`picked ${picked.size} of ${sequences.length}: ${seconds().toFixed(1)} s, ${megabytes()}`)
startedAt = performance.now()
await shelf.close()
print(`closed: ${seconds().toFixed(1)} s`)

const second = busDeadLetterQueue(client, { queue: 'q', shelf: 'dead-letters' }, runtime)
startedAt = performance.now()
const head = sequences.slice(-10_000).filter((sequence) => !chosen.has(sequence))
const gone = await second.remove(new Set(head), never)
print(
  `took ${gone.size} of ${head.length} off its end: ${seconds().toFixed(1)} s, ${Math.round(gone.size / seconds())}/s, ${megabytes()}`,
)
await second.close()
await closeWithin(2_000, client.close())
child.disconnect()
