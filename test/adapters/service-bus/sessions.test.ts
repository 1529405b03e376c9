import type { ServiceBusClient } from '@azure/service-bus'
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { connect } from '../../../src/adapters/service-bus/client.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import type { EntityAddress } from '../../../src/core/intake/entity.ts'
import { sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { type Receiver, REJECTED_FIELD } from '../../../src/core/ports.ts'
import { type Logger, silentTelemetry } from '../../../src/core/runtime.ts'
import type { Broker } from '../../../src/local/service-bus/broker.ts'
import { brokerFor, configOf } from '../../local/service-bus/support.ts'

const QUEUE = 'sessions'
const FAST = { inFlight: 64, sessions: 4, idleMs: 40, turnMs: 5_000, watchdogMs: 60_000 }

interface Setup {
  readonly broker: Broker
  readonly warnings: string[]
  readonly send: (session: string, ...bodies: readonly number[]) => Promise<void>
  readonly client: ServiceBusClient
  readonly open: (
    more: Partial<typeof FAST>,
    onMessage: (message: BusMessage, receiver: Receiver<BusMessage>) => void,
    place?: EntityAddress,
  ) => Promise<Receiver<BusMessage>>
}

async function setup(context: TestContext, properties: object = {}): Promise<Setup> {
  // Hooks run in the order they are made: receivers close while there is still a broker.
  const receivers: Receiver<BusMessage>[] = []
  context.after(() => Promise.all(receivers.map((receiver) => receiver.close())))
  const topic = {
    Name: 'people',
    Subscriptions: [{ Name: 'rollcall', Properties: { RequiresSession: true } }],
  }
  const { broker, connect: client } = await brokerFor(
    context,
    configOf({ [QUEUE]: { RequiresSession: true, ...properties } }, [topic]),
  )
  const sending = client()
  const sender = sending.createSender(QUEUE)
  const warnings: string[] = []
  const log: Logger = {
    info: () => {},
    warn: (event, fields) => void warnings.push(`${event} ${JSON.stringify(fields?.['code'])}`),
    error: () => {},
  }
  const runtime = systemRuntime(log, silentTelemetry)
  const address = { kind: 'connection-string', connectionString: broker.connectionString } as const
  const retry = { maxRetries: 0, timeoutInMs: 500 }
  return {
    broker,
    warnings,
    client: sending,
    send: (sessionId, ...bodies) => sender.sendMessages(bodies.map((body) => ({ sessionId, body }))),
    open: async (more, onMessage, place = { queue: QUEUE }) => {
      const { promise, resolve } = Promise.withResolvers<Receiver<BusMessage>>()
      const settings = { ...place, ...FAST, ...more }
      const receiver = await sessionSourceQueue(() => connect(address, retry), settings, runtime).open(
        (message) => {
          void promise.then((receiver) => onMessage(message, receiver))
        },
      )
      resolve(receiver)
      receivers.push(receiver)
      return receiver
    },
  }
}

/** Resolves when so many have been put in. */
class Gathering<T> {
  readonly all: T[] = []
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []
  add(one: T): void {
    this.all.push(one)
    for (const { count, resolve } of this.#waiting) if (this.all.length >= count) resolve()
  }
  reach(count: number): Promise<void> {
    if (this.all.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }
}

const said = ({ native, text }: BusMessage): string => `${native.sessionId}${text}`
const counts = (messages: readonly string[], session: string): string =>
  messages.filter((one) => one.startsWith(session)).join(' ')

void describe('a queue that requires sessions', () => {
  void test('brings the messages of each session in order and settles them', async (context) => {
    const { broker, send, open, warnings } = await setup(context)
    const sessions = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const session of sessions) await send(session, 1, 2, 3, 4, 5)
    const seen = new Gathering<string>()
    const settled = new Gathering<void>()
    await open({}, (message, receiver) => {
      seen.add(said(message))
      void receiver.settle([{ kind: 'complete', message }]).then(() => settled.add(undefined))
    })
    await settled.reach(30)
    for (const session of sessions)
      assert.equal(counts(seen.all, session), [1, 2, 3, 4, 5].map((body) => session + body).join(' '))
    const { active, locked, completed } = await broker.counts(QUEUE)
    assert.deepEqual([active, locked, completed, warnings], [0, 0, 30, []])
  })

  void test('takes up a session again when it says more, with fewer workers than sessions', async (context) => {
    const { send, open } = await setup(context)
    const seen = new Gathering<string>()
    await open({ sessions: 1 }, (message, receiver) => {
      seen.add(said(message))
      void receiver.settle([{ kind: 'complete', message }])
    })
    await send('a', 1)
    await send('b', 1)
    await seen.reach(2)
    await send('a', 2)
    await seen.reach(3)
    assert.equal(counts(seen.all, 'a'), 'a1 a2')
  })

  void test('lets a session that never stops talking hold a worker for its turn only', async (context) => {
    const { send, open } = await setup(context)
    const seen = new Gathering<string>()
    const heard = new Gathering<BusMessage>()
    await send('talker', 0)
    await open({ sessions: 1, turnMs: 100, idleMs: 60_000, inFlight: 2 }, (message, receiver) => {
      seen.add(said(message))
      // It always has one more to say before the last one is settled.
      const more =
        message.native.sessionId === 'talker' && heard.all.length === 0
          ? send('talker', seen.all.length)
          : Promise.resolve()
      void more.then(() => receiver.settle([{ kind: 'complete', message }]))
      if (message.native.sessionId === 'quiet') heard.add(message)
    })
    await seen.reach(3)
    await send('quiet', 1)
    await heard.reach(1)
  })

  void test('settles mixed outcomes of one tick each as it is', async (context) => {
    const { broker, client, send, open } = await setup(context)
    await send('a', 1, 2, 3, 4)
    const arrived = new Gathering<BusMessage>()
    const receiver = await open({}, (message) => arrived.add(message))
    await arrived.reach(4)
    await receiver.settle(
      arrived.all.map((message, index) =>
        index % 2 === 0
          ? { kind: 'complete', message }
          : { kind: 'dead-letter', message, reason: `R${index}`, field: 'data.worker', description: 'why' },
      ),
    )
    const { completed, deadLetter } = await broker.counts(QUEUE)
    assert.deepEqual([completed, deadLetter], [2, 2])
    const deadLetters = client.createReceiver(QUEUE, { subQueueType: 'deadLetter' })
    const peeked = await deadLetters.peekMessages(2)
    assert.deepEqual(
      peeked.map(({ applicationProperties }) => applicationProperties?.[REJECTED_FIELD]),
      ['data.worker', 'data.worker'],
    )
    await deadLetters.close()
  })

  void test('abandons nothing when it is closed: what is unsettled comes again in order and uncounted', async (context) => {
    const { send, open } = await setup(context)
    await send('a', 1, 2, 3)
    const first = new Gathering<BusMessage>()
    const receiver = await open({}, (message) => first.add(message))
    await first.reach(3)
    await receiver.close()
    const again = new Gathering<BusMessage>()
    await open({}, (message) => again.add(message))
    await again.reach(3)
    assert.equal(again.all.map(said).join(' '), 'a1 a2 a3')
    assert.deepEqual(
      again.all.map(({ native }) => native.deliveryCount),
      [0, 0, 0],
    )
  })

  for (const [fault, what] of [
    [{ kind: 'expire-locks', entity: QUEUE }, 'the locks of its sessions'],
    [{ kind: 'drop-connections' }, 'the connection'],
  ] as const)
    void test(`goes on after it lost ${what}`, async (context) => {
      const { broker, send, open } = await setup(context)
      await send('a', 1, 2)
      const seen = new Gathering<BusMessage>()
      const completed = new Gathering<void>()
      const receiver = await open({}, (message) => {
        seen.add(message)
        if (seen.all.length > 2)
          void receiver.settle([{ kind: 'complete', message }]).then(() => completed.add(undefined))
      })
      await seen.reach(2)
      await broker.inject(fault)
      await completed.reach(2)
      assert.equal(seen.all.slice(2, 4).map(said).join(' '), 'a1 a2')
      const { active, locked } = await broker.counts(QUEUE)
      assert.deepEqual([active, locked], [0, 0])
    })

  void test('a late settlement of a lost session does no harm', async (context) => {
    const { broker, send, open, warnings } = await setup(context)
    await send('a', 1)
    const seen = new Gathering<BusMessage>()
    const receiver = await open({}, (message) => seen.add(message))
    await seen.reach(1)
    await broker.inject({ kind: 'expire-locks', entity: QUEUE })
    await seen.reach(2)
    const [first, second] = seen.all
    assert(first && second)
    await receiver.settle([{ kind: 'complete', message: first }])
    assert.ok(warnings.some((warning) => warning.startsWith('inbox.settle.failed')))
    await receiver.settle([{ kind: 'complete', message: second }])
    assert.equal((await broker.counts(QUEUE)).completed, 1)
  })

  void test('a subscription that requires them is received from in the same way', async (context) => {
    const { client, open } = await setup(context)
    await client.createSender('people').sendMessages([{ sessionId: 'a', body: 1 }])
    const seen = new Gathering<BusMessage>()
    await open({}, (message) => seen.add(message), { topic: 'people', subscription: 'rollcall' })
    await seen.reach(1)
    assert.equal(seen.all[0]?.entity, 'people/Subscriptions/rollcall')
  })

  void test('closing while it waits for a session takes no longer than its timeout', async (context) => {
    const { open } = await setup(context)
    const receiver = await open({}, () => {})
    const startedAt = Date.now()
    await receiver.close()
    assert.ok(Date.now() - startedAt < 30_000)
  })
})
