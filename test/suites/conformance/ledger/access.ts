import assert from 'node:assert/strict'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import type { AccessFacts } from '../../../../src/core/ledger/port/views/access.ts'
import { retain } from './retain.ts'
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
      await world.finalize()
      await world.plan()
      assert.deepEqual(await states(), ['pending false', 'failed false'])
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
      await world.record(hrEvent('e5', 'p3', { active: true }), hrEvent('e6', 'p4', { userName: 'p4' }))
      await world.plan()
      const { incomplete } = await factsOf(world, 'p3')
      assert.equal(incomplete?.since, world.now)
      assert.match(incomplete.missing ?? '', /userName/, 'and not what a later employee lacks')
    },
  },
  {
    name: 'a deactivation that the brake let pass is not shown as held',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(leaver('e2', 'p1'))
      await world.ledger.commitPlan(
        world.decide(await world.due()),
        { ...RELEASED_BRAKE, absolute: 1 },
        world.now,
      )
      assert.equal((await factsOf(world)).brake, null)
    },
  },
  {
    name: 'only an accepted operation changes since when the account is so: no refused one, and none that was skipped',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const hired = await world.confirmAll()
      await world.record(leaver('e2', 'p1', 2))
      await world.answer(await world.send(), 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      const since = async () => (await factsOf(world)).accepted?.since.operation
      await world.record(hrEvent('e3', 'p1', { active: true, title: 'Head' }, { order: 3 }))
      const changed = await world.confirmAll()
      assert.deepEqual(
        [await since(), (await factsOf(world)).accepted?.last.operation],
        [hired.operations.get('p1'), changed.operations.get('p1')],
      )
      await world.record(leaver('e4', 'p1', 4))
      await world.answer(await world.send(), 'unchanged', { status: 'skipped', code: 'NotInScope' })
      await world.finalize()
      await world.record(hrEvent('e5', 'p1', { active: true, title: 'Lead' }, { order: 5 }))
      await world.confirmAll()
      assert.equal(await since(), hired.operations.get('p1'), 'skipped for another reason')
    },
  },
  {
    name: 'an operation that changed nothing because the account was so already is accepted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(leaver('e2', 'p1'))
      const left = await world.send()
      await world.answer(left, 'unchanged', { status: 'skipped', code: 'RedundantExport' })
      await world.finalize()
      await world.record(hrEvent('e3', 'p1', { title: 'Head' }, { order: 2_000 }))
      await world.confirmAll()
      const { accepted } = await factsOf(world)
      assert.deepEqual([accepted?.active, accepted?.since.operation], [false, left.operations.get('p1')])
    },
  },
  {
    name: 'a deactivation that the service failed with and retries puts in doubt that the account is enabled',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(leaver('e2', 'p1'))
      await world.answer(await world.send(), 'escrowed', { status: 'failure', code: 'Retried' })
      await world.finalize()
      const { accepted } = await factsOf(world)
      assert.deepEqual([accepted?.active, accepted?.certain], [true, false])
    },
  },
  {
    name: 'a change by another system puts in doubt what the account is, and a deactivation by it is named for that employee only',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.correlate({
        finalAt: world.now,
        changedElsewhere: ['p2'],
        elsewhere: { disabled: [{ employeeId: 'p2', at: world.now, change: 'c' }], enabled: [] },
      })
      const [one, other] = [await factsOf(world, 'p1'), await factsOf(world, 'p2')]
      assert.deepEqual([one.accepted?.certain, other.accepted?.certain], [true, false])
      assert.deepEqual([one.foreignFinding, typeof other.foreignFinding], [null, 'number'])
    },
  },
  {
    name: 'where retention removed older operations, the account may be so for longer, unless it was otherwise since',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await retain(world)
      const orEarlier = async () => (await factsOf(world)).accepted?.orEarlier
      assert.equal(await orEarlier(), true)
      await world.record(leaver('e2', 'p1'))
      await world.confirmAll()
      assert.equal(await orEarlier(), false)
    },
  },
  {
    name: 'the proof of an account is the first log record that says so, else when its operation was answered',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      await world.answer(sent, 'escrowed', { id: 'failed', status: 'failure', code: 'Retried' })
      world.now += 1_000
      const at = world.now
      await world.answer(sent, 'confirmed', { id: 'took' })
      world.now += 1_000
      await world.answer(sent, 'confirmed', { id: 'again' })
      await world.finalize()
      assert.deepEqual((await factsOf(world)).accepted?.since, {
        operation: sent.operations.get('p1'),
        at,
        logRecord: 'took',
      })
    },
  },
  {
    name: 'an operation that waits was never sent; one in a batch shows how often, and until when it waits',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const shown = async () =>
        (await factsOf(world)).operations.map(({ active, attempts, notBefore }) => [
          active,
          attempts,
          notBefore,
        ])
      assert.deepEqual(await shown(), [[true, 0, null]])
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const notBefore = world.now + 60_000
      await world.ledger.recordBatchAnswer(
        batch.id,
        { kind: 'again', call, status: 503, notBefore, countsAsAttempt: true, release: true, hold: null },
        world.now,
      )
      assert.deepEqual(await shown(), [[true, 1, notBefore]])
    },
  },
  {
    name: 'an id that only an open leaver case knows is answered with that case alone',
    run: async (world) => {
      await world.record(leaver('e1', 'p1'))
      await world.plan()
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      const [, erased = ''] = /(erased:\w+)/.exec((await world.leavers()).join()) ?? []
      const { leavers, ...facts } = await factsOf(world, erased)
      assert.deepEqual(
        leavers.map(({ leaverCase }) => leaverCase.employeeId),
        [erased],
      )
      assert.deepEqual(
        [
          facts.employee,
          facts.objectId,
          facts.destination,
          facts.accepted,
          facts.operations,
          facts.incomplete,
        ],
        [null, null, null, null, [], null],
      )
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
