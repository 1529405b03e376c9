import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { replayNative } from '../../../src/core/report/replay/native.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { fakeReplayLog } from '../../fakes/replay.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { manual, receive } from '../../fakes/receiving.ts'
import { closeAfter } from '../support/close-after.ts'

const runtime = systemRuntime(silentLogger, silentTelemetry)
const control = { runtime, signal: new AbortController().signal, onProgress: () => {} }
const settings = { perSecond: null, batch: 20, removeAtOnce: 60, skewMs: 60_000, inFlightMs: 50 }

async function busFor(t: TestContext, properties: object): Promise<ServiceBusClient> {
  const broker = await startBroker({ config: configOf({ q: properties }) })
  const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
  closeAfter(t, async () => {
    await closeWithin(500, client.close())
    await broker.stop()
  })
  return client
}

function queuesOf(t: TestContext, client: ServiceBusClient) {
  const deadLetters = busDeadLetterQueue(client, { queue: 'q', shelf: 'dead-letters' }, runtime)
  const queue = busDeadLetterQueue(client, { queue: 'q', shelf: 'queue' }, runtime)
  closeAfter(t, () => Promise.all([deadLetters.close(), queue.close()]))
  return { deadLetters, queue }
}

const bodyOf = ({ body }: ServiceBusReceivedMessage): unknown =>
  JSON.parse(Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body))

void it('on a queue with sessions each session gets its messages back, in their order', async (t) => {
  const client = await busFor(t, { RequiresSession: true })
  const sender = client.createSender('q')
  await sender.sendMessages(
    Array.from({ length: 90 }, (_, n) => ({ body: Buffer.from(`${n}`), sessionId: `s${n % 3}` })),
  )
  for (const id of ['s0', 's1', 's2']) {
    const session = await client.acceptSession('q', id)
    for (const message of await session.receiveMessages(30)) await session.deadLetterMessage(message)
    await session.close()
  }
  const { deadLetters, queue } = queuesOf(t, client)
  const log = fakeReplayLog((await deadLetters.peek('0', 250)).map(({ sequence }) => sequence))
  const result = await replayNative(
    { run: 'r1', deadLetters, queue, log, edit: () => null, takeIn: async () => new Map() },
    settings,
    control,
  )
  assert.deepEqual(result, { kind: 'finished', sent: 90, done: 90, gone: 0, refused: 0 })
  for (const [index, id] of ['s0', 's1', 's2'].entries()) {
    const session = await client.acceptSession('q', id, { receiveMode: 'receiveAndDelete' })
    const bodies = (await session.receiveMessages(30)).map(bodyOf)
    assert.deepEqual(
      bodies,
      Array.from({ length: 30 }, (_, n) => n * 3 + index),
    )
    await session.close()
  }
})

void it('duplicate detection does not swallow copies, and drops a copy that is sent twice', async (t) => {
  const client = await busFor(t, {
    RequiresDuplicateDetection: true,
    DuplicateDetectionHistoryTimeWindow: 'PT10M',
  })
  const sender = client.createSender('q')
  await sender.sendMessages(
    Array.from({ length: 40 }, (_, n) => ({ body: Buffer.from(`${n}`), messageId: `m-${n}` })),
  )
  const receiver = client.createReceiver('q', manual)
  for (const message of await receive(receiver, 40)) await receiver.deadLetterMessage(message)
  await receiver.close()
  const { deadLetters, queue } = queuesOf(t, client)
  const log = fakeReplayLog((await deadLetters.peek('0', 250)).map(({ sequence }) => sequence))
  const { resend } = deadLetters
  let times = 0
  const twice: typeof deadLetters = {
    ...deadLetters,
    resend: async (copies) => {
      times += 1
      await resend(copies)
      await resend(copies)
    },
  }
  await replayNative(
    { run: 'r1', deadLetters: twice, queue, log, edit: () => null, takeIn: async () => new Map() },
    settings,
    control,
  )
  assert.equal(times, 2)
  const copies = await receive(client.createReceiver('q', { receiveMode: 'receiveAndDelete' }), 40)
  assert.deepEqual(
    copies.map(bodyOf),
    Array.from({ length: 40 }, (_, n) => n),
  )
  assert.deepEqual(await deadLetters.peek('0', 10), [])
})

void it('a send that arrives and whose answer is lost is found again and not repeated', async (t) => {
  const client = await busFor(t, {})
  const sender = client.createSender('q')
  await sender.sendMessages(Array.from({ length: 50 }, (_, n) => ({ body: Buffer.from(`${n}`) })))
  const receiver = client.createReceiver('q', manual)
  for (const message of await receive(receiver, 50)) await receiver.deadLetterMessage(message)
  await receiver.close()
  const { deadLetters, queue } = queuesOf(t, client)
  const log = fakeReplayLog((await deadLetters.peek('0', 250)).map(({ sequence }) => sequence))
  const { resend } = deadLetters
  let lost = 0
  const unsteady: typeof deadLetters = {
    ...deadLetters,
    resend: async (copies) => {
      await resend(copies)
      lost += 1
      if (lost <= 2) throw new Error('the connection was cut')
    },
  }
  const replay = {
    run: 'r1',
    deadLetters: unsteady,
    queue,
    log,
    edit: () => null,
    takeIn: async () => new Map<string, string>(),
  }
  const result = await replayNative(replay, settings, control)
  assert.equal(result.kind, 'finished')
  const copies = await receive(client.createReceiver('q', { receiveMode: 'receiveAndDelete' }), 50)
  assert.equal(new Set(copies.map(({ messageId }) => messageId)).size, 50)
  assert.deepEqual(await queue.peek('0', 10), [])
})
