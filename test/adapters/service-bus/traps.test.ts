import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  type RetryOptions,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus'
import { busCode, closeWithin, RETRY } from '../../../src/adapters/service-bus/client.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { busSender, sendInBatches } from '../../../src/adapters/service-bus/sender.ts'
import type { Disposition } from '../../../src/core/ports.ts'
import {
  bodyNumber,
  busFor,
  complete,
  deadLetters,
  misbehaving,
  numbered,
  numberOf,
  openInbox,
  type Opened,
  QUEUE,
  send,
} from '../support/bus.ts'
import { closeAfter } from '../support/close-after.ts'
import { busyBus } from '../support/busy-bus.ts'
import { processClock } from '../support/process-clock.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

const never = new Promise<never>(() => {})
/** Every third is not taken in, and says why in its own words. */
const isRefused = (n: number): boolean => n % 3 !== 0
const reasonOf = (n: number): string => `Reason${n}`

function dispositionOf(message: BusMessage): Disposition<BusMessage> {
  const n = numberOf(message)
  return isRefused(n)
    ? { kind: 'dead-letter', message, reason: reasonOf(n), field: null, description: 'field' }
    : complete(message)
}

const wantedDeadLetters = (count: number): ReadonlyMap<number, string> =>
  new Map(numbered(count).flatMap(({ n }) => (isRefused(n) ? [[n, reasonOf(n)] as const] : [])))

void describe('mixed outcomes settled in one tick', () => {
  void it('each gets its own outcome and its own reason', async (t) => {
    const { broker, client } = await busFor(t)
    await send(client, numbered(90))
    const opened = await openInbox(t, client)
    await until('all arrived', () => opened.arrived.length === 90)
    const parts = (from: number, to: number, size: number): BusMessage[][] =>
      Array.from({ length: (to - from) / size }, (_, part) =>
        opened.arrived.slice(from + part * size, from + part * size + size),
      )
    // One after the other, each a tick of its own, and then several at once, as intake does when
    // the bus is slower than the ledger.
    for (const part of [...parts(0, 20, 2), ...parts(20, 50, 3)]) await opened.settle(part.map(dispositionOf))
    await Promise.all(parts(50, 90, 4).map((part) => opened.settle(part.map(dispositionOf))))
    assert.deepEqual(await deadLetters(client), wantedDeadLetters(90))
    assert.equal((await broker.counts(QUEUE)).completed, 30)
  })

  void it('without the guard the client merges them, so the guard is needed and the test above can fail', async (t) => {
    const { client } = await busFor(t)
    await send(client, numbered(90))
    const receiver = client.createReceiver(QUEUE, { maxAutoLockRenewalDurationInMs: 0 })
    const arrived: ServiceBusReceivedMessage[] = []
    while (arrived.length < 90)
      arrived.push(...(await receiver.receiveMessages(90 - arrived.length, { maxWaitTimeInMs: 2_000 })))
    await Promise.all(
      arrived.map((message) => {
        const n = bodyNumber(message)
        return isRefused(n)
          ? receiver.deadLetterMessage(message, {
              deadLetterReason: reasonOf(n),
              deadLetterErrorDescription: 'field',
            })
          : receiver.completeMessage(message)
      }),
    )
    await receiver.close()
    assert.notDeepEqual(await deadLetters(client), wantedDeadLetters(90))
  })
})

void describe('a message that is held', () => {
  void it('while one waits others flow, and no more are held than were allowed', async (t) => {
    const { broker, client } = await busFor(t)
    const total = 2_500
    await send(client, numbered(total))
    const fast: BusMessage[] = []
    const slow: BusMessage[] = []
    const settleTurn = (settle: Opened['settle']): void => {
      // The rest are settled in the turn in which they arrive, and one in a thousand 1,500 messages
      // later, while the client's ring of 2,048 deliveries goes round.
      const overtaken = opened.arrived.length - 1_500
      const late = slow.filter((message) => numberOf(message) < overtaken)
      slow.splice(0, late.length)
      void settle([...fast.splice(0), ...late].map(complete))
    }
    const opened = await openInbox(t, client, { inFlight: 128 }, briskRuntime(50), (message, { settle }) => {
      const isSlow = numberOf(message) % 1_000 === 0
      if (fast.length === 0) setImmediate(settleTurn, settle)
      ;(isSlow ? slow : fast).push(message)
    })
    await until('all arrived', () => opened.arrived.length === total)
    await opened.settle(slow.map(complete))
    await until('all settled', async () => (await broker.counts(QUEUE)).completed === total)
    assert.ok(opened.mostHeld <= 128, `${opened.mostHeld} held`)
    assert.ok(opened.arrived.every((message) => (message.native.deliveryCount ?? 0) === 0))
  })

  void it('two messages of one messageId both keep their locks while the ledger is slow', async (t) => {
    const clock = processClock()
    const { broker, client } = await busFor(t, { LockDuration: 'PT0.3S' }, clock)
    const renewals = new Map<unknown, number>()
    const watched = misbehaving(client, (receiver) => ({
      renewMessageLock: (message) => {
        renewals.set(message.lockToken, (renewals.get(message.lockToken) ?? 0) + 1)
        return receiver.renewMessageLock(message)
      },
    }))
    await send(client, numbered(2), 'the same id')
    const opened = await openInbox(t, watched, {}, briskRuntime(50, clock))
    await until('both arrived', () => opened.arrived.length === 2)
    await until(
      'both locks were renewed',
      () => [...renewals.values()].filter((times) => times >= 3).length === 2,
    )
    await opened.settle(opened.arrived.map(complete))
    const { completed, active, locked } = await broker.counts(QUEUE)
    assert.deepEqual(
      { completed, active, locked, arrived: opened.arrived.length },
      { completed: 2, active: 0, locked: 0, arrived: 2 },
    )
  })

  void it('a lock is renewed now and then, not all the time', async (t) => {
    const clock = processClock()
    const { client } = await busFor(t, { LockDuration: 'PT0.3S' }, clock)
    let renewals = 0
    const watched = misbehaving(client, (receiver) => ({
      renewMessageLock: (message) => ((renewals += 1), receiver.renewMessageLock(message)),
    }))
    await send(client, numbered(1))
    const opened = await openInbox(t, watched, {}, briskRuntime(20, clock))
    await until('it arrived', () => opened.arrived.length === 1)
    const from = clock.now()
    await until('the lock was renewed', () => renewals === 6)
    // At half of the lock or a rest later: every 150 to 170 ms. A late answer makes it longer.
    assert.ok(clock.now() - from >= 5 * 140, `six renewals within ${clock.now() - from} ms`)
    await opened.settle(opened.arrived.map(complete))
  })

  void it('a message that this process reads late keeps its lock, although only a rest of it was left', async (t) => {
    let at = Date.now()
    const now = (): number => at
    const { client } = await busFor(t, { LockDuration: 'PT30S' }, { now })
    const busy = misbehaving(client, (receiver) => ({
      subscribe: (handlers, options) =>
        receiver.subscribe(
          {
            ...handlers,
            processMessage: (native) => {
              if (bodyNumber(native) === 1) at += 28_000
              return handlers.processMessage(native)
            },
          },
          options,
        ),
    }))
    const opened = await openInbox(t, busy, {}, briskRuntime(20, { now }))
    await send(client, [{ n: 0 }])
    await until('the first arrived', () => opened.arrived.length === 1)
    await opened.settle(opened.arrived.map(complete))
    await send(client, [{ n: 1 }])
    await until('the second arrived', () => opened.arrived.length === 2)
    const late = opened.arrived[1]
    const leftMs = (): number => (late?.native.lockedUntilUtc?.getTime() ?? 0) - at
    await until('its lock is renewed', () => leftMs() === 30_000)
  })

  void it('a message without a messageId can be settled', async (t) => {
    const { broker, client } = await busFor(t)
    await send(client, numbered(3))
    const opened = await openInbox(t, client)
    await until('all arrived', () => opened.arrived.length === 3)
    // The double gives every message an id, as the client needs none only when nothing is keyed by
    // it.
    for (const { native } of opened.arrived) Reflect.deleteProperty(native, 'messageId')
    await opened.settle(opened.arrived.map(dispositionOf))
    assert.equal((await broker.counts(QUEUE)).completed, 1)
    assert.equal((await broker.counts(QUEUE)).deadLetter, 2)
  })
})

void describe('a bus that is away', () => {
  void it('a send to a busy bus fails within seconds and says why, not after the client’s own half minute', async (t) => {
    const bus = await busyBus()
    closeAfter(t, bus.stop)
    const outlet = busSender(clientOf(t, bus.connectionString), QUEUE)
    const startedAt = Date.now()
    const sending = outlet.send([
      { id: '1', subject: 's', contentType: 'application/json', body: {}, properties: {} },
    ])
    await assert.rejects(sending, (error) => busCode(error) === 'ServiceBusy')
    assert.ok(bus.refused() >= 2, 'it was tried again')
    assert.ok(Date.now() - startedAt < 30_000, `${Date.now() - startedAt} ms`)
  })

  void it('a receiver that goes silent over a queue that holds something is opened anew', async (t) => {
    const { broker, client } = await busFor(t)
    const runtime = briskRuntime(30, processClock())
    const silentOnce = misbehaving(client, (_receiver, number): Partial<ServiceBusReceiver> =>
      number === 1 ? { subscribe: () => ({ close: async () => {} }) } : {},
    )
    await send(client, numbered(5))
    const opened = await openInbox(t, silentOnce, { watchdogMs: 600 }, runtime)
    await until('all arrived through another receiver', () => opened.arrived.length === 5)
    assert.equal(runtime.lines.filter(({ event }) => event === 'inbox.silent').length, 1)
    await opened.settle(opened.arrived.map(complete))
    assert.equal((await broker.counts(QUEUE)).completed, 5)
  })

  void it('a receiver over an empty queue is left as it is', async (t) => {
    const { client } = await busFor(t)
    const runtime = briskRuntime(30)
    let receivers = 0
    const counted = misbehaving(client, (_receiver, number) => ((receivers = number), {}))
    const opened = await openInbox(t, counted, { watchdogMs: 100 }, runtime)
    await until('the watchdog looked twice', () => receivers >= 3)
    assert.deepEqual(
      runtime.lines.filter(({ event }) => event === 'inbox.silent'),
      [],
    )
    await send(client, numbered(1))
    await until('it arrived', () => opened.arrived.length === 1)
    await opened.settle(opened.arrived.map(complete))
  })

  void it('a connection that is cut recovers and brings every message again', async (t) => {
    const { broker, client } = await busFor(t, { LockDuration: 'PT0.5S' })
    await send(client, numbered(20))
    // Gives a settlement up sooner than the connector's own, so that the test need not wait for it.
    const opened = await openInbox(
      t,
      clientOf(t, broker.connectionString, { maxRetries: 0, timeoutInMs: 1_000 }),
    )
    await until('all arrived', () => opened.arrived.length === 20)
    await broker.inject({ kind: 'drop-connections' })
    // What was locked then can no longer be settled, and the client tries for long; it is what
    // comes again that counts.
    const settling = [opened.settle(opened.arrived.map(complete))]
    await until('all came again and were settled', async () => {
      const again = opened.arrived.slice(20).filter((message) => opened.held.delete(message))
      settling.push(opened.settle(again.map(complete)))
      return (await broker.counts(QUEUE)).completed === 20
    })
    assert.equal((await broker.counts(QUEUE)).deadLetter, 0)
    await Promise.all(settling)
  })
})

void describe('closing', () => {
  void it('abandons nothing: what is unsettled stays locked until its lock lapses', async (t) => {
    const { broker, client } = await busFor(t)
    await send(client, numbered(10))
    const opened = await openInbox(t, client)
    await until('all arrived', () => opened.arrived.length === 10)
    await opened.receiver.close()
    const { active, locked, deadLetter } = await broker.counts(QUEUE)
    assert.deepEqual({ active, locked, deadLetter }, { active: 0, locked: 10, deadLetter: 0 })
    await broker.inject({ kind: 'expire-locks' })
    const again = await openInbox(t, clientOf(t, broker.connectionString))
    await until('all came again', () => again.arrived.length === 10)
    assert.ok(again.arrived.every(({ native }) => native.deliveryCount === 1))
    await again.settle(again.arrived.map(complete))
  })

  void it('leaves no timer, even with settlements under way', async (t) => {
    const { client } = await busFor(t)
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    await send(client, numbered(200))
    const opened = await openInbox(t, client)
    await until('all arrived', () => opened.arrived.length === 200)
    const settling = opened.settle(opened.arrived.map(complete))
    await opened.receiver.close()
    await client.close()
    await settling
    await until('no timer is left', () => timers() <= before)
  })

  void it('is bounded in time even when the client’s close, its renewals and its peeks hang', async (t) => {
    const { client } = await busFor(t, { LockDuration: 'PT0.5S' })
    const asked = { close: 0, renew: 0 }
    const real: ServiceBusReceiver[] = []
    closeAfter(t, () => Promise.all(real.map((receiver) => receiver.close())))
    const hanging = misbehaving(
      client,
      (receiver) => (
        real.push(receiver),
        {
          close: () => ((asked.close += 1), never),
          renewMessageLock: () => ((asked.renew += 1), never),
          peekMessages: () => never,
        }
      ),
    )
    await send(client, numbered(3))
    const opened = await openInbox(t, hanging, { watchdogMs: 50 })
    await until('a renewal hangs', () => asked.renew > 0)
    const startedAt = Date.now()
    await opened.receiver.close()
    assert.ok(asked.close >= 1)
    assert.ok(Date.now() - startedAt < 30_000, `${Date.now() - startedAt} ms`)
  })
})

void it('outcomes larger than one transfer go out in several, in order, and one that is too large is refused as such', async (t) => {
  const { client } = await busFor(t)
  const sender = client.createSender(QUEUE)
  await sendInBatches(
    sender,
    numbered(40).map(({ n }) => ({ body: { n, filling: 'x'.repeat(20_000) } })),
  )
  const opened = await openInbox(t, client)
  await until('all arrived', () => opened.arrived.length === 40)
  assert.deepEqual(
    opened.arrived.map(numberOf),
    numbered(40).map(({ n }) => n),
  )
  await assert.rejects(sendInBatches(sender, [{ body: 'x'.repeat(400_000) }]), { code: 'MessageTooLarge' })
  await opened.settle(opened.arrived.map(complete))
})

function clientOf(
  t: TestContext,
  connectionString: string,
  retryOptions: RetryOptions = RETRY,
): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, { retryOptions })
  closeAfter(t, () => closeWithin(500, client.close()))
  return client
}
