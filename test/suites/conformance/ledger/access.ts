import assert from 'node:assert/strict'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import type { AccessFacts } from '../../../../src/core/ledger/port/views/access.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

async function factsOf(world: World, employeeId = 'p1'): Promise<AccessFacts> {
  return (await world.ledger.readAccess(employeeId, world.now)) ?? assert.fail('the employee is known')
}

/** What the ledger promises to the answer why an employee has access. */
export const accessCases: readonly LedgerCase[] = [
  {
    name: 'the state of the account dates from the first operation that caused it, and its log record is named',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      assert.equal((await factsOf(world)).accepted, null)
      const hired = await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      const changed = await world.confirmAll()
      const { accepted, objectId } = await factsOf(world)
      assert.deepEqual(
        [accepted?.active, accepted?.certain, accepted?.orEarlier, objectId],
        [true, true, false, null],
      )
      assert.equal(accepted?.since.operation, hired.operations.get('p1'))
      assert.equal(accepted?.last.operation, changed.operations.get('p1'))
      assert.equal(accepted?.since.logRecord, 'record-1')

      await world.record(leaver('e3', 'p1'))
      const left = await world.confirmAll()
      const disabled = (await factsOf(world)).accepted
      assert.deepEqual([disabled?.active, disabled?.since.operation], [false, left.operations.get('p1')])
      await world.record(hrEvent('e4', 'p1', { active: true }, { order: 2_000 }))
      const back = await world.confirmAll()
      assert.equal((await factsOf(world)).accepted?.since.operation, back.operations.get('p1'))
    },
  },
  {
    name: 'operations after the last accepted one are listed newest first, without withdrawn ones',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      assert.notEqual((await factsOf(world)).dueSince, null)
      await world.plan()
      await world.record(leaver('e3', 'p1'))
      await world.plan()
      const states = async (): Promise<readonly string[]> =>
        (await factsOf(world)).operations.map(({ state, active }) => `${state} ${active}`)
      assert.deepEqual(await states(), ['pending false'])
      const sent = await world.accept(await world.needBatch())
      assert.deepEqual(await states(), ['accepted false'])
      await world.answer(sent, 'failed', { status: 'failure', code: 'SomeCode' })
      const [failed] = (await factsOf(world)).operations
      assert.deepEqual([failed?.state, failed?.interim, failed?.code], ['answered', 'failed', 'SomeCode'])
      assert.equal((await factsOf(world)).calls.used, 2)
    },
  },
  {
    name: 'a deactivation that the brake holds is shown with its leaver case and missing attributes',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(leaver('e3', 'p1'), leaver('e4', 'p2'))
      await world.ledger.commitPlan(
        world.decide(await world.due()),
        { ...RELEASED_BRAKE, absolute: 0 },
        world.now,
      )
      const held = await factsOf(world)
      assert.deepEqual(held.brake, { state: 'held', since: world.now })
      assert.deepEqual(
        held.leavers.map(({ leaverCase, brake }) => [leaverCase.event.id, brake]),
        [['e3', 'held']],
      )
      await world.record(hrEvent('e5', 'p3', { title: 'x' }))
      await world.plan()
      const { incomplete } = await factsOf(world, 'p3')
      assert.equal(incomplete?.since, world.now)
      assert.match(incomplete.missing ?? '', /userName/)
    },
  },
  {
    name: 'nothing is found for an unknown id, or for an erased employee who never left',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      assert.equal(await world.ledger.readAccess('nobody', world.now), null)
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      assert.equal(await world.ledger.readAccess('p1', world.now), null)
    },
  },
]
