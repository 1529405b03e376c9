/**
 * Durable intake against the bare client, in one run: `node test/bench/intake.ts [messages]`.
 * Both receive from the broker double in a thread of its own; the bare one only completes, intake decodes, commits to a SQLite file and then completes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { connect } from '../../src/adapters/service-bus/client.ts'
import { connectionOf } from '../../src/adapters/service-bus/connection.ts'
import { busSourceQueue } from '../../src/adapters/service-bus/receive/receiver.ts'
import { sendInBatches } from '../../src/adapters/service-bus/sender.ts'
import { systemRuntime } from '../../src/adapters/system.ts'
import { intakeLoop } from '../../src/core/intake/loop.ts'
import { DEFAULT_SOURCE } from '../../src/core/intake/sources.ts'
import { silentLogger, silentTelemetry } from '../../src/core/runtime.ts'
import { BUS_CONFIG } from '../../src/cli/doubles/doubles.ts'
import { parseBrokerConfig } from '../../src/local/service-bus/config.ts'
import { startBrokerThread } from '../../src/local/service-bus/thread/thread.ts'

const MESSAGES = Number(process.argv[2] ?? 40_000)
const QUEUE = 'hr-events'
const IN_FLIGHT = 768

function event(run: string, index: number): Buffer {
  const employeeId = String(100_000 + (index % 10_000))
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `${run}-${index}`,
      source: '/hr/bench',
      type: 'worker.job.changed',
      subject: employeeId,
      time: '2026-11-02T08:15:00Z',
      datacontenttype: 'application/json',
      data: {
        effectiveDate: '2026-11-01',
        version: index,
        worker: { title: `Engineer ${index}`, department: 'Development', managerId: '10015' },
      },
    }),
  )
}

async function fill(client: ServiceBusClient, run: string): Promise<void> {
  const sender = client.createSender(QUEUE)
  for (let at = 0; at < MESSAGES; at += 1_000)
    await sendInBatches(
      sender,
      Array.from({ length: Math.min(1_000, MESSAGES - at) }, (_, index) => ({
        messageId: `${run}-${at + index}`,
        contentType: 'application/cloudevents+json',
        body: event(run, at + index),
      })),
    )
  await sender.close()
}

async function bare(client: ServiceBusClient): Promise<number> {
  const receiver = client.createReceiver(QUEUE, {
    maxAutoLockRenewalDurationInMs: 0,
    skipParsingBodyAsJson: true,
  })
  const waiting: { message: ServiceBusReceivedMessage; done: () => void }[] = []
  const startedAt = performance.now()
  receiver.subscribe(
    {
      processMessage: (message) => new Promise<void>((done) => void waiting.push({ message, done })),
      processError: async () => {},
    },
    { autoCompleteMessages: false, maxConcurrentCalls: IN_FLIGHT },
  )
  for (let settled = 0; settled < MESSAGES;) {
    const batch = waiting.splice(0, 384)
    if (batch.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    await Promise.all(
      batch.map(async ({ message, done }) => {
        await receiver.completeMessage(message)
        done()
      }),
    )
    settled += batch.length
  }
  const rate = MESSAGES / ((performance.now() - startedAt) / 1_000)
  await receiver.close()
  return rate
}

async function durable(
  client: ServiceBusClient,
  settled: () => Promise<number>,
): Promise<{ rate: number; longestMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const ledger = await openSqliteLedger({ path: join(folder, 'ledger.db'), now: Date.now })
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const inbox = busSourceQueue(
    connectionOf(() => client),
    { queue: QUEUE, inFlight: IN_FLIGHT, watchdogMs: 60_000 },
    runtime,
  )
  const settings = {
    batchSize: 384,
    batchMs: 5,
    quietMs: 2_000,
    maxWaitMs: 60_000,
    backlogPerSecond: 100,
    skewMs: 1_000,
  }
  const service = intakeLoop({
    sourceQueue: inbox,
    ledger,
    sources: () => DEFAULT_SOURCE,
    settings,
    runtime,
    onRecorded: () => {},
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const before = await settled()
  delay.enable()
  const startedAt = performance.now()
  const running = service.run()
  while ((await settled()) - before < MESSAGES) await new Promise((resolve) => setTimeout(resolve, 20))
  const rate = MESSAGES / ((performance.now() - startedAt) / 1_000)
  delay.disable()
  await service.stop()
  await running
  await ledger.close()
  await rm(folder, { recursive: true })
  return { rate, longestMs: delay.percentile(99.9) / 1e6 }
}

const bus = await startBrokerThread({ config: parseBrokerConfig(await readFile(BUS_CONFIG, 'utf8')) })
const client = connect({ kind: 'connection-string', connectionString: bus.connectionString })
const settled = async (): Promise<number> => (await bus.counts(QUEUE)).completed
try {
  for (let round = 1; round <= 3; round++) {
    await fill(client, `bare-${round}`)
    const plain = await bare(client)
    await fill(client, `durable-${round}`)
    const { rate, longestMs } = await durable(client, settled)
    process.stdout.write(
      `round ${round}: bare ${Math.round(plain)}/s, durable ${Math.round(rate)}/s, ratio ${(rate / plain).toFixed(2)}, event loop delay p99.9 ${longestMs.toFixed(1)} ms\n`,
    )
  }
} finally {
  await client.close()
  await bus.stop()
}
