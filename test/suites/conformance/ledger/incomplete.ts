import assert from 'node:assert/strict'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { hrEvent, joiner, type LedgerCase } from './world.ts'

/**
 * What the ledger promises of people who are not known well enough, and of people from a baseline.
 */
export const incompleteCases: readonly LedgerCase[] = [
  {
    name: 'a delta of an unknown employee is dead-lettered at the deadline with the missing attributes, and returns when the employee becomes complete',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'Engineer' }))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { e1: 'incomplete' })
      assert.equal(await world.ledger.expireIncompleteEvents(world.now - 1, world.now, 10), 0)
      assert.equal(await world.ledger.expireIncompleteEvents(world.now, world.now, 10), 1)
      const [dead] = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual(
        [dead?.state, dead?.reason, dead?.detail],
        ['dead-lettered', 'IncompleteRecord', 'userName, active'],
      )
      await world.record(joiner('e2', 'p1'))
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'Engineer')
      // Outcomes of different events that become final together have no order.
      const outcomes = (await world.outcomes()).toSorted()
      assert.deepEqual(outcomes, ['e1:1:dead-lettered', 'e1:2:confirmed', 'e2:1:confirmed'])
    },
  },
  {
    name: 'a plan that was made before an event of its employee died at the deadline is stale',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'Engineer' }))
      await world.plan()
      await world.record(hrEvent('e2', 'p1', { title: 'Lead' }))
      const early = world.decide(await world.due())
      assert.equal(await world.ledger.expireIncompleteEvents(world.now, world.now, 10), 1)
      assert.equal((await world.ledger.commitPlan(early, RELEASED_BRAKE, world.now)).stale, 1)
    },
  },
  {
    name: 'a baseline completes the deltas before and after it once, and the books count its rows',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'Engineer' }))
      await world.plan()
      const events = [
        hrEvent(
          'b1',
          'p1',
          { userName: 'a@x.com', active: true },
          { mode: 'snapshot', type: 'worker.baseline' },
        ),
      ]
      const rows = { events, now: world.now, quietMs: 0, maxWaitMs: 0 }
      assert.deepEqual(await world.ledger.importBaseline(rows), { fresh: 1, known: 0 })
      assert.deepEqual(await world.ledger.importBaseline(rows), { fresh: 0, known: 1 })
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', b1: 'confirmed' })
      assert.equal((await world.ledger.readTotals()).imported, 1)
    },
  },
]
