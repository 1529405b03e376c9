import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { busFor, QUEUE, send, standing } from '../support/bus.ts'
import { closeAfter } from '../support/close-after.ts'
import { runIntake } from '../support/intake.ts'
import { type ProcessClock, processClock } from '../support/process-clock.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

/** Far more than a test takes, because a busy machine may be slow. */
const WITHIN_MS = 60_000
const events = (count: number): object[] =>
  Array.from({ length: count }, (_, n) => ({
    specversion: '1.0',
    id: `e${n}`,
    source: '/hr/test',
    type: 'worker.updated',
    subject: `p${n % 100}`,
    time: '2026-11-02T08:00:00Z',
    data: { worker: { title: `t${n}` } },
  }))

async function ledgerFor(t: TestContext): Promise<Ledger> {
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  const ledger = sqlLedger(driver, 'test')
  closeAfter(t, () => ledger.close())
  return ledger
}

/** A ledger that can be away, and counts the calls that it refuses. */
class Unsteady {
  away = false
  refused = 0
  readonly ledger: Pick<Ledger, 'recordMessages' | 'ping'>
  constructor(inner: Ledger) {
    const unlessAway = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.away) return work()
      this.refused += 1
      throw new Error('the ledger is away')
    }
    this.ledger = {
      recordMessages: (batch) => unlessAway(() => inner.recordMessages(batch)),
      ping: () => unlessAway(() => inner.ping()),
    }
  }
}

void it('a ledger that is away for many locks in a row dead-letters nothing, and everything is recorded once it answers again', async (t) => {
  const clock = processClock()
  const { broker, client } = await busFor(t, { LockDuration: 'PT0.5S', MaxDeliveryCount: 3 }, clock)
  const ledger = await ledgerFor(t)
  const unsteady = new Unsteady(ledger)
  const runtime = briskRuntime(50, clock)
  const deliveries: number[] = []
  const inbox = busSourceQueue(standing(client), { queue: QUEUE, inFlight: 256, watchdogMs: 60_000 }, runtime)
  const watched: typeof inbox = {
    open: (onMessage) =>
      inbox.open((message) => (deliveries.push(message.native.deliveryCount ?? 0), onMessage(message))),
  }
  runIntake(t, { sourceQueue: watched, ledger: unsteady.ledger, runtime })

  await send(client, events(200))
  await until('some are recorded', async () => (await ledger.readTotals()).messages > 0, WITHIN_MS)
  unsteady.away = true
  await send(client, events(600).slice(200))
  const awaySince = clock.now()
  // Six locks long: with one delivery for each, three would be too many.
  await until('the outage lasts', () => clock.now() - awaySince > 3_000, WITHIN_MS)
  assert.ok(unsteady.refused > 5, `${unsteady.refused} calls refused`)
  assert.equal((await broker.counts(QUEUE)).deadLetter, 0)
  unsteady.away = false
  await until('all are settled', async () => (await broker.counts(QUEUE)).completed === 600, WITHIN_MS)
  const { messages, events: recorded, rejected } = await ledger.readTotals()
  assert.deepEqual({ messages, recorded, rejected }, { messages: 600, recorded: 600, rejected: 0 })
  assert.equal((await broker.counts(QUEUE)).deadLetter, 0)
  assert.ok(Math.max(...deliveries) <= 1, `delivered again ${Math.max(...deliveries)} times`)
})

/**
 * A quarter of an hour in so many milliseconds: locks of a minute last half a second, and every
 * rest is as much shorter.
 */
const QUARTER_MS = 7_500
const PACE = 900_000 / QUARTER_MS
function pacedRuntimes(clock: ProcessClock) {
  const runtime = briskRuntime(Infinity, clock)
  const startedAt = clock.now()
  const bus = { ...runtime, sleep: (ms: number, signal?: AbortSignal) => runtime.sleep(ms / PACE, signal) }
  // The receiver shares the clock of the bus, because it compares it with the locks. For the intake
  // time passes faster.
  return { bus, own: { ...bus, now: () => startedAt + (clock.now() - startedAt) * PACE } }
}

/** How the ledger is away for a quarter of an hour. */
const OUTAGES: Readonly<
  Record<string, (awayMs: number) => { readonly ping: boolean; readonly record: boolean }>
> = {
  'does not answer': () => ({ ping: false, record: false }),
  'answers and takes nothing': () => ({ ping: true, record: false }),
  'comes back for a moment every now and then': (awayMs) => {
    const back = awayMs % 1_000 > 960
    return { ping: back || awayMs % 300 > 200, record: back }
  },
}
void describe('an outage of a quarter of an hour', { concurrency: true }, () => {
  for (const [how, isUp] of Object.entries(OUTAGES))
    void it(`a ledger that ${how} for a quarter of an hour under load dead-letters nothing, with locks of a minute and ten deliveries`, async (t) => {
      const clock = processClock()
      const { broker, client } = await busFor(t, { LockDuration: 'PT0.5S', MaxDeliveryCount: 10 }, clock)
      const ledger = await ledgerFor(t)
      let awaySince: number | null = null
      const when = async <T>(what: 'ping' | 'record', work: () => Promise<T>): Promise<T> => {
        if (awaySince !== null && !isUp(clock.now() - awaySince)[what]) throw new Error('the ledger is away')
        return work()
      }
      const away: Pick<Ledger, 'recordMessages' | 'ping'> = {
        recordMessages: (batch) => when('record', () => ledger.recordMessages(batch)),
        ping: () => when('ping', () => ledger.ping()),
      }
      const runtime = pacedRuntimes(clock)
      const inbox = busSourceQueue(
        standing(client),
        { queue: QUEUE, inFlight: 256, watchdogMs: 600_000 },
        runtime.bus,
      )
      let most = 0
      const watched: typeof inbox = {
        open: (onMessage) =>
          inbox.open(
            (message) => ((most = Math.max(most, message.native.deliveryCount ?? 0)), onMessage(message)),
          ),
      }
      runIntake(t, { sourceQueue: watched, ledger: away, runtime: runtime.own })
      const all = events(900)
      await send(client, all.slice(0, 100))
      await until('some are recorded', async () => (await ledger.readTotals()).messages > 0, WITHIN_MS)
      awaySince = clock.now()
      // Load all the while: what came first is delivered most often.
      for (let sent = 100; sent < all.length; sent += 50) {
        await send(client, all.slice(sent, sent + 50))
        const before = clock.now()
        await until('the outage goes on', () => clock.now() - before >= QUARTER_MS / 16, WITHIN_MS)
      }
      awaySince = null
      await until('all are settled', async () => (await broker.counts(QUEUE)).completed === 900, WITHIN_MS)
      const { messages, events: recorded } = await ledger.readTotals()
      assert.deepEqual(
        { messages, recorded, dead: (await broker.counts(QUEUE)).deadLetter },
        { messages: 900, recorded: 900, dead: 0 },
      )
      t.diagnostic(`delivered again up to ${most} times`)
    })
})

void it('a batch that lasts for many locks is neither lost nor delivered twice', async (t) => {
  const clock = processClock()
  const { broker, client } = await busFor(t, { LockDuration: 'PT1S', MaxDeliveryCount: 2 }, clock)
  const ledger = await ledgerFor(t)
  let slow = true
  const slowLedger: Pick<Ledger, 'recordMessages' | 'ping'> = {
    ping: () => ledger.ping(),
    recordMessages: async (batch) => {
      const since = clock.now()
      if (slow) await until('three locks are over', () => clock.now() - since > 3_000, WITHIN_MS)
      slow = false
      return ledger.recordMessages(batch)
    },
  }
  const runtime = briskRuntime(50, clock)
  const inbox = busSourceQueue(standing(client), { queue: QUEUE, inFlight: 128, watchdogMs: 60_000 }, runtime)
  runIntake(t, { sourceQueue: inbox, ledger: slowLedger, runtime })
  await send(client, events(3_000))
  await until('all are settled', async () => (await broker.counts(QUEUE)).completed === 3_000, WITHIN_MS)
  const { messages, redelivered } = await ledger.readTotals()
  assert.deepEqual({ messages, redelivered }, { messages: 3_000, redelivered: 0 })
})
