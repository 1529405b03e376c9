import assert from 'node:assert/strict'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

/** The cases that are due to be assessed. */
async function dueCases(world: World): Promise<readonly string[]> {
  const query = { dueBy: world.now, employeeId: null, next: null, limit: 9 }
  const { leavers } = await world.ledger.listOpenLeavers(query)
  return leavers.map(({ leaverCase }) => leaverCase.employeeId)
}

/** `event: state reason` as the next plan sees it. */
async function seen(world: World, id: string): Promise<readonly string[]> {
  const [view] = await world.ledger.readEmployees([id])
  return (view?.employee.events ?? []).map(({ id: event, state, reason }) => `${event}: ${state} ${reason}`)
}

async function fail(world: World): Promise<void> {
  await world.answer(await world.send(), 'failed', { status: 'failure', code: 'InvalidValue' })
  await world.finalize()
}

/** What the ledger says of one employee is about no other. */
export const ownCases: readonly LedgerCase[] = [
  {
    name: 'what the next plan sees of an employee does not change with what happens to others',
    run: async (world) => {
      await world.record(joiner('h-a', 'a'), joiner('h-b', 'b'))
      await world.confirmAll()
      await world.record(hrEvent('t-a', 'a', { title: 'Lead' }))
      await world.plan()
      const before = await world.ledger.readEmployees(['a'])
      const by = { actor: 'ann', justification: 'a test' }
      await world.ledger.blockEmployees([{ employeeId: 'b', until: null, ...by }], world.now)
      await world.record(leaver('l-b', 'b'))
      await world.plan()
      assert.deepEqual(await world.ledger.readEmployees(['a']), before)
    },
  },
  {
    name: 'a leaver case is assessed next when something of its employee is planned or ends, and no other case is',
    run: async (world) => {
      await world.record(joiner('h-a', 'a'), joiner('h-b', 'b'))
      await world.confirmAll()
      await world.record(leaver('l-a', 'a'), leaver('l-b', 'b'))
      await world.plan()
      const sent = await world.accept(await world.needBatch({ maxOperations: 1 }))
      await world.tend()
      assert.deepEqual([[...sent.operations.keys()], await dueCases(world)], [['a'], []])
      await world.record(hrEvent('t-b', 'b', { title: 'Lead' }))
      await world.plan()
      assert.deepEqual(await dueCases(world), ['b'])
      await world.tend()
      await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      assert.deepEqual(await dueCases(world), ['a'])
    },
  },
  {
    name: 'an event of which only the deactivation was accepted says so, until a whole record is',
    run: async (world) => {
      await world.record(joiner('h', 'a'))
      await world.answer(await world.send())
      assert.deepEqual(await seen(world, 'a'), ['h: confirmed null'])
      await world.finalize()
      await world.record(hrEvent('l', 'a', { active: false, nickName: 'gone' }, { order: 1 }))
      await fail(world)
      await world.answer(await world.send())
      assert.deepEqual(await seen(world, 'a'), ['h: confirmed null', 'l: confirmed DisabledAlone'])
      await world.finalize()
      assert.deepEqual(await seen(world, 'a'), ['h: confirmed null', 'l: confirmed DisabledAlone'])
      await world.record(hrEvent('good', 'a', { nickName: 'A' }, { order: 2 }))
      await world.confirmAll()
      assert.equal((await seen(world, 'a'))[1], 'l: confirmed null')
      const order = { employees: ['a'], actor: 'ann', justification: 'ticket 1' }
      assert.equal(await world.ledger.resendLeaverRest(order, world.now), 0, 'there is nothing to resend')
    },
  },
  {
    name: 'a dead event keeps its reason when a later record is accepted',
    run: async (world) => {
      await world.record(joiner('h', 'a'))
      await world.confirmAll()
      await world.record(hrEvent('bad', 'a', { title: 'bad' }))
      await fail(world)
      await world.plan()
      await world.record(hrEvent('good', 'a', { displayName: 'A' }, { order: 3 }))
      await world.confirmAll()
      assert.deepEqual(await seen(world, 'a'), [
        'h: confirmed null',
        'bad: dead-lettered InvalidValue',
        'good: confirmed null',
      ])
    },
  },
]
