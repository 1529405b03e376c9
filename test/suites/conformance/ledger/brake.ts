import assert from 'node:assert/strict'
import { BASELINE } from '../../../../src/core/model.ts'
import type { BrakeSettings, BrakeStatus } from '../../../../src/core/ledger/port/plan.ts'
import { heldEmployees } from '../../../../src/core/plan/brake-order.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { pilotOf } from '../../../../src/core/plan/pilot.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { digest, hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

const WHO = { actor: 'ann', justification: 'asked HR' } as const
const TWO: BrakeSettings = { ...RELEASED_BRAKE, windowMs: DAY_MS, absolute: 2 }

async function hire(world: World, ...employees: readonly string[]): Promise<void> {
  await world.record(...employees.map((id) => joiner(`hire of ${id}`, id)))
  await world.confirmAll()
}
async function plan(world: World, settings = TWO): Promise<void> {
  await world.ledger.commitPlan(world.decide(await world.due()), settings, world.now)
}
async function leave(world: World, ...employees: readonly string[]): Promise<void> {
  await world.record(...employees.map((id) => leaver(`${id} leaves`, id)))
  await plan(world)
}
/** Who is sent next, deactivated or not, and confirmed. */
async function sent(world: World): Promise<readonly string[]> {
  const batch = await world.next()
  if (!batch) return []
  await world.answer(await world.accept(batch))
  await world.finalize()
  return batch.operations.map(({ employeeId }) => employeeId).toSorted()
}
async function status(world: World): Promise<BrakeStatus> {
  return world.ledger.readBrakeStatus(TWO, world.now)
}
async function named(world: World, state: 'held' | 'refused'): Promise<readonly string[]> {
  const { employees } = await world.ledger.listBraked({ state, next: null, limit: 100 })
  return employees.map(({ employeeId }) => employeeId)
}
async function release(world: World, named: readonly string[] | null = null, more = 0) {
  const allowance = more === 0 ? null : { amount: more, endsAt: world.now + DAY_MS }
  const employees = named ?? (await heldEmployees(world.ledger))
  return world.ledger.releaseBrake({ employees, refusedToo: named !== null, allowance, ...WHO }, world.now)
}
async function refuse(world: World, named: readonly string[] | null = null, keepCounting = false) {
  const employees = named ?? (await heldEmployees(world.ledger))
  return world.ledger.refuseBrake({ employees, keepCounting, ...WHO }, world.now)
}
/** Three leave, two of them go, and the third, `p3`, is refused. */
async function refuseOneOfThree(world: World): Promise<void> {
  await hire(world, 'p1', 'p2', 'p3')
  await leave(world, 'p1', 'p2', 'p3')
  await sent(world)
  await refuse(world, ['p3'])
  await plan(world)
}
async function auditOf(world: World, about: string | null): Promise<readonly string[]> {
  const { entries } = await world.ledger.listAudit({ about, since: null, next: null, limit: 100 })
  return entries.map(({ action, about: what }) => `${action} ${what}`)
}

/** What the ledger promises of the brake beside what `judgeLeaving` decides. */
export const brakeCases: readonly LedgerCase[] = [
  {
    name: 'a release lets held employees go, and neither they nor earlier ones count again',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7')
      await leave(world, 'p1', 'p2', 'p3', 'p4')
      assert.deepEqual(
        [await sent(world), await named(world, 'held')],
        [
          ['p1', 'p2'],
          ['p3', 'p4'],
        ],
      )
      const done = await release(world)
      assert.deepEqual(done, { employees: 2, notBraked: [], stillHeld: 0, judged: true })
      await plan(world)
      assert.deepEqual([await sent(world), (await status(world)).employees], [['p3', 'p4'], 0])
      await leave(world, 'p5', 'p6')
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p5', 'p6'], []])
      await leave(world, 'p7')
      assert.deepEqual(await named(world, 'held'), ['p7'])
    },
  },
  {
    name: 'a batched operation that activates an employee is withdrawn once the brake holds the deactivation',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3')
      await world.record(hrEvent('title', 'p3', { title: 'Lead' }))
      await plan(world)
      const batch = await world.needBatch()
      await leave(world, 'p1', 'p2', 'p3')
      assert.deepEqual([await named(world, 'held'), await world.slot(batch)], [['p3'], { kind: 'empty' }])
      assert.deepEqual(await sent(world), ['p1', 'p2'])
      await plan(world)
      assert.deepEqual((await world.states('p3'))['title'], 'held')
      await release(world)
      await plan(world)
      assert.deepEqual(await sent(world), ['p3'])
    },
  },
  {
    name: 'a release of one employee releases no other, and earlier deactivations count until none is held',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5', 'p6')
      await leave(world, 'p1', 'p2', 'p3', 'p4')
      await sent(world)
      const done = await release(world, ['p3', 'p1', 'unknown'])
      assert.deepEqual(done, { employees: 1, notBraked: ['p1', 'unknown'], stillHeld: 1, judged: false })
      await leave(world, 'p5')
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p3'], ['p4', 'p5']])
      assert.equal((await release(world, ['p4', 'p5'])).judged, true)
      await leave(world, 'p6')
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p4', 'p5', 'p6'], []])
    },
  },
  {
    name: 'a release of all covers the employees that were counted, and none that was held or refused since',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5', 'p6')
      await leave(world, 'p1', 'p2', 'p3', 'p4', 'p5')
      await sent(world)
      const employees = await heldEmployees(world.ledger)
      await refuse(world, ['p5'])
      await leave(world, 'p6')
      const order = { employees, refusedToo: false, allowance: null, ...WHO }
      const done = await world.ledger.releaseBrake(order, world.now)
      assert.deepEqual(done, { employees: 2, notBraked: ['p5'], stillHeld: 1, judged: false })
      await plan(world)
      assert.deepEqual(
        [await sent(world), await named(world, 'held'), await named(world, 'refused')],
        [['p3', 'p4'], ['p6'], ['p5']],
      )
    },
  },
  {
    name: 'an allowance is used up before deactivations count, and ends at its moment',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5')
      await release(world, null, 1)
      await leave(world, 'p1', 'p2')
      const { employees, allowance } = await status(world)
      assert.deepEqual([employees, allowance?.used, allowance?.amount], [1, 1, 1])
      await release(world, null, 5)
      assert.deepEqual((await status(world)).allowance?.used, 0)
      world.now += DAY_MS
      assert.equal((await status(world)).allowance, null)
      await leave(world, 'p3', 'p4', 'p5')
      assert.deepEqual(await named(world, 'held'), ['p5'])
    },
  },
  {
    name: 'a refused employee keeps the account, also when other values change, and the leaver case stays open',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3')
      await leave(world, 'p1', 'p2', 'p3')
      await sent(world)
      assert.deepEqual((await refuse(world, ['p3', 'p1'])).notBraked, ['p1'])
      await plan(world)
      assert.equal((await world.states('p3'))['p3 leaves'], 'held')
      await world.record(hrEvent('title', 'p3', { title: 'Lead' }, { order: 5_000 }))
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'refused')], [[], ['p3']])
      const { held, refused } = await status(world)
      assert.deepEqual([held, refused], [0, 1])
      assert.deepEqual(await world.leavers(), ['p3 brake-refused'])
      assert.equal((await world.ledger.readTrace('p3 leaves'))?.events[0]?.reason, 'BrakeRefused')
      assert.equal((await release(world)).employees, 0)
      assert.equal((await release(world, ['p3'])).employees, 1)
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'refused')], [['p3'], []])
    },
  },
  {
    name: 'a refusal ends when HR takes the termination back, and a later termination counts like any other',
    run: async (world) => {
      await refuseOneOfThree(world)
      const end = { rescinds: { source: '/hr/test', id: 'p3 leaves' } }
      await world.record(hrEvent('taken back', 'p3', {}, end))
      await plan(world)
      assert.deepEqual([await named(world, 'refused'), await world.leavers()], [[], []])
      await world.record(leaver('p3 leaves again', 'p3', 9_000))
      await plan(world)
      assert.deepEqual([await sent(world), (await status(world)).employees], [['p3'], 1])
    },
  },
  {
    name: 'an employee who was released, rehired and leaves again counts like any other',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5')
      await leave(world, 'p1', 'p2', 'p3')
      await release(world)
      await plan(world)
      assert.deepEqual(await sent(world), ['p1', 'p2', 'p3'])
      await world.record(hrEvent('back', 'p3', { active: true }, { order: 8_000 }))
      await plan(world)
      assert.deepEqual(await sent(world), ['p3'])
      await leave(world, 'p4', 'p5')
      await world.record(leaver('p3 leaves again', 'p3', 9_000))
      await plan(world)
      assert.deepEqual(await named(world, 'held'), ['p3'])
    },
  },
  {
    name: 'an employee is held again after a refusal when HR sends another termination',
    run: async (world) => {
      await refuseOneOfThree(world)
      await world.record(leaver('p3 leaves again', 'p3', 9_000))
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'held')], [[], ['p3']])
    },
  },
  {
    name: 'earlier deactivations stop counting once the last held employee is refused, unless the operator keeps counting',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5')
      await leave(world, 'p1', 'p2', 'p3')
      await sent(world)
      assert.equal((await refuse(world, null, true)).judged, false)
      await leave(world, 'p4')
      assert.deepEqual(await named(world, 'held'), ['p4'])
      assert.equal((await refuse(world)).judged, true)
      await leave(world, 'p5')
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p5'], []])
    },
  },
  {
    name: 'a block sends a refused deactivation, and the refusal is over',
    run: async (world) => {
      await refuseOneOfThree(world)
      await world.ledger.blockEmployees([{ employeeId: 'p3', until: null, ...WHO }], world.now)
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'refused')], [['p3'], []])
    },
  },
  {
    name: 'a released employee is not held when the same termination is planned again after the window',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4')
      await leave(world, 'p1', 'p2')
      world.now += 2 * DAY_MS
      await leave(world, 'p3', 'p4')
      await world.record(hrEvent('title', 'p1', { title: 'Lead' }, { order: 5_000 }))
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p1', 'p2', 'p3', 'p4'], []])
    },
  },
  {
    name: 'the earlier termination goes first, whatever the ids are',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3')
      const days = { p1: 1, p2: 3, p3: 2 }
      await world.record(
        ...Object.entries(days).map(([id, ago]) =>
          hrEvent(
            `${id} left`,
            id,
            { active: false },
            { order: 1_000, effectiveAt: world.now - ago * 3_600_000 },
          ),
        ),
      )
      await plan(world)
      const { employees } = await world.ledger.listBraked({ state: 'held', next: null, limit: 9 })
      assert.deepEqual(
        employees.map(({ employeeId, leftAt }) => [employeeId, leftAt]),
        [['p1', world.now - 3_600_000]],
      )
    },
  },
  {
    name: 'a dropped plan does not count for the brake',
    run: async (world) => {
      await hire(world, 'p1', 'p2')
      await world.record(leaver('p1 leaves', 'p1'))
      const stale = world.decide(await world.due())
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 9_000 }))
      await world.ledger.commitPlan(stale, TWO, world.now)
      assert.equal((await status(world)).employees, 0)
    },
  },
  {
    name: 'an order about employees of whom none is held does not stop earlier deactivations counting; a release of all does',
    run: async (world) => {
      await hire(world, 'p1', 'p2')
      await leave(world, 'p1')
      const judged = [await release(world, ['p1']), await refuse(world, ['p1'])].map((done) => done.judged)
      assert.deepEqual([judged, (await status(world)).employees], [[false, false], 1])
      assert.deepEqual([(await release(world)).judged, (await status(world)).employees], [true, 0])
    },
  },
  {
    name: 'a plan from before an operator decided about its employee is dropped',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3')
      await leave(world, 'p1', 'p2', 'p3')
      await world.record(hrEvent('title', 'p3', { title: 'Lead' }, { order: 5_000 }))
      const early = world.decide(await world.due())
      await release(world)
      assert.equal((await world.ledger.commitPlan(early, TWO, world.now)).stale, 1)
    },
  },
  {
    name: 'what was decided about a termination stays while its employee is outside the pilot',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4')
      await leave(world, 'p1', 'p2', 'p3', 'p4')
      await refuse(world, ['p4'])
      await plan(world)
      const title = { title: 'Lead' }
      await world.record(...['p1', 'p3', 'p4'].map((id) => hrEvent(`title of ${id}`, id, title)))
      const pilot = pilotOf({ employees: ['p2'] }, [], digest)
      const decisions = (await world.due()).map((employee) =>
        planEmployee(employee, world.now, { mapping: compileMapping(), digest, pilot }),
      )
      await world.ledger.commitPlan(decisions, TWO, world.now)
      const found = (await world.ledger.listEmployees(null, 9)).map(({ employee, brake }) => [
        employee.employeeId,
        brake?.state,
      ])
      const states = { p1: 'passed', p2: 'passed', p3: 'held', p4: 'refused' }
      assert.deepEqual(found, Object.entries(states))
    },
  },
  {
    name: 'an employee who leaves, returns and leaves again within the window counts once',
    run: async (world) => {
      await hire(world, 'p1', 'p2')
      await leave(world, 'p1')
      await sent(world)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 8_000 }))
      await plan(world)
      await sent(world)
      await leave(world, 'p2')
      await world.record(leaver('p1 leaves again', 'p1', 9_000))
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p1', 'p2'], []])
    },
  },
  {
    name: 'a deactivation counts until the window is over, and one of the same employee counts anew then',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3')
      await leave(world, 'p1')
      const { now } = world
      await sent(world)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 8_000 }))
      await plan(world)
      await sent(world)
      world.now = now + DAY_MS - 1
      assert.equal((await status(world)).employees, 1)
      world.now = now + DAY_MS
      assert.equal((await status(world)).employees, 0)
      await world.record(leaver('p1 leaves again', 'p1', 9_000))
      await leave(world, 'p2', 'p3')
      assert.equal((await named(world, 'held')).length, 1)
    },
  },
  {
    name: 'where the limit is a share of the active employees, so many may go and no more',
    run: async (world) => {
      const half: BrakeSettings = { ...RELEASED_BRAKE, windowMs: DAY_MS, percent: 50, floor: 0 }
      await hire(world, 'p1', 'p2', 'p3', 'p4')
      await world.record(...['p1', 'p2', 'p3'].map((id) => leaver(`${id} leaves`, id)))
      await plan(world, half)
      assert.deepEqual([await sent(world), await named(world, 'held')], [['p1', 'p2'], ['p3']])
    },
  },
  {
    name: 'held employees are listed in pages, the longest held first, with the day they left',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4', 'p5')
      await leave(world, 'p1', 'p2', 'p5')
      world.now += 1_000
      await leave(world, 'p3', 'p4')
      const first = await world.ledger.listBraked({ state: 'held', next: null, limit: 2 })
      const { employees } = await world.ledger.listBraked({ state: 'held', next: first.next, limit: 2 })
      assert.deepEqual(
        [...first.employees, ...employees].map(({ employeeId }) => employeeId),
        ['p5', 'p3', 'p4'],
      )
      assert.ok(employees[0]?.leftAt)
    },
  },
  {
    name: 'the audit trail has the number and each employee, who is a hash in it after an erasure',
    run: async (world) => {
      await hire(world, 'p1', 'p2', 'p3', 'p4')
      await leave(world, 'p1', 'p2', 'p3', 'p4')
      await refuse(world, ['p4'])
      await release(world, null, 3)
      const [allowed] = (await auditOf(world, null)).slice(-1)
      assert.deepEqual((await auditOf(world, null)).slice(0, -1), [
        'brake.refuse 1',
        'brake.refuse p4',
        'brake.release 1',
        'brake.release p3',
      ])
      assert.match(allowed ?? '', /^brake.allow 3 until 2026-/)
      assert.deepEqual(await auditOf(world, 'p3'), ['brake.release p3'])
      await world.ledger.eraseEmployee({ employeeId: 'p3', ...WHO }, world.now)
      assert.deepEqual(await auditOf(world, 'p3'), [])
    },
  },
  {
    name: 'a baseline that repeats a termination does not hold a refused employee again',
    run: async (world) => {
      await refuseOneOfThree(world)
      const row = { userName: 'p3@example.com', active: false }
      const since = { recordedAt: world.now, effectiveAt: world.now, order: 10_000 }
      await world.ledger.importBaseline({
        events: [hrEvent('row', 'p3', row, { ...since, type: BASELINE, mode: 'snapshot' })],
        now: world.now,
        quietMs: 0,
        maxWaitMs: 0,
      })
      await plan(world)
      assert.deepEqual([await sent(world), await named(world, 'refused')], [[], ['p3']])
    },
  },
]
