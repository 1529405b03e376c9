import assert from 'node:assert/strict'
import type { DirectBegun, DirectOrder } from '../../../../src/core/direct/ledger.ts'
import type { Batch } from '../../../../src/core/ledger/port/submit.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

const HOUR_MS = 3_600_000
const COST = 10_000
const BUDGET = { day: 30_000, month: 50_000 }
type Begun = Extract<DirectBegun, { readonly kind: 'begun' }>

/** A batch with the operations of these joiners, and the call of its slot. */
async function taken(world: World, ...ids: readonly string[]): Promise<Batch> {
  await world.record(...ids.map((id) => joiner(`hire of ${id}`, id)))
  await world.plan()
  const batch = await world.needBatch()
  await world.take(batch)
  return batch
}

const begin = (
  world: World,
  batch: Batch,
  place = 0,
  more: Partial<DirectOrder> = {},
): Promise<DirectBegun> =>
  world.ledger.beginDirectWrite(
    {
      batch: batch.id,
      owner: 'one',
      leaseMs: 60_000,
      operation: batch.operations[place]?.id ?? '',
      microUsd: COST,
      budget: BUDGET,
      ...more,
    },
    world.now,
  )
async function begun(world: World, batch: Batch, place = 0): Promise<Begun> {
  const it = await begin(world, batch, place)
  assert.equal(it.kind, 'begun')
  return it
}
/** The directory took the record, in one billed call. */
async function take(world: World, batch: Batch, { reservation }: Begun, place = 0): Promise<void> {
  const operation = batch.operations[place]
  assert.ok(operation)
  const { employeeId, id } = operation
  const record = world.logRecord(employeeId, { objectId: `object of ${employeeId}` })
  const answer = { record, operation: id, interim: 'confirmed' } as const
  await world.ledger.endDirectWrite({ reservation, microUsd: 2_000, answer }, world.now)
}
const spent = (world: World) => world.ledger.readDirectSpending(world.now)

/** What the ledger promises of operations that are answered one by one. */
export const directCases: readonly LedgerCase[] = [
  {
    name: 'each operation of a direct destination has its answer at once, and the others stay in the batch',
    run: async (world) => {
      const batch = await taken(world, 'p1', 'p2')
      await take(world, batch, await begun(world, batch))
      await world.finalize()
      assert.deepEqual(
        [await world.states('p1'), await world.states('p2')],
        [{ 'hire of p1': 'confirmed' }, { 'hire of p2': 'planned' }],
      )
      assert.equal((await world.ledger.readAccess('p1', world.now))?.objectId, 'object of p1')
      assert.equal((await world.ledger.readTotals()).unmatched, 0, 'the answer is of an operation')
      assert.equal((await begin(world, batch)).kind, 'changed', 'it has left the batch')
      world.now += 60_001
      const again = await world.needBatch({ owner: 'two' })
      assert.deepEqual(
        again.operations.map(({ employeeId }) => employeeId),
        ['p2'],
      )
      assert.equal((await begin(world, batch, 1)).kind, 'lost')
      await world.balanced()
    },
  },
  {
    name: 'a direct answer that is recorded twice, or after the operation was withdrawn, changes nothing',
    run: async (world) => {
      const batch = await taken(world, 'p1', 'p2')
      const [first, second] = [await begun(world, batch), await begun(world, batch, 1)]
      await take(world, batch, first)
      await take(world, batch, { ...first, reservation: { ...first.reservation, microUsd: 2_000 } })
      await world.record(leaver('end', 'p2'))
      await world.plan()
      await world.slot(batch)
      await take(world, batch, second, 1)
      await world.finalize()
      assert.deepEqual(await world.outcomes(), ['hire of p1:1:confirmed'])
      const access = await world.ledger.readAccess('p2', world.now)
      assert.equal(access?.objectId ?? null, null)
    },
  },
  {
    name: 'nothing is begun that would activate an employee who has left since',
    run: async (world) => {
      const batch = await taken(world, 'p1')
      await world.record(leaver('end', 'p1'))
      assert.equal((await begin(world, batch)).kind, 'changed')
      assert.deepEqual(await spent(world), { day: 0, month: 0 })
    },
  },
  {
    name: 'direct calls get the object ids of the employee and of the manager',
    run: async (world) => {
      const boss = await taken(world, 'boss')
      await take(world, boss, await begun(world, boss))
      await world.finalize()
      await world.record(joiner('e1', 'p1', { managerId: 'boss' }), hrEvent('e2', 'boss', { title: 'Head' }))
      await world.plan()
      const batch = await world.needBatch()
      await world.take(batch)
      const known = await Promise.all(
        batch.operations.map(async ({ employeeId }, place) => {
          const { objectId, managerObjectId } = await begun(world, batch, place)
          return `${employeeId}: ${objectId}, ${managerObjectId}`
        }),
      )
      assert.deepEqual(known.toSorted(), ['boss: object of boss, null', 'p1: null, object of boss'])
    },
  },
  {
    name: 'a budget counts what is reserved, then what was billed, for a day and for 31 days, by destination',
    run: async (world) => {
      const batch = await taken(world, 'p1', 'p2', 'p3', 'p4')
      const first = await begun(world, batch)
      await begun(world, batch, 1)
      await begun(world, batch, 2)
      assert.deepEqual(await spent(world), { day: 30_000, month: 30_000 })
      assert.equal((await begin(world, batch, 3)).kind, 'spent')
      await world.ledger.endDirectWrite(
        { reservation: first.reservation, microUsd: 0, answer: null },
        world.now,
      )
      assert.equal((await begin(world, batch, 3)).kind, 'begun')
      assert.deepEqual(await world.ledger.readDirectSpending(world.now, 'south'), { day: 0, month: 0 })
      world.now += DAY_MS
      assert.deepEqual(await spent(world), { day: 30_000, month: 30_000 }, 'an hour counts as a whole')
      world.now += HOUR_MS
      assert.deepEqual(await spent(world), { day: 0, month: 30_000 })
      await begun(world, batch)
      await begun(world, batch, 1)
      assert.equal((await begin(world, batch, 2)).kind, 'spent', 'the month')
      world.now += 31 * DAY_MS
      assert.deepEqual(await spent(world), { day: 0, month: 20_000 })
      world.now += HOUR_MS
      assert.deepEqual(await spent(world), { day: 0, month: 0 })
      await world.ledger.removeAged({ before: world.now - DAY_MS, limit: 100 })
      assert.deepEqual(await spent(world), { day: 0, month: 0 })
    },
  },
  {
    name: 'nothing is begun that would activate an employee of whom something takes effect now, and nothing by an instance without the batch',
    run: async (world) => {
      const moment = world.now + 30_000
      await world.record(
        joiner('hire', 'p1'),
        hrEvent('end', 'p1', { active: false }, { effectiveAt: moment, order: 1 }),
      )
      await world.plan()
      const batch = await world.needBatch()
      await world.take(batch)
      assert.equal((await begin(world, batch, 0, { owner: 'two' })).kind, 'lost')
      world.now = moment - 1
      assert.equal((await begin(world, batch)).kind, 'begun')
      world.now = moment
      assert.equal((await begin(world, batch)).kind, 'changed')
    },
  },
  {
    name: 'a deactivation is begun whatever else is new of its employee, and each write keeps the batch for its instance',
    run: async (world) => {
      const first = await taken(world, 'p1')
      await take(world, first, await begun(world, first))
      await world.finalize()
      assert.equal((await world.slot(first)).kind, 'empty')
      await world.record(leaver('end', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      await world.take(batch)
      await world.record(leaver('end again', 'p1', 2_000))
      world.now += 59_000
      await begun(world, batch)
      world.now += 59_999
      assert.equal(await world.next({ owner: 'two' }), null)
      world.now += 1
      assert.equal((await world.needBatch({ owner: 'two' })).id, batch.id)
    },
  },
]
