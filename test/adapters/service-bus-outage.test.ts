import assert from 'node:assert/strict'
import { it } from 'node:test'
import { busInbox } from '../../src/adapters/service-bus/inbox.ts'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/sqlite/driver.ts'
import { intake } from '../../src/core/intake/consume.ts'
import { DEFAULT_SOURCE } from '../../src/core/intake/sources.ts'
import type { Ledger } from '../../src/core/ledger/port.ts'
import { busFor, QUEUE, send } from './support/bus.ts'
import { briskRuntime } from './support/runtime.ts'
import { until } from './support/until.ts'

const settings = { batchSize: 64, batchMs: 5, quietMs: 100, maxWaitMs: 1_000, backlogPerSecond: 100 }
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

/** A ledger that can be away, and counts what it was asked meanwhile. */
class Unsteady {
  away = false
  refused = 0
  readonly ledger: Pick<Ledger, 'record' | 'ping'>
  constructor(inner: Ledger) {
    const unlessAway = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.away) return work()
      this.refused += 1
      throw new Error('the ledger is away')
    }
    this.ledger = { record: (batch) => unlessAway(() => inner.record(batch)), ping: () => unlessAway(() => inner.ping()) }
  }
}

void it('a ledger that is away for many locks in a row dead-letters nothing, and everything is recorded once it answers again', async (t) => {
  const { broker, client } = await busFor(t, { LockDuration: 'PT0.5S', MaxDeliveryCount: 3 })
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  const ledger = sqlLedger(driver, 'test')
  const unsteady = new Unsteady(ledger)
  const runtime = briskRuntime(50)
  const deliveries: number[] = []
  const inbox = busInbox(client, { queue: QUEUE, inFlight: 256, watchdogMs: 60_000 }, runtime)
  const watched: typeof inbox = {
    open: (onMessage) => inbox.open((message) => (deliveries.push(message.native.deliveryCount ?? 0), onMessage(message))),
  }
  const service = intake(
    watched,
    unsteady.ledger,
    () => DEFAULT_SOURCE,
    settings,
    runtime,
    () => {},
  )
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
    await ledger.close()
  })

  await send(client, events(200))
  await until('some are recorded', async () => (await ledger.totals()).messages > 0)
  unsteady.away = true
  await send(client, events(600).slice(200))
  const awaySince = Date.now()
  // Six locks long: with one delivery for each, three would be too many.
  await until('the outage lasts', () => Date.now() - awaySince > 3_000)
  assert.ok(unsteady.refused > 5, `${unsteady.refused} calls refused`)
  assert.equal((await broker.counts(QUEUE)).deadLetter, 0)
  unsteady.away = false
  await until('all are settled', async () => (await broker.counts(QUEUE)).completed === 600)
  const { messages, events: recorded, rejected } = await ledger.totals()
  assert.deepEqual({ messages, recorded, rejected }, { messages: 600, recorded: 600, rejected: 0 })
  assert.equal((await broker.counts(QUEUE)).deadLetter, 0)
  assert.ok(Math.max(...deliveries) <= 1, `delivered again ${Math.max(...deliveries)} times`)
})

void it('a batch that lasts for many locks is neither lost nor delivered twice', async (t) => {
  const { broker, client } = await busFor(t, { LockDuration: 'PT1S', MaxDeliveryCount: 2 })
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  const ledger = sqlLedger(driver, 'test')
  let slow = true
  const slowLedger: Pick<Ledger, 'record' | 'ping'> = {
    ping: () => ledger.ping(),
    record: async (batch) => {
      const since = Date.now()
      if (slow) await until('three locks are over', () => Date.now() - since > 3_000)
      slow = false
      return ledger.record(batch)
    },
  }
  const runtime = briskRuntime(50)
  const inbox = busInbox(client, { queue: QUEUE, inFlight: 128, watchdogMs: 60_000 }, runtime)
  const service = intake(
    inbox,
    slowLedger,
    () => DEFAULT_SOURCE,
    settings,
    runtime,
    () => {},
  )
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
    await ledger.close()
  })
  await send(client, events(3_000))
  await until('all are settled', async () => (await broker.counts(QUEUE)).completed === 3_000, 20_000)
  const { messages, redelivered } = await ledger.totals()
  assert.deepEqual({ messages, redelivered }, { messages: 3_000, redelivered: 0 })
})
