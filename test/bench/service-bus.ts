import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusReceiverOptions } from '@azure/service-bus'
import { startBroker } from '../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../src/local/service-bus/config.ts'

/**
 * Measures the Service Bus double and prints what it finds:
 * `node test/bench/service-bus.ts [messages]` (default 200,000; a million takes about a minute).
 * The broker runs in a process of its own, so that its processor time and memory can be told from
 * the client's.
 */
const total = Number(process.argv[2] ?? 200_000)
const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [{ Name: 'q' }, { Name: 'r' }, { Name: 's', Properties: { RequiresSession: true } }],
      },
    ],
  },
}
const manual: ServiceBusReceiverOptions = { maxAutoLockRenewalDurationInMs: 0 }
const body = { worker: 'w-1', text: 'x'.repeat(400) }

interface Usage {
  readonly cpu: NodeJS.CpuUsage
  readonly rss: number
}

interface Sample {
  readonly cpuSeconds: number
  readonly megabytes: number
  readonly at: number
}

async function usage(child: ChildProcess): Promise<Sample> {
  child.send('usage')
  const [{ cpu, rss }] = (await once(child, 'message')) as [Usage]
  return { cpuSeconds: (cpu.user + cpu.system) / 1e6, megabytes: rss / 1e6, at: performance.now() }
}

function report(what: string, count: number, before: Sample, after: Sample): void {
  const perSecond = count / ((after.at - before.at) / 1000)
  const perCpuSecond = count / (after.cpuSeconds - before.cpuSeconds)
  print(
    `${what}: ${round(perSecond)} messages/s, ${round(perCpuSecond)} per CPU-second of the broker, broker ${round(after.megabytes)} MB`,
  )
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setImmediate(resolve))
}

const round = (value: number): string => Math.round(value).toLocaleString('en')
const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function through(client: ServiceBusClient, child: ChildProcess): Promise<void> {
  const sender = client.createSender('q')
  let before = await usage(child)
  let received = 0
  const receiver = client.createReceiver('q', manual)
  const done = new Promise<void>((resolve) => {
    receiver.subscribe(
      {
        processMessage: async () => {
          received += 1
          if (received === total) resolve()
        },
        processError: async ({ error }) => print(String(error)),
      },
      { maxConcurrentCalls: 256 },
    )
  })
  const step = Math.ceil(total / 4)
  for (let sent = 0; sent < total; sent += 200) {
    // The backlog stays bounded: what is measured is messages passing, not piling up.
    await until(() => sent - received <= 5000)
    await sender.sendMessages(Array.from({ length: Math.min(200, total - sent) }, () => ({ body })))
    if (sent > 0 && sent % step < 200)
      print(`  after ${round(sent)}: broker ${round((await usage(child)).megabytes)} MB`)
  }
  await done
  report(`${round(total)} messages sent, received and completed`, total, before, await usage(child))
  await receiver.close()

  const backlog = Math.min(total, 100_000)
  before = await usage(child)
  for (let sent = 0; sent < backlog; sent += 200)
    await sender.sendMessages(Array.from({ length: 200 }, () => ({ body })))
  report(`backlog of ${round(backlog)} sent`, backlog, before, await usage(child))
  before = await usage(child)
  const drain = client.createReceiver('q', { receiveMode: 'receiveAndDelete' })
  for (let taken = 0; taken < backlog;) taken += (await drain.receiveMessages(500)).length
  report('backlog received and deleted', backlog, before, await usage(child))
}

async function latency(client: ServiceBusClient): Promise<void> {
  const sender = client.createSender('r')
  const sentAt = new Map<string, number>()
  const taken: number[] = []
  client.createReceiver('r', manual).subscribe({
    processMessage: async ({ messageId }) =>
      void taken.push(performance.now() - (sentAt.get(String(messageId)) ?? 0)),
    processError: async ({ error }) => print(String(error)),
  })
  const count = 2000
  for (let index = 0; index < count; index += 1) {
    const messageId = String(index)
    sentAt.set(messageId, performance.now())
    await sender.sendMessages({ body, messageId })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  while (taken.length < count) await new Promise((resolve) => setTimeout(resolve, 10))
  taken.splice(0, 200)
  taken.sort((left, right) => left - right)
  const at = (share: number) => (taken[Math.floor(taken.length * share)] ?? 0).toFixed(2)
  print(`latency from send to handler: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
}

async function sessions(): Promise<void> {
  const broker = await startBroker({ config: parseBrokerConfig(config) })
  const clients = Array.from({ length: 4 }, () => new ServiceBusClient(broker.connectionString))
  const [first] = clients
  if (first === undefined) return
  const count = 5000
  const sender = first.createSender('s')
  for (let sent = 0; sent < count; sent += 200) {
    await sender.sendMessages(
      Array.from({ length: 200 }, (_, index) => ({ body: 1, sessionId: `k${sent + index}` })),
    )
  }
  let left = count
  let measuredFrom = 0
  const worker = async (client: ServiceBusClient) => {
    while (left > 0) {
      left -= 1
      // The first fifth warms the code up.
      if (left === count * 0.8) measuredFrom = performance.now()
      const receiver = await client.acceptNextSession('s', {
        receiveMode: 'receiveAndDelete',
        maxAutoLockRenewalDurationInMs: 0,
      })
      await receiver.receiveMessages(1)
      await receiver.close()
    }
  }
  await Promise.all(clients.flatMap((client) => Array.from({ length: 8 }, async () => await worker(client))))
  const rate = (count * 0.8) / ((performance.now() - measuredFrom) / 1000)
  print(`sessions opened, one message received, closed, in one process with the clients: ${round(rate)}/s`)
  await Promise.all(clients.map((client) => client.close()))
  await broker.stop()
}

const child = fork(new URL('../local/service-bus/broker-process.ts', import.meta.url), [
  JSON.stringify(config),
])
const [started] = (await once(child, 'message')) as [{ readonly connectionString: string }]
const client = new ServiceBusClient(started.connectionString)
await through(client, child)
await latency(client)
await client.close()
child.disconnect()
await sessions()
