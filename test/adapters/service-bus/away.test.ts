import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../../../src/adapters/service-bus/client.ts'
import { connectionOf } from '../../../src/adapters/service-bus/connection.ts'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { pauseMs, troubleOf } from '../../../src/adapters/service-bus/receive/trouble.ts'
import type { SourceQueue } from '../../../src/core/ports.ts'
import { type Broker, connectionStringFor } from '../../../src/local/service-bus/broker.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { type Relay, relayTo } from '../../fakes/relay.ts'
import { busFor, numbered, QUEUE } from '../support/bus.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

const WATCHDOG_MS = 4_000

interface Away {
  readonly broker: Broker
  readonly relay: Relay
  readonly arrived: BusMessage[]
  readonly lines: readonly { readonly event: string; readonly fields: object }[]
  send(count: number): Promise<void>
  close(): Promise<void>
}

/** An inbox that reaches the broker through a relay, and a client that goes past it. */
async function open(
  t: TestContext,
  sessions: boolean,
  queue: string = QUEUE,
  watchdogMs = 60_000,
  before: (broker: Broker) => Promise<void> = async () => {},
): Promise<Away> {
  const { broker, client } = await busFor(t, { RequiresSession: sessions })
  const relay = await relayTo(t, broker.port)
  await before(broker)
  const runtime = briskRuntime(Infinity)
  const address = {
    kind: 'connection-string',
    connectionString: connectionStringFor('127.0.0.1', relay.port),
  } as const
  const connection = connectionOf(() => connect(address))
  const inbox: SourceQueue<BusMessage> = sessions
    ? sessionSourceQueue(
        () => connect(address, ACCEPT_RETRY),
        { queue, inFlight: 64, sessions: 8, idleMs: 200, turnMs: 10_000, watchdogMs },
        runtime,
      )
    : busSourceQueue(connection, { queue, inFlight: 64, watchdogMs }, runtime)
  const arrived: BusMessage[] = []
  const receiver = await inbox.open((message) => {
    arrived.push(message)
    void receiver.settle([{ kind: 'complete', message }])
  })
  const close = async (): Promise<void> => {
    await receiver.close()
    await connection.close()
  }
  return {
    broker,
    relay,
    arrived,
    lines: runtime.lines,
    close,
    send: (count) =>
      client.createSender(QUEUE).sendMessages(
        numbered(count).map((body) => ({
          body: Buffer.from(JSON.stringify(body)),
          ...(sessions ? { sessionId: `s${body.n % 4}` } : {}),
        })),
      ),
  }
}

/**
 * The inbox closes before the broker stops, also when the test fails. The waits in it are real: the
 * client repeats its attempts by timers of its own, and the tests show that none follows.
 */
async function during(away: Away, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await away.close()
  }
}

for (const sessions of [false, true]) {
  const named = sessions ? 'with sessions' : 'without sessions'
  void describe(`a queue ${named}`, () => {
    void it('that does not exist is asked for less and less often, over one connection, and said so once', async (t) => {
      const away = await open(t, sessions, 'no-such-queue')
      await during(away, async () => {
        const { relay, lines } = away
        await until('it is said', () => lines.some(({ event }) => event === 'inbox.error'))
        await delay(5_000)
        const errors = lines.filter(({ event }) => event === 'inbox.error')
        assert.deepEqual(
          errors.map(({ fields }) => ('code' in fields ? fields.code : null)),
          ['MessagingEntityNotFound'],
        )
        assert.ok(relay.connections <= 2, `${relay.connections} connections`)
      })
    })

    void it('that is too busy is left alone for ten seconds, and said so once', async (t) => {
      const away = await open(t, sessions, QUEUE, 60_000, async (bus) =>
        bus.inject({ kind: 'server-busy', count: 1_000, entity: QUEUE }),
      )
      await during(away, async () => {
        const { broker, lines } = away
        await until('it is said', () => lines.some(({ event }) => event === 'inbox.error'))
        await delay(6_000)
        const errors = lines.filter(({ event }) => event === 'inbox.error')
        assert.deepEqual(
          errors.map(({ fields }) => ('code' in fields ? fields.code : null)),
          ['ServiceBusy'],
        )
        const asked = lines.length
        assert.ok(asked <= 2, `${asked} lines`)
        await broker.inject({ kind: 'resume' })
      })
    })

    void it('whose connection is open on one side only is received from over another one within the watchdog’s time', async (t) => {
      const away = await open(t, sessions, QUEUE, WATCHDOG_MS)
      await during(away, async () => {
        const { relay, arrived, lines, send } = away
        await send(8)
        await until('messages arrive', () => arrived.length === 8)
        await delay(500)
        relay.freeze()
        const frozenAt = Date.now()
        await send(8)
        await until('the others arrive', () => arrived.length >= 16)
        const tookMs = Date.now() - frozenAt
        assert.ok(tookMs < WATCHDOG_MS + 1_500, `${tookMs} ms`)
        assert.equal(lines.filter(({ event }) => event === 'inbox.unanswered').length, 1)
        t.diagnostic(`${tookMs} ms after the connection went dead`)
      })
    })
  })
}

void it('pauses grow to twenty seconds, and are never below ten while the service is busy', () => {
  const pauses = (code: string): number[] =>
    Array.from({ length: 8 }, (_, index) => pauseMs(index + 1, code, 0.5))
  assert.deepEqual(pauses('GeneralError'), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
  assert.deepEqual(pauses('ServiceBusy').slice(0, 6), [10_000, 10_000, 10_000, 10_000, 10_000, 16_000])
})

void it('an outage is said once for each cause, then summed up less and less often, and over once', async () => {
  const runtime = virtualRuntime()
  const trouble = troubleOf('q', runtime)
  for (let second = 0; second < 200; second++) {
    trouble.failed(second % 2 === 0 ? 'ServiceBusy' : 'GeneralError')
    await runtime.advance(1_000)
  }
  trouble.over()
  trouble.over()
  assert.deepEqual(
    runtime.lines.map(({ event, fields }) => [event, fields['code'] ?? fields['failures']]),
    [
      ['inbox.error', 'ServiceBusy'],
      ['inbox.error', 'GeneralError'],
      ['inbox.error', { ServiceBusy: 31, GeneralError: 30 }],
      ['inbox.error', { ServiceBusy: 91, GeneralError: 90 }],
      ['inbox.recovered', 200],
    ],
  )
})
