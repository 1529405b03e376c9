import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { BrakeDecided, BrakeRelease, BrakeSettings } from '../../../src/core/ledger/port/plan.ts'
import { heldEmployees } from '../../../src/core/plan/brake-order.ts'
import { hrEvent, joiner, leaver, messageOf, World } from '../conformance/ledger/world.ts'
import { runs } from '../../fakes/runs.ts'
import { memoryLedger } from './site.ts'

const HOUR_MS = 3_600_000
const WHO = { actor: 'ann', justification: 'checked with HR' }
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
  async release(
    named: readonly string[] | null = null,
    allowance: BrakeRelease['allowance'] = null,
  ): Promise<BrakeDecided> {
    const employees = named ?? (await heldEmployees(this.ledger))
    return this.ledger.releaseBrake({ employees, refusedToo: named !== null, allowance, ...WHO }, this.now)
  }
  async rehire(employee: string): Promise<void> {
    this.now += 1
    this.#told += 1
    await this.record(
      hrEvent(`back ${this.#told}`, employee, { active: true }, { order: 1_000 + this.#told }),
    )
    await this.plan()
  }
  /** Everyone who is held or refused, by name. */
  async braked(): Promise<readonly string[]> {
    const lists = (['held', 'refused'] as const).map(async (state) => {
      const { employees } = await this.ledger.listBraked({ state, next: null, limit: 100 })
      return employees.map(({ employeeId }) => `${state} ${employeeId}`)
    })
    return (await Promise.all(lists)).flat().toSorted()
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
    // p0 has left the window, p1 has not: there is room for one, and the one that is held stays
    // held.
    world.now += 13 * HOUR_MS
    await world.leave('p3')
    assert.deepEqual([await world.going(), await world.held()], [['p3'], 1])
    await world.leave('p4')
    assert.deepEqual([await world.going(), await world.held()], [[], 2])
  })

  void test('holds above a share of all active employees, once it is more than the floor', async (t) => {
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
    assert.equal((await world.release()).employees, 1)
    await world.plan()
    assert.deepEqual([await world.going(), await world.held()], [['p0'], 0])
    assert.deepEqual(new Set(Object.values(await world.states('p0'))), new Set(['confirmed']))
  })

  void test('a released employee that is planned again before the call stays released', async (t) => {
    const world = await Braked.open(t, 10, { ...TWO, absolute: 0 })
    await world.leave('p0')
    await world.release()
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
    assert.equal((await world.release()).employees, 1)
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

  void test('decides as one who counts only what no operator has judged, in any history', async (t) => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constantFrom('leave', 'leave', 'release', 'refuse', 'rehire'),
        employee: fc.nat(7),
      }),
      fc.record({ kind: fc.constantFrom('wait', 'release all'), employee: fc.constant(0) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const world = await Braked.open(t, 8, TWO)
        const oracle = new Oracle(TWO)
        for (const { kind, employee } of steps) {
          const name = `p${employee}`
          await carryOut(world, oracle, kind, name)
          await world.going()
          assert.deepEqual(await world.braked(), oracle.braked(), `${kind} ${name}`)
        }
      }),
      { numRuns: runs(40) },
    )
  })
})

async function carryOut(world: Braked, oracle: Oracle, kind: string, name: string): Promise<void> {
  switch (kind) {
    case 'leave':
      if (oracle.leave(name, world.now + 1)) await world.leave(name)
      return
    case 'rehire':
      if (oracle.rehire(name)) await world.rehire(name)
      return
    case 'release':
      await world.release([name])
      return oracle.decide('gone', [name])
    case 'release all':
      await world.release()
      return oracle.decide('gone', null)
    case 'refuse':
      await world.ledger.refuseBrake({ employees: [name], keepCounting: false, ...WHO }, world.now)
      await world.plan()
      return oracle.decide('refused', [name])
    default:
      world.now += 7 * HOUR_MS
  }
}

/** The brake told as a story: who is in which state, and who counts since when. */
class Oracle {
  readonly #settings: BrakeSettings
  readonly #state = new Map<string, 'gone' | 'held' | 'refused'>()
  readonly #counted = new Map<string, number>()

  constructor(settings: BrakeSettings) {
    this.#settings = settings
  }
  /** False for one who has left already. */
  leave(name: string, now: number): boolean {
    if (this.#state.has(name)) return false
    const inWindow = [...this.#counted].filter(([, at]) => at > now - this.#settings.windowMs)
    const counts = inWindow.some(([counted]) => counted === name)
    const isHeld = !counts && inWindow.length + 1 > this.#settings.absolute
    // The promise: with nothing unjudged in the window, a single leaver is never held.
    assert(inWindow.length > 0 || !isHeld)
    this.#state.set(name, isHeld ? 'held' : 'gone')
    if (!isHeld && !counts) this.#counted.set(name, now)
    return true
  }
  rehire(name: string): boolean {
    return this.#state.delete(name)
  }
  decide(decision: 'gone' | 'refused', names: readonly string[] | null): void {
    const asked = names ?? [...this.#state.keys()].filter((name) => this.#state.get(name) === 'held')
    let done = 0
    for (const name of asked) {
      const state = this.#state.get(name)
      if (state !== 'held' && !(decision === 'gone' && state === 'refused')) continue
      this.#state.set(name, decision)
      done += 1
    }
    const isAnyHeld = [...this.#state.values()].includes('held')
    if (!isAnyHeld && (done > 0 || names === null)) this.#counted.clear()
  }
  braked(): readonly string[] {
    return [...this.#state]
      .flatMap(([name, state]) => (state === 'gone' ? [] : [`${state} ${name}`]))
      .toSorted()
  }
}
