import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { busAdvice } from '../../../src/adapters/service-bus/advice.ts'
import { busCode, connect } from '../../../src/adapters/service-bus/client.ts'
import { connectionOf } from '../../../src/adapters/service-bus/connection.ts'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { sharedTrouble } from '../../../src/adapters/service-bus/receive/trouble.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { joinSourceQueues } from '../../../src/core/intake/receive/source-queues.ts'
import type { SourceQueue } from '../../../src/core/ports.ts'
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { briskRuntime, type Line } from '../support/runtime.ts'
import { until } from '../support/until.ts'

interface Bus {
  readonly broker: Broker
  readonly lines: readonly Line[]
  readonly arrived: BusMessage[]
  /** How often a receiver has rested: between two attempts it does. */
  rests(): number
  queue(name: string, sessions?: boolean): SourceQueue<BusMessage>
  open(...queues: readonly SourceQueue<BusMessage>[]): Promise<void>
  send(queue: string): Promise<void>
}

/** A bus with a queue and one that requires sessions, and receivers whose pauses are cut short. */
async function busWith(t: TestContext): Promise<Bus> {
  const broker = await startBroker({
    config: configOf({ plain: {}, other: {}, grouped: { RequiresSession: true } }),
  })
  const stack = new AsyncDisposableStack()
  stack.defer(() => broker.stop())
  t.after(() => stack.disposeAsync())
  const address = { kind: 'connection-string', connectionString: broker.connectionString } as const
  const brisk = briskRuntime(50)
  let rests = 0
  const runtime = {
    ...brisk,
    sleep: (ms: number, signal?: AbortSignal) => ((rests += 1), brisk.sleep(ms, signal)),
  }
  const arrived: BusMessage[] = []
  const watchdogMs = 60_000
  return {
    broker,
    lines: runtime.lines,
    rests: () => rests,
    arrived,
    queue: (queue, sessions = false) => {
      if (sessions)
        return sessionSourceQueue(
          () => connect(address, ACCEPT_RETRY),
          { queue, inFlight: 8, sessions: 4, idleMs: 200, turnMs: 10_000, watchdogMs },
          runtime,
        )
      const connection = connectionOf(() => connect(address))
      stack.defer(() => connection.close())
      return busSourceQueue(connection, { queue, inFlight: 8, watchdogMs }, runtime)
    },
    open: async (...queues) => {
      const receiver = await joinSourceQueues(queues).open((message) => {
        arrived.push(message)
        void receiver.settle([{ kind: 'complete', message }])
      })
      stack.defer(() => receiver.close())
    },
    send: async (queue) => {
      const client = connect(address)
      await client.createSender(queue).sendMessages({ body: Buffer.from('{}'), sessionId: 's' })
      await client.close()
    },
  }
}

const errorsOf = (lines: readonly Line[]): readonly Line[] =>
  lines.filter(({ event }) => event === 'inbox.error')
const adviceIn = ([line]: readonly Line[]): string => JSON.stringify(line?.fields['what'] ?? null)

void describe('a queue in trouble is named once, with what to do', { concurrency: 2 }, () => {
  const wrong: readonly (readonly [string, string, boolean, string, RegExp])[] = [
    ['a queue that does not exist', 'plian', false, 'MessagingEntityNotFound', /check the name/],
    [
      'a queue that does not exist, with sessions',
      'plian',
      true,
      'MessagingEntityNotFound',
      /check the name/,
    ],
    [
      'a queue that requires sessions without them',
      'grouped',
      false,
      'SessionsRequired',
      /set sessions: true/,
    ],
    ['a queue without sessions with them', 'plain', true, 'SessionsNotEnabled', /remove that/],
  ]
  for (const [name, queue, sessions, code, advice] of wrong)
    void it(name, async (t) => {
      const { lines, open, queue: queueOf, rests } = await busWith(t)
      await open(queueOf(queue, sessions))
      await until('it is said', () => errorsOf(lines).length > 0)
      const before = rests()
      await until('the next attempts failed too', () => rests() >= before + 12)
      const errors = errorsOf(lines)
      assert.deepEqual(
        errors.map(({ fields }) => [fields['code'], fields['queue']]),
        [[code, queue]],
      )
      assert.match(adviceIn(errors), new RegExp(`^"${queue} .*${advice.source}`))
    })

  void it('a queue that may not be received from', async (t) => {
    const { broker, lines, open, queue } = await busWith(t)
    await broker.inject({ kind: 'refuse-tokens', count: 1_000, entity: 'plain' })
    await open(queue('plain'))
    await until('it is said', () => errorsOf(lines).length > 0)
    assert.match(adviceIn(errorsOf(lines)), /may not receive from plain: grant it the role/)
  })
})

for (const sessions of [false, true])
  void it(`a queue ${sessions ? 'with' : 'without'} sessions that is missing holds up no other queue, and is received from once it exists`, async (t) => {
    const { broker, lines, arrived, open, queue, send } = await busWith(t)
    const missing = sessions ? 'grouped' : 'plain'
    await broker.inject({ kind: 'vanish', entity: missing })
    await open(queue(missing, sessions), queue('other'))
    await until('it is said', () => errorsOf(lines).length > 0)
    await send('other')
    await until('the other queue brings its message', () => arrived.length === 1)
    await broker.inject({ kind: 'resume' })
    await send(missing)
    await until('the queue brings its message', () => arrived.length === 2)
    assert.equal(lines.filter(({ event }) => event === 'inbox.recovered').length, 1)
  })

void it('a receiver that is closed while it waits for its queue logs nothing more', async (t) => {
  const { lines, queue } = await busWith(t)
  const receiver = await queue('plian').open(() => {})
  await until('it is said', () => errorsOf(lines).length > 0)
  await receiver.close()
  assert.equal(errorsOf(lines).length, 1)
})

void it('an outage is logged once for several receivers of a queue, and its end when it is over for all', () => {
  const runtime = virtualRuntime()
  const next = sharedTrouble('q', runtime)
  const [one, other] = [next(), next()]
  one.failed('ServiceBusy')
  other.failed('ServiceBusy')
  one.over()
  assert.deepEqual(
    runtime.lines.map(({ event }) => event),
    ['inbox.error'],
  )
  other.over()
  assert.deepEqual(
    runtime.lines.map(({ event }) => event),
    ['inbox.error', 'inbox.recovered'],
  )
})

void it('a wrong sessions setting is recognised by the answer of the service, with tracking ids after it', () => {
  const said = (message: string): string =>
    busCode(Object.assign(new Error(`InvalidOperationError: ${message}`), { code: 'GeneralError' }))
  assert.equal(
    said(
      'It is not possible for an entity that requires sessions to create a non-sessionful message receiver. TrackingId:1_B5, SystemTracker:q',
    ),
    'SessionsRequired',
  )
  assert.equal(
    said(
      'A sessionful message receiver cannot be created on an entity that does not require sessions. Ensure RequiresSession is set to true.',
    ),
    'SessionsNotEnabled',
  )
  assert.equal(said('Something else about sessions.'), 'GeneralError')
})

void it('every advice names the entity', () => {
  const codes = ['QuotaExceeded', 'MessagingEntityDisabled', 'CredentialUnavailableError', 'ENOTFOUND', 'New']
  for (const code of codes) assert.match(busAdvice(code, 'hr-events', 'send'), /\bhr-events\b/)
})
