import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { SourceQueue } from '../../../src/core/ports.ts'
import type { Runtime } from '../../../src/core/runtime.ts'
import type { Broker } from '../../../src/local/service-bus/broker.ts'
import { busFor, QUEUE, standing } from '../support/bus.ts'
import { intakeOf } from '../support/intake.ts'
import { type ProcessClock, processClock } from '../support/process-clock.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

const SENT = 3_000

/**
 * A connector that takes in messages until it is in the middle of them, and is then told to stop.
 */
async function stopped(
  t: TestContext,
  how: {
    readonly sessions?: boolean
    /** What the ledger does once the stop is on its way. */
    readonly record?: (ledger: Ledger) => Ledger['recordMessages']
    readonly queue?: object
    /** The clock of both the broker and the receiver; by default that of the wall. */
    readonly clock?: ProcessClock
  } = {},
): Promise<{ readonly broker: Broker; readonly recorded: number; readonly tookMs: number }> {
  const { broker, client } = await busFor(
    t,
    { RequiresSession: how.sessions === true, ...how.queue },
    how.clock,
  )
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  const ledger = sqlLedger(driver, 'test')
  t.after(() => ledger.close())
  const runtime: Runtime = briskRuntime(Infinity, how.clock)
  const inbox: SourceQueue<BusMessage> =
    how.sessions === true
      ? sessionSourceQueue(
          () =>
            connect({ kind: 'connection-string', connectionString: broker.connectionString }, ACCEPT_RETRY),
          { queue: QUEUE, inFlight: 768, sessions: 8, idleMs: 200, turnMs: 10_000, watchdogMs: 60_000 },
          runtime,
        )
      : busSourceQueue(standing(client), { queue: QUEUE, inFlight: 768, watchdogMs: 60_000 }, runtime)
  const middle = Promise.withResolvers<void>()
  let batches = 0
  let isStopping = false
  const watched: Pick<Ledger, 'recordMessages' | 'ping'> = {
    ping: () => ledger.ping(),
    recordMessages: async (batch) => {
      if (++batches === 5) middle.resolve()
      return isStopping && how.record ? how.record(ledger)(batch) : ledger.recordMessages(batch)
    },
  }
  const service = intakeOf({ sourceQueue: inbox, ledger: watched, runtime })
  const sender = client.createSender(QUEUE)
  for (let n = 0; n < SENT; n += 500)
    await sender.sendMessages(
      Array.from({ length: 500 }, (_, index) => ({
        body: Buffer.from(
          JSON.stringify({
            specversion: '1.0',
            id: `e${n + index}`,
            source: '/hr/test',
            type: 'worker.updated',
            subject: `p${(n + index) % 100}`,
            time: '2026-11-02T08:00:00Z',
            data: { worker: { title: `t${n + index}` } },
          }),
        ),
        ...(how.sessions === true ? { sessionId: `s${(n + index) % 20}` } : {}),
      })),
    )
  const running = service.run()
  await middle.promise
  isStopping = true
  const askedAt = Date.now()
  await service.stop()
  await running
  const tookMs = Date.now() - askedAt
  return { broker, recorded: (await ledger.readTotals()).messages, tookMs }
}

/** All that is not settled is there for another receiver, at once. */
async function assertNothingLocked(broker: Broker, recorded: number): Promise<void> {
  const { active, locked, completed, deadLetter } = await broker.counts(QUEUE)
  assert.deepEqual({ locked, sum: active + completed, deadLetter }, { locked: 0, sum: SENT, deadLetter: 0 })
  assert.ok(active > 0, 'it was stopped in the middle')
  assert.ok(recorded >= completed, 'what is settled is recorded')
}

void describe('an orderly end', () => {
  void it('settles what is in hand, so that another receiver gets every other message at once and uncounted', async (t) => {
    const { broker, recorded } = await stopped(t)
    await assertNothingLocked(broker, recorded)
    const { active, completed } = await broker.counts(QUEUE)
    assert.equal(completed, recorded)
    const other = connect({ kind: 'connection-string', connectionString: broker.connectionString })
    const receiver = other.createReceiver(QUEUE, { receiveMode: 'receiveAndDelete' })
    const counts = new Set<number>()
    let received = 0
    while (received < active) {
      const messages = await receiver.receiveMessages(Math.min(500, active - received), {
        maxWaitTimeInMs: 2_000,
      })
      if (messages.length === 0) break
      received += messages.length
      for (const { deliveryCount } of messages) counts.add(deliveryCount ?? 0)
    }
    await closeWithin(500, other.close())
    assert.deepEqual({ received, counts: [...counts] }, { received: active, counts: [0] })
  })

  void it('of a queue with sessions leaves nothing locked either', async (t) => {
    const { broker, recorded } = await stopped(t, { sessions: true })
    await assertNothingLocked(broker, recorded)
  })

  void it('hands back what a ledger that is away does not take', async (t) => {
    const { broker, recorded, tookMs } = await stopped(t, {
      record: () => async () => {
        throw new Error('the ledger is away')
      },
    })
    await assertNothingLocked(broker, recorded)
    assert.ok(tookMs < 40_000, `${tookMs} ms`)
  })

  void it('is bounded when the ledger does not answer, and hands back what is in hand', async (t) => {
    const { broker, recorded, tookMs } = await stopped(t, { record: () => () => new Promise(() => {}) })
    await assertNothingLocked(broker, recorded)
    assert.ok(tookMs < 40_000, `${tookMs} ms`)
  })

  void it('renews locks until what is in hand is recorded, however slow that is', async (t) => {
    let slow = true
    const clock = processClock()
    const { broker, recorded } = await stopped(t, {
      clock,
      queue: { LockDuration: 'PT3S', MaxDeliveryCount: 1 },
      record: (ledger) => async (batch) => {
        const since = clock.now()
        if (slow) await until('more than a lock is over', () => clock.now() - since > 4_000)
        slow = false
        return ledger.recordMessages(batch)
      },
    })
    await assertNothingLocked(broker, recorded)
  })
})
