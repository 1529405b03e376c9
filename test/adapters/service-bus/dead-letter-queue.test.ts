import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it, type TestContext } from 'node:test'
import type {
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiverOptions,
} from '@azure/service-bus'
import Long from 'long'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { receiverAt } from '../../../src/adapters/service-bus/address.ts'
import type { EntityAddress } from '../../../src/core/intake/entity.ts'
import {
  busDeadLetterQueue,
  type DeadLetterQueueSettings,
} from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { busDeadLetterReasons } from '../../../src/adapters/service-bus/dead-letter-reasons.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts'
import { exerciseShelf, type OpenShelf, type Put } from '../../suites/conformance/dead-letter-queue.ts'
import { openFake } from '../../suites/conformance/dead-letter-queue-fake.ts'
import { configOf, manualClock } from '../../local/service-bus/support.ts'
import { manual, receive } from '../../fakes/receiving.ts'
import { misbehaving } from '../support/bus.ts'
import { closeAfter } from '../support/close-after.ts'

const runtime = systemRuntime(silentLogger, silentTelemetry)
const never = new AbortController().signal
const QUEUE = { queue: 'plain' } as const
const config = configOf(
  { plain: {}, sessions: { RequiresSession: true }, partitioned: { EnablePartitioning: true } },
  [{ Name: 'topic', Properties: {}, Subscriptions: [{ Name: 'hr', Properties: {} }] }],
)

interface Site {
  readonly broker: Broker
  readonly client: ServiceBusClient
  readonly pass: (ms: number) => Promise<void>
}
async function siteFor(t: TestContext): Promise<Site> {
  const clock = manualClock()
  const broker = await startBroker({ config, now: clock.now })
  const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
  closeAfter(t, async () => {
    await closeWithin(500, client.close())
    await broker.stop()
  })
  // Two looks of the broker at its clock.
  return { broker, client, pass: async (ms) => (clock.advance(ms), delay(40)) }
}

const deadLetters: ServiceBusReceiverOptions = { ...manual, subQueueType: 'deadLetter' }

async function put(client: ServiceBusClient, place: EntityAddress, messages: readonly Put[]): Promise<void> {
  const sender = client.createSender('queue' in place ? place.queue : place.topic)
  const native = messages.map(({ text, properties, ...one }) => ({
    ...one,
    body: Buffer.from(text),
    applicationProperties: { ...properties },
  }))
  for (let at = 0; at < native.length; at += 1_000) await sender.sendMessages(native.slice(at, at + 1_000))
  await sender.close()
}

/** As intake does it, in order; messages of sessions each through its own. */
async function die(client: ServiceBusClient, place: EntityAddress, messages: readonly Put[]): Promise<void> {
  const reasons = {
    deadLetterReason: messages[0]?.reason ?? '',
    deadLetterErrorDescription: messages[0]?.description ?? '',
  }
  if (!messages.some(({ sessionId }) => sessionId !== undefined)) {
    const receiver = receiverAt(client, place, manual)
    for (const message of await receive(receiver, messages.length))
      await receiver.deadLetterMessage(message, reasons)
    return receiver.close()
  }
  // One at a time, so that they die in the order they were sent whatever their session.
  for (const { sessionId } of messages) {
    const session = await client.acceptSession('sessions', sessionId ?? '')
    const [message] = await session.receiveMessages(1)
    if (message) await session.deadLetterMessage(message, reasons)
    await session.close()
  }
}

const textOf = ({ body }: ServiceBusReceivedMessage): string =>
  Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body)

function openAt(settings: DeadLetterQueueSettings): OpenShelf {
  return async (t) => {
    const { client, pass } = await siteFor(t)
    const shelf = busDeadLetterQueue(client, settings, runtime)
    closeAfter(t, () => shelf.close())
    const isDead = settings.shelf === 'dead-letters'
    const sessions = 'queue' in settings && settings.queue === 'sessions'
    const at = (): ReturnType<typeof receiverAt> =>
      receiverAt(client, settings, { ...(isDead ? deadLetters : manual), skipParsingBodyAsJson: true })
    return {
      shelf,
      sessions,
      deadLetters: isDead,
      ordered: !('queue' in settings && settings.queue === 'partitioned'),
      put: async (messages) => {
        await put(client, settings, messages)
        if (isDead) await die(client, settings, messages)
      },
      lockFirst: async (count) => {
        const receiver = at()
        const held = await receive(receiver, count)
        return async () => void (await Promise.all(held.map((message) => receiver.completeMessage(message))))
      },
      arrived: async (count) => {
        const options = { receiveMode: 'receiveAndDelete', skipParsingBodyAsJson: true } as const
        const found: ServiceBusReceivedMessage[] = []
        if (sessions)
          for (const id of ['s0', 's1', 's2']) {
            const session = await client.acceptSession('sessions', id, options)
            found.push(...(await session.receiveMessages(Math.ceil(count / 3), { maxWaitTimeInMs: 500 })))
            await session.close()
          }
        // On the queue itself the originals stand before their copies.
        else
          found.push(
            ...(await receive(receiverAt(client, settings, options), isDead ? count : count * 2)).slice(
              isDead ? 0 : count,
            ),
          )
        return found.map((message) => ({
          messageId: String(message.messageId),
          text: textOf(message),
          contentType: message.contentType ?? null,
          sessionId: message.sessionId ?? null,
          properties: message.applicationProperties ?? {},
        }))
      },
      lapse: () => pass(61_000),
      rest: async (count) => (await receive(at(), count)).map(textOf),
    }
  }
}

void describe('the dead-letter queue in memory', () => exerciseShelf(openFake))
void describe('the dead letters of a queue', () => exerciseShelf(openAt({ ...QUEUE, shelf: 'dead-letters' })))
void describe('the dead letters of a queue with sessions', () =>
  exerciseShelf(openAt({ queue: 'sessions', shelf: 'dead-letters' })))
void describe('the dead letters of a partitioned queue', () =>
  exerciseShelf(openAt({ queue: 'partitioned', shelf: 'dead-letters' })))
void describe('the dead letters of a subscription', () =>
  exerciseShelf(openAt({ topic: 'topic', subscription: 'hr', shelf: 'dead-letters' })))
void describe('a queue itself', () => exerciseShelf(openAt({ ...QUEUE, shelf: 'queue' })))

void describe('why messages of a native dead-letter queue are dead', () => {
  void it('is read from sequence numbers on, without a lock or a delivery', async (t) => {
    const { client, broker } = await siteFor(t)
    const dead = ['1', '2', '3'].map((text) => ({ text, reason: 'BodyNotJson', description: 'd' }))
    await put(client, QUEUE, dead)
    await die(client, QUEUE, dead)
    const reasons = busDeadLetterReasons(client, QUEUE)
    const [first, second] = await reasons.peek('0', 2, never)
    assert.deepEqual([first?.reason, second?.reason], ['BodyNotJson', 'BodyNotJson'])
    assert.equal((await reasons.peek(second?.sequence ?? '', 9, never)).length, 2)
    const { active, locked } = await broker.counts('plain/$DeadLetterQueue')
    assert.deepEqual({ active, locked }, { active: 3, locked: 0 })
  })

  void it('cannot be read from a missing queue, and stops at once when aborted', async (t) => {
    const { client } = await siteFor(t)
    const missing = busDeadLetterReasons(client, { queue: 'missing' })
    await assert.rejects(missing.peek('0', 1, never), { code: 'BusUnavailable' })
    await assert.rejects(busDeadLetterReasons(client, QUEUE).peek('0', 1, AbortSignal.abort()))
  })
})

void describe('a dead-letter queue over the official client', () => {
  const numbered = (count: number): Put[] =>
    Array.from({ length: count }, (_, n) => ({ text: `{"n":${n}}`, reason: 'r', description: 'd' }))

  void it('sequence numbers beyond 2^53 come and go as they are', async (t) => {
    const { client } = await siteFor(t)
    const asked: (string | undefined)[] = []
    const partitioned = '13510798882111490'
    const many = misbehaving(client, () => ({
      peekMessages: async (_count, options) => {
        asked.push(options?.fromSequenceNumber?.toString())
        const message: ServiceBusReceivedMessage = {
          body: Buffer.from('{}'),
          sequenceNumber: Long.fromString(partitioned),
          state: 'active',
          _rawAmqpMessage: { body: null, bodyType: 'data' },
        }
        return [message]
      },
    }))
    const [shown] = await busDeadLetterQueue(many, { ...QUEUE, shelf: 'dead-letters' }, runtime).peek(
      partitioned,
      10,
    )
    assert.equal(shown?.sequence, partitioned)
    assert.deepEqual(asked, [partitioned])
  })

  void it('a body that is not text is copied in its own bytes, a value stays a value, and nothing else of it is lost', async (t) => {
    const { client } = await siteFor(t)
    const shelf = busDeadLetterQueue(client, { ...QUEUE, shelf: 'dead-letters' }, runtime)
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x01])
    const sender = client.createSender('plain')
    const more = { correlationId: 'c-1', subject: 'hired' }
    await sender.sendMessages({
      body: bytes,
      ...more,
      applicationProperties: { at: new Date(1_700_000_000_000), half: 1.5 },
    })
    await sender.sendMessages({
      body: { a: [1, 'å'] },
      bodyType: 'value',
      properties: more,
      applicationProperties: { kept: true },
    })
    const receiver = client.createReceiver('plain', manual)
    for (const message of await receive(receiver, 2))
      await receiver.deadLetterMessage(message, { deadLetterReason: 'r', deadLetterErrorDescription: 'd' })
    const originals = await shelf.peek('0', 10)
    assert.equal(originals[0]?.text, null)
    await shelf.resend(
      originals.map((original, n) => ({
        original,
        messageId: `copy-${n}`,
        text: original.text,
        properties: { extra: 'x' },
      })),
    )
    const options = {
      receiveMode: 'receiveAndDelete',
      skipParsingBodyAsJson: true,
      skipConvertingDate: true,
    } as const
    const copies = await receive(client.createReceiver('plain', options), 2)
    assert.deepEqual(
      copies.map(
        ({
          body,
          messageId,
          correlationId,
          subject,
          applicationProperties,
          _rawAmqpMessage: { bodyType },
        }) => ({
          body,
          bodyType,
          messageId,
          correlationId,
          subject,
          applicationProperties,
        }),
      ),
      [
        {
          body: bytes,
          bodyType: 'data',
          messageId: 'copy-0',
          ...more,
          applicationProperties: { at: new Date(1_700_000_000_000), half: 1.5, extra: 'x' },
        },
        {
          body: { a: [1, 'å'] },
          bodyType: 'value',
          messageId: 'copy-1',
          ...more,
          applicationProperties: { kept: true, extra: 'x' },
        },
      ],
    )
    await shelf.close()
  })

  void it('more messages than the client can hold unsettled are passed over to reach the chosen, and each is passed over once', async (t) => {
    const { client, broker, pass } = await siteFor(t)
    const total = 6_500
    await put(client, QUEUE, numbered(total))
    const shelf = busDeadLetterQueue(client, { ...QUEUE, shelf: 'queue' }, runtime)
    const chosen = new Set([3, 2_047, 2_048, 2_049, 4_100, total - 1, total].map(String))
    assert.deepEqual(await shelf.remove(chosen, never), chosen)
    const { active, locked, completed } = await broker.counts('plain')
    assert.deepEqual(
      { held: active + locked, completed },
      { held: total - chosen.size, completed: chosen.size },
    )
    await shelf.close()
    await pass(61_000)
    const later = busDeadLetterQueue(client, { ...QUEUE, shelf: 'queue' }, runtime)
    const left = await later.peek('0', 250)
    await later.close()
    assert.deepEqual(
      left.map(({ sequence }) => sequence),
      Array.from({ length: 251 }, (_, n) => String(n + 1)).filter((sequence) => !chosen.has(sequence)),
    )
    assert.ok(left.every(({ deliveryCount }) => deliveryCount === 1))
  })

  void it('a pass is given up when locks lapse before it ends, so no receiver is blocked for ever', async (t) => {
    const { client, pass } = await siteFor(t)
    await put(client, QUEUE, numbered(3_000))
    let windows = 0
    const slow = misbehaving(client, (receiver) => ({
      receiveMessages: async (...given) => {
        const messages = await receiver.receiveMessages(...given)
        windows += 1
        await pass(61_000)
        return messages
      },
    }))
    const shelf = busDeadLetterQueue(slow, { ...QUEUE, shelf: 'queue' }, runtime)
    assert.deepEqual(await shelf.remove(new Set(['2999']), never), new Set())
    assert.ok(windows < 20, `${windows} windows`)
    await shelf.close()
  })

  void it('a plain queue whose head was delivered often is not passed over again, so that nothing of it is dead-lettered', async (t) => {
    const { client, broker, pass } = await siteFor(t)
    await put(client, QUEUE, numbered(20))
    for (let round = 0; round < 12; round += 1) {
      const shelf = busDeadLetterQueue(client, { ...QUEUE, shelf: 'queue', patienceMs: 0 }, runtime)
      await shelf.remove(new Set([String(20 - round)]), never)
      await shelf.close()
      await pass(61_000)
    }
    const { deadLetter, completed } = await broker.counts('plain')
    assert.equal(deadLetter, 0)
    assert.equal(completed, 7)
  })

  void it('what is handed back can be received at once', async (t) => {
    const { client } = await siteFor(t)
    await put(client, QUEUE, numbered(30))
    await die(client, QUEUE, numbered(30))
    const shelf = busDeadLetterQueue(client, { ...QUEUE, shelf: 'dead-letters' }, runtime)
    await shelf.remove(new Set(['30']), never)
    await shelf.close()
    assert.equal((await receive(client.createReceiver('plain', deadLetters), 29)).length, 29)
  })
})
