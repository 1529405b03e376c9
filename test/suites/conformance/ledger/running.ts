import assert from 'node:assert/strict'
import { type Instance, INSTANCES_LISTED_MS } from '../../../../src/core/ledger/port/instances.ts'
import { anInstance } from '../../../fakes/instances.ts'
import type { LedgerCase, World } from './world.ts'

const started = (world: World, id: string, more: Partial<Instance> = {}): Instance =>
  anInstance(id, { startedAt: world.now, seenAt: world.now, ...more })

/** What the ledger promises of the instances that run on it. */
export const runningCases: readonly LedgerCase[] = [
  {
    name: 'an instance is listed exactly as it announced itself, an unlimited limit included',
    run: async (world) => {
      const { limits, ...rest } = started(world, 'one', { loops: ['intake', 'publish'], shared: false })
      const instance = {
        ...rest,
        limits: { ...limits, callsPerDay: Infinity, brake: { ...limits.brake, absolute: Infinity } },
      }
      await world.ledger.announceInstance(instance)
      assert.deepEqual(await world.ledger.listInstances(world.now), [instance])
    },
  },
  {
    name: 'a repeated announcement updates the last sign of life of that instance only',
    run: async (world) => {
      const one = started(world, 'one')
      const two = started(world, 'two', { startedAt: world.now + 1 })
      await world.ledger.announceInstance(one)
      await world.ledger.announceInstance(two)
      await world.ledger.announceInstance({ ...one, seenAt: world.now + 5_000 })
      assert.deepEqual(await world.ledger.listInstances(world.now + 5_000), [
        two,
        { ...one, seenAt: world.now + 5_000 },
      ])
    },
  },
  {
    name: 'an instance that ended stays ended, also when a late sign of life follows',
    run: async (world) => {
      const one = started(world, 'one')
      await world.ledger.announceInstance(one)
      await world.ledger.announceInstance(started(world, 'two'))
      await world.ledger.endInstance('one', world.now + 1_000)
      await world.ledger.announceInstance({ ...one, seenAt: world.now + 2_000 })
      const listed = await world.ledger.listInstances(world.now + 2_000)
      assert.deepEqual(
        listed.map(({ id, endedAt }) => [id, endedAt]),
        [
          ['one', world.now + 1_000],
          ['two', null],
        ],
      )
    },
  },
  {
    name: 'an instance that was suspended is listed again from its next sign of life, even if retention removed it',
    run: async (world) => {
      const one = started(world, 'one')
      await world.ledger.announceInstance(one)
      world.now += INSTANCES_LISTED_MS
      assert.equal((await world.ledger.listInstances(world.now)).length, 1)
      world.now += 1
      assert.deepEqual(await world.ledger.listInstances(world.now), [])
      await world.ledger.announceInstance({ ...one, seenAt: world.now })
      assert.equal((await world.ledger.listInstances(world.now)).length, 1)
      await world.ledger.removeAged({ before: world.now + 1, limit: 100 })
      assert.deepEqual(await world.ledger.listInstances(world.now), [])
      await world.ledger.announceInstance({ ...one, seenAt: world.now })
      assert.deepEqual(await world.ledger.listInstances(world.now), [{ ...one, seenAt: world.now }])
    },
  },
  {
    name: 'retention removes the instances that were last seen before its limit, in slices',
    run: async (world) => {
      for (const id of ['one', 'two']) await world.ledger.announceInstance(started(world, id))
      await world.ledger.announceInstance(started(world, 'now', { seenAt: world.now + 10 }))
      const before = world.now + 10
      assert.deepEqual(await world.ledger.removeAged({ before, limit: 1 }), { removed: 1, more: true })
      await world.ledger.removeAged({ before, limit: 10 })
      assert.deepEqual(
        (await world.ledger.listInstances(world.now)).map(({ id }) => id),
        ['now'],
      )
    },
  },
]
