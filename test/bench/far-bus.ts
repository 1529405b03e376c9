import { type AddressInfo, connect as dial, createServer, type Socket } from 'node:net'
import { closeWithin, connect } from '../../src/adapters/service-bus/client.ts'
import { connectionOf } from '../../src/adapters/service-bus/connection.ts'
import { busSourceQueue } from '../../src/adapters/service-bus/receive/receiver.ts'
import type { BusMessage } from '../../src/adapters/service-bus/message.ts'
import { sendInBatches } from '../../src/adapters/service-bus/sender.ts'
import { joinSourceQueues } from '../../src/core/intake/receive/source-queues.ts'
import type { Disposition } from '../../src/core/ports.ts'
import { connectionStringFor } from '../../src/local/service-bus/broker.ts'
import { startBrokerThread } from '../../src/local/service-bus/thread/thread.ts'
import { briskRuntime } from '../adapters/support/runtime.ts'
import { configOf } from '../local/service-bus/support.ts'

/**
 * How fast one process receives and settles over a line of a given round trip, by receivers and
 * messages in flight; and over WebSockets.
 * `node test/bench/far-bus.ts [milliseconds of the round trip]`; 0 is without the delaying proxy.
 */
const roundTripMs = Number(process.argv[2] ?? 20)
const BATCH_MS = 5

const broker = await startBrokerThread({ config: configOf({ q: { LockDuration: 'PT5M' } }) })
const line = await delaying(broker.port, roundTripMs / 2)
const near = broker.connectionString
const far = roundTripMs === 0 ? near : connectionStringFor('127.0.0.1', line.port)

for (const [receivers, inFlight, webSockets] of [
  [1, 256, false],
  [1, 768, false],
  [1, 768, true],
  [1, 1_500, false],
  [2, 3_000, false],
  [4, 6_000, false],
] as const) {
  const messages = inFlight < 1_000 ? 30_000 : 60_000
  await fill(messages)
  const perSecond = await drain(messages, receivers, inFlight, webSockets)
  const over = webSockets ? ', over WebSockets' : ''
  process.stdout.write(
    `round trip ${roundTripMs} ms, RECEIVERS=${receivers} IN_FLIGHT=${inFlight}${over}: ${perSecond} messages/s\n`,
  )
}
line.close()
await broker.stop()

async function fill(messages: number): Promise<void> {
  const client = connect({ kind: 'connection-string', connectionString: near })
  const body = Buffer.alloc(450, 'x')
  await sendInBatches(
    client.createSender('q'),
    Array.from({ length: messages }, () => ({ body })),
  )
  await closeWithin(5_000, client.close())
}

async function drain(
  messages: number,
  receivers: number,
  inFlight: number,
  webSockets: boolean,
): Promise<number> {
  const clients = Array.from({ length: receivers }, () =>
    connect({
      kind: 'connection-string',
      connectionString: far,
      ...(webSockets ? { webSockets: { proxy: null } } : {}),
    }),
  )
  const settings = { queue: 'q', inFlight: Math.floor(inFlight / receivers), watchdogMs: 60_000 }
  const inbox = joinSourceQueues(
    clients.map((client) =>
      busSourceQueue(
        connectionOf(() => client),
        settings,
        briskRuntime(50),
      ),
    ),
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  let settled = 0
  let waiting: Disposition<BusMessage>[] = []
  const startedAt = performance.now()
  const receiver = await inbox.open((message) => {
    waiting.push({ kind: 'complete', message })
    if (waiting.length === 1) setTimeout(settle, BATCH_MS)
  })
  function settle(): void {
    const batch = waiting
    waiting = []
    void receiver.settle(batch).then(() => {
      settled += batch.length
      if (settled >= messages) resolve()
    })
  }
  await promise
  const perSecond = Math.round((messages / (performance.now() - startedAt)) * 1_000)
  await receiver.close()
  for (const client of clients) await closeWithin(5_000, client.close())
  return perSecond
}

/** A proxy on loopback that hands everything on so much later. */
async function delaying(port: number, ms: number): Promise<{ readonly port: number; close(): void }> {
  const server = createServer({ noDelay: true }, (near) => {
    const onward = dial({ port, host: '127.0.0.1', noDelay: true })
    pass(near, onward)
    pass(onward, near)
  })
  function pass(from: Socket, to: Socket): void {
    from.on('data', (bytes) => setTimeout(() => to.write(bytes), ms))
    from.on('close', () => setTimeout(() => to.destroy(), ms))
    from.on('error', () => to.destroy())
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}
