import assert from 'node:assert/strict'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

const ask = (world: World, owner: string, leaseMs = 1_000, name = 'correlate'): Promise<boolean> =>
  world.ledger.takeLease({ name, owner, now: world.now, leaseMs })
const claim = async (world: World, claimMs = 1_000): Promise<readonly string[]> =>
  (await world.due(100, 60_000, claimMs)).map(({ employeeId }) => employeeId).sort()

/** What the ledger promises to several instances at once. */
export const instanceCases: readonly LedgerCase[] = [
  {
    name: 'a lease belongs to one owner, who renews it, until it lapses',
    run: async (world) => {
      assert.equal(await ask(world, 'one'), true)
      assert.equal(await ask(world, 'two'), false)
      world.now += 900
      assert.equal(await ask(world, 'one'), true)
      world.now += 999
      assert.equal(await ask(world, 'two'), false)
      world.now += 1
      assert.equal(await ask(world, 'two'), true)
      assert.equal(await ask(world, 'one'), false)
    },
  },
  {
    name: 'leases of different names are independent',
    run: async (world) => {
      assert.equal(await ask(world, 'one', 1_000, 'publish'), true)
      assert.equal(await ask(world, 'two', 1_000, 'correlate'), true)
    },
  },
  {
    name: 'a released lease is free at once, and releasing the lease of another owner does nothing',
    run: async (world) => {
      assert.equal(await ask(world, 'one'), true)
      assert.equal(await ask(world, 'two', 0), false)
      assert.equal(await ask(world, 'one', 0), true)
      assert.equal(await ask(world, 'two'), true)
    },
  },
  {
    name: 'employees that one instance plans are not claimed by another until the claim lapses',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      assert.deepEqual(await claim(world), ['p1', 'p2'])
      assert.deepEqual(await claim(world), [])
      await world.record(joiner('e3', 'p3'), leaver('l4', 'p4'))
      assert.deepEqual(await claim(world), ['p3', 'p4'])
      world.now += 1_000
      assert.deepEqual(await claim(world), ['p1', 'p2', 'p3', 'p4'])
    },
  },
  {
    name: 'a claim holds however long it is, and not when it was made by a clock that was far ahead',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      assert.deepEqual(await claim(world, 90_000), ['p1'])
      assert.deepEqual(await claim(world, 90_000), [])
      const { now } = world
      const tolerated = 120_000
      world.now = now + tolerated
      assert.deepEqual(await claim(world), ['p1'])
      world.now = now
      assert.deepEqual(await claim(world), [])
      world.now = now + tolerated + 1_000
      assert.deepEqual(await claim(world), ['p1'])
      world.now = now + 999
      assert.deepEqual(await claim(world), ['p1'])
    },
  },
  {
    name: 'a dropped plan ends the claim of its employee at once, and no other claim',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const claimed = await world.due(100, 60_000, 1_000)
      await world.record(hrEvent('e3', 'p1', { title: 'Lead' }))
      const early = world.decide(claimed.filter(({ employeeId }) => employeeId === 'p1'))
      assert.equal((await world.ledger.commitPlan(early, RELEASED_BRAKE, world.now)).stale, 1)
      assert.deepEqual(await claim(world), ['p1'])
    },
  },
  {
    name: 'no more employees are claimed than asked for, whatever they are due for',
    run: async (world) => {
      await world.record(leaver('l1', 'p1'), leaver('l2', 'p2'), joiner('e3', 'p3'), joiner('e4', 'p4'))
      const three = await world.due(3, 60_000, 1_000)
      assert.equal(three.length, 3)
      assert.equal((await claim(world)).length, 1)
    },
  },
  {
    name: 'a claim ends with the decision, also with one that is dropped because it is late',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const employees = await world.due(10, 60_000, 60_000)
      await world.record(hrEvent('e2', 'p1', { title: 'new' }))
      const { stale } = await world.ledger.commitPlan(world.decide(employees), RELEASED_BRAKE, world.now)
      assert.equal(stale, 1)
      assert.deepEqual(await claim(world, 60_000), ['p1'])
      world.now += 60_000
      await world.plan()
      await world.record(hrEvent('e3', 'p1', { title: 'newer' }))
      assert.deepEqual(await claim(world), ['p1'])
    },
  },
]
