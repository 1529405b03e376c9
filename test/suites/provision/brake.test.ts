import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { BrakeSettings } from '../../../src/core/ledger/port/plan.ts'
import { hrEvent, joiner, leaver, messageOf, World } from '../conformance/ledger-world.ts'
import { memoryLedger } from './site.ts'

const HOUR_MS = 3_600_000
const TWO: BrakeSettings = {
  windowMs: 24 * HOUR_MS,
  absolute: 2,
  percent: 100,
  floor: Number.POSITIVE_INFINITY,
}

/** This many employees in the directory, and a brake on those that leave it. */
class Braked extends World {
  settings: BrakeSettings = TWO
  #told = 0

  static async open(t: TestContext, employees: number, settings: BrakeSettings): Promise<Braked> {
    const world = new Braked((await memoryLedger(t)).ledger)
    world.settings = settings
    await world.record(...Array.from({ length: employees }, (_, index) => joiner(`j${index}`, `p${index}`)))
    while ((await world.plan()).length > 0);
    for (let batch = await world.next(); batch; batch = await world.next())
      await world.answer(await world.accept(batch))
    await world.finalize(10_000)
    return world
  }
  override async plan(): Promise<readonly string[]> {
    const employees = await this.due()
    await this.ledger.commitPlan(this.decide(employees), this.settings, this.now)
    return employees.map(({ employeeId }) => employeeId)
  }
  async leave(...employees: readonly string[]): Promise<void> {
    this.now += 1
    const events = employees.map((employee) =>
      leaver(`l${++this.#told} of ${employee}`, employee, 1_000 + this.#told),
    )
    await this.intake([messageOf(`leave ${this.#told}`, ...events)])
    await this.plan()
  }
  /** Who would go with the next call. */
  async going(): Promise<readonly string[]> {
    const going: string[] = []
    for (let batch = await this.next(); batch; batch = await this.next()) {
      going.push(...batch.operations.map(({ employeeId }) => employeeId))
      await this.answer(await this.accept(batch))
    }
    await this.finalize(10_000)
    return going.toSorted()
  }
  async held(): Promise<number> {
    return (await this.ledger.readBrakeStatus(this.settings, this.now)).held
  }
}

void describe('the brake', () => {
  void test('holds every deactivation beyond the absolute number, and everything else flows', async (t) => {
    const world = await Braked.open(t, 10, TWO)
    await world.leave('p0', 'p1', 'p2', 'p3')
    await world.record(hrEvent('t9', 'p9', { title: 'Lead' }))
    await world.plan()
    assert.deepEqual(await world.going(), ['p0', 'p1', 'p9'])
    assert.equal(await world.held(), 2)
    assert.equal((await world.states('p2'))['l3 of p2'], 'held')
  })

  void test('counts in a window that rolls', async (t) => {
    const world = await Braked.open(t, 10, TWO)
    await world.leave('p0')
    world.now += 12 * HOUR_MS
    await world.leave('p1')
    await world.leave('p2')
    assert.deepEqual([await world.going(), await world.held()], [['p0', 'p1'], 1])
    // p0 has left the window, p1 has not: there is room for one, and the one that is held stays held.
    world.now += 13 * HOUR_MS
    await world.leave('p3')
    assert.deepEqual([await world.going(), await world.held()], [['p3'], 1])
    await world.leave('p4')
    assert.deepEqual([await world.going(), await world.held()], [[], 2])
  })

  void test('holds above a share of everybody active, once it is more than the floor', async (t) => {
    const share: BrakeSettings = { ...TWO, absolute: Number.POSITIVE_INFINITY, percent: 10, floor: 3 }
    const world = await Braked.open(t, 50, share)
    await world.leave('p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6')
    assert.deepEqual([(await world.going()).length, await world.held()], [5, 2])
    const few = await Braked.open(t, 4, share)
    await few.leave('p0', 'p1', 'p2', 'p3')
    assert.deepEqual([(await few.going()).length, await few.held()], [3, 1])
  })

  void test('does not hold an employee again that was counted and is planned again before the call', async (t) => {
    const world = await Braked.open(t, 10, TWO)
    await world.leave('p0', 'p1')
    await world.record(hrEvent('t0', 'p0', { title: 'Lead' }, { order: 5_000 }))
    await world.plan()
    assert.equal(await world.held(), 0)
    assert.deepEqual(await world.going(), ['p0', 'p1'])
  })

  void test('later events of a held employee merge, and are released together', async (t) => {
    const world = await Braked.open(t, 10, { ...TWO, absolute: 0 })
    await world.leave('p0')
    await world.record(hrEvent('t0', 'p0', { title: 'Lead' }, { order: 5_000 }))
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [[], 1])
    assert.deepEqual(new Set(Object.values(await world.states('p0'))), new Set(['confirmed', 'held']))
    assert.equal(await world.ledger.releaseBrake('ann', 'checked with HR', world.now), 1)
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [['p0'], 0])
    assert.deepEqual(new Set(Object.values(await world.states('p0'))), new Set(['confirmed']))
  })

  void test('a released employee that is planned again before the call stays released', async (t) => {
    const world = await Braked.open(t, 10, { ...TWO, absolute: 0 })
    await world.leave('p0')
    await world.ledger.releaseBrake('ann', 'checked with HR', world.now)
    await world.plan()
    await world.record(hrEvent('t0', 'p0', { title: 'Lead' }, { order: 5_000 }))
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [['p0'], 0])
  })

  void test('a held employee that is active again is not sent, and no longer counts', async (t) => {
    const world = await Braked.open(t, 10, { ...TWO, absolute: 0 })
    await world.leave('p0')
    await world.record(hrEvent('back', 'p0', { active: true }, { order: 9_000 }))
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [[], 0])
    assert.deepEqual(
      new Set(Object.values(await world.states('p0'))),
      new Set(['confirmed', 'superseded', 'unchanged']),
    )
    await world.balanced()
  })

  void test('holds an employee without an open event, and a release sends the deactivation', async (t) => {
    const world = await Braked.open(t, 2, { ...TWO, absolute: 0 })
    await world.record(hrEvent('s1', 'p1', { salary: 1 }))
    const decisions = world.decide(await world.due()).map((decision) =>
      decision.kind === 'wait'
        ? decision
        : {
            ...decision,
            operation: {
              lane: 'leaver' as const,
              active: false,
              record: '{}',
              hash: 'h',
              manager: null,
              overtakes: false,
            },
          },
    )
    await world.ledger.commitPlan(decisions, world.settings, world.now)
    assert.deepEqual([await world.held(), await world.going()], [1, []])
    assert.equal(await world.ledger.releaseBrake('me', 'looked at', world.now), 1)
    assert.deepEqual(
      (await world.due()).map(({ employeeId }) => employeeId),
      ['p1'],
    )
  })

  void test('time alone releases no employee', async (t) => {
    const world = await Braked.open(t, 10, { ...TWO, absolute: 0 })
    await world.leave('p0')
    world.now += 30 * 24 * HOUR_MS
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [[], 1])
  })
})
