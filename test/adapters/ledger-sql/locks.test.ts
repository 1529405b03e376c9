import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver, Parameter } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import type { IntakeMessage } from '../../../src/core/ledger/port/intake.ts'
import { joiner, leaver, messageOf, type Sent, T0, World } from '../../suites/conformance/ledger/world.ts'
import { closeAfter } from '../support/close-after.ts'

interface Watched {
  readonly world: World
  /** What the ledger inserted into the table of messages. */
  readonly inserted: (readonly Parameter[])[]
  /** The named locks that it takes meanwhile, in order. */
  during(work: () => Promise<unknown>): Promise<readonly string[]>
}

async function watchedWorld(t: TestContext): Promise<Watched> {
  const driver = openSqlite(':memory:')
  closeAfter(t, () => driver.close())
  await migrate(driver, T0)
  const inserted: (readonly Parameter[])[] = []
  const locks: string[] = []
  const watched: Driver = {
    ...driver,
    transaction: (work, access) =>
      driver.transaction(
        (sql) =>
          work({
            ...sql,
            all: (text, parameters = []) => {
              if (/\bINTO messages\b/.test(text)) inserted.push(parameters)
              return sql.all(text, parameters)
            },
            lock: async (name, mode) => void locks.push(mode === undefined ? name : `${name} ${mode}`),
          }),
        access,
      ),
  }
  return {
    world: new World(sqlLedger(watched, 'test')),
    inserted,
    during: async (work) => {
      locks.length = 0
      await work()
      return [...locks]
    },
  }
}

/** SQLite has one writer at a time, so only PostgreSQL needs any of this. */
void describe('transactions that meet', () => {
  void it('insert messages in one order, whatever order they arrived in', async (t) => {
    const of = (entity: string, enqueuedAt: number, sequence: string): IntakeMessage => ({
      ...messageOf(sequence, joiner(`${entity}-${enqueuedAt}-${sequence}`, 'p1')),
      entity,
      enqueuedAt,
    })
    const messages = [of('b', 1, '1'), of('a', 2, '1'), of('a', 1, '2'), of('a', 1, '1')]
    const [one, other] = [await watchedWorld(t), await watchedWorld(t)]
    await one.world.intake(messages)
    await other.world.intake(messages.toReversed())
    assert.deepEqual(one.inserted, other.inserted)
  })

  void it('take the named lock of what must not overlap', async (t) => {
    const { world, during } = await watchedWorld(t)
    const { ledger } = world
    const why = { actor: 'ann', justification: 'a test' }
    await world.record(joiner('hire', 'p1'), joiner('other', 'p2'))
    await world.confirmAll()
    assert.deepEqual(await during(() => world.record(leaver('out', 'p1'))), ['intake shared'])
    assert.deepEqual(await during(() => world.plan()), ['brake'])
    const sent: Sent[] = []
    const send = async (): Promise<unknown> => sent.push(await world.accept(await world.needBatch()))
    assert.deepEqual(await during(send), ['batch', 'calls'])
    for (const one of sent) assert.deepEqual(await during(() => world.answer(one, 'escrowed')), ['report'])
    const { now } = world
    assert.deepEqual(await during(() => ledger.expireEscrowedOperations(now, now, 1)), ['report'])
    assert.deepEqual(await during(() => world.finalize()), ['report'])
    assert.deepEqual(await during(() => world.expire(1)), ['report'])
    await world.record(joiner('direct', 'p3'))
    await world.plan()
    const batch = await world.needBatch()
    await world.take(batch)
    const operation = batch.operations[0]?.id ?? ''
    const order = {
      batch: batch.id,
      owner: 'one',
      leaseMs: 1,
      operation,
      microUsd: 1,
      budget: { day: 1, month: 1 },
    }
    assert.deepEqual(await during(() => ledger.beginDirectWrite(order, now)), ['calls'])
    const block = { employeeId: 'p2', until: null, ...why }
    assert.deepEqual(await during(() => ledger.blockEmployees([block], now)), ['intake'])
    const unblock = { employeeId: 'p2', ...why }
    assert.deepEqual(await during(() => ledger.unblockEmployee(unblock, now)), ['intake'])
    const release = { employees: ['p2'], refusedToo: true, allowance: null, ...why }
    assert.deepEqual(await during(() => ledger.releaseBrake(release, now)), ['brake'])
    const refusal = { employees: ['p2'], keepCounting: false, ...why }
    assert.deepEqual(await during(() => ledger.refuseBrake(refusal, now)), ['brake'])
    const lengths = { toleranceMs: 1, maxWaitMs: 1, leaseMs: 1, quietMs: 1 }
    assert.deepEqual(await during(() => ledger.cutMoments({ ...lengths, now })), ['calls'])
    const restoration = { since: now, lagMs: 0, ...why }
    assert.deepEqual(await during(() => ledger.markRestored(restoration, now)), ['report'])
    assert.deepEqual(await during(() => ledger.foldEvents([], now, now)), ['intake'])
    assert.deepEqual(await during(() => ledger.eraseEmployee({ employeeId: 'p1', ...why }, now)), ['intake'])
  })
})
