import assert from 'node:assert/strict'
import { deadFigure, WAIT_FIGURES, waitFigure } from '../../../../src/core/history/figures.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import type { NewestDeadLettersCursor } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { HeldCursor, HeldEmployee, HeldEmployees } from '../../../../src/core/ledger/port/views/held.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { pilotOf } from '../../../../src/core/plan/pilot.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { failAll } from './dead-letters.ts'
import { digest, hrEvent, joiner, leaver, type LedgerCase, messageOf, T0, type World } from './world.ts'

/** Every row of a list, read in pages of this many. */
async function allHeld(world: World, cause: HeldEmployees, limit = 2): Promise<readonly HeldEmployee[]> {
  const all: HeldEmployee[] = []
  for (let next: HeldCursor | null = null; all.length < 20;) {
    const page = await world.ledger.listHeld({ cause, now: world.now, next, limit })
    all.push(...page.employees)
    next = page.next
    if (next === null) return all
  }
  return assert.fail('a page comes again')
}
const ids = (held: readonly HeldEmployee[]): readonly string[] => held.map(({ employeeId }) => employeeId)

/** What the ledger promises of the lists that a page shows. */
export const listCases: readonly LedgerCase[] = [
  {
    name: 'employees that wait for a moment are listed by that moment, each once, with their events',
    run: async (world) => {
      const dated = (id: string, days: number) =>
        hrEvent(`e-${id}`, id, { title: 'Lead' }, { effectiveAt: world.now + days * DAY_MS })
      await world.record(dated('b', 2), dated('a', 2), dated('c', 1), dated('d', 2), dated('e', 3))
      await world.plan()
      const held = await allHeld(world, 'future')
      assert.deepEqual(ids(held), ['c', 'a', 'b', 'd', 'e'])
      assert.equal(held[0]?.at, world.now + DAY_MS)
      assert.deepEqual(
        held[0]?.events.map(({ id, effectiveAt }) => [id, effectiveAt]),
        [['e-c', world.now + DAY_MS]],
      )
      assert.equal((await world.ledger.countHeld({ now: world.now, most: 10 })).future, 5)
      assert.equal((await world.ledger.countHeld({ now: world.now, most: 3 })).future, 3, 'stops counting')
    },
  },
  {
    name: 'incomplete employees are listed with what is missing, and employees outside the pilot by id',
    run: async (world) => {
      await world.record(hrEvent('i-1', 'i1', { active: true }), hrEvent('i-2', 'i1', { title: 'Lead' }))
      await world.plan()
      const [one, ...others] = await allHeld(world, 'incomplete')
      assert.deepEqual([one?.employeeId, one?.at, others], ['i1', world.now, []])
      assert.deepEqual(
        one?.events.map(({ id, detail }) => [id, detail]),
        [
          ['i-1', 'userName'],
          ['i-2', 'userName'],
        ],
      )
      const later = hrEvent('later', 'p2', { title: 'Lead' }, { effectiveAt: world.now + DAY_MS })
      await world.record(
        joiner('h1', 'p1'),
        joiner('h2', 'p2'),
        later,
        joiner('h3', 'p3'),
        joiner('h4', 'p4'),
      )
      const pilot = pilotOf({ employees: ['p1'] }, [], digest)
      const decisions = (await world.due()).map((employee) =>
        planEmployee(employee, world.now, { mapping: compileMapping(), digest, pilot }),
      )
      await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
      assert.deepEqual(ids(await allHeld(world, 'pilot')), ['p2', 'p3', 'p4'])
      const eventsOf = async (cause: HeldEmployees) =>
        (await allHeld(world, cause))[0]?.events.map(({ id }) => id)
      assert.deepEqual([await eventsOf('pilot'), await eventsOf('future')], [['h2'], ['later']])
      await world.ledger.blockEmployees(
        [{ employeeId: 'p1', until: null, actor: 'ann', justification: 'ticket 1' }],
        world.now,
      )
      assert.deepEqual(await world.ledger.countHeld({ now: world.now, most: 10 }), {
        brake: 0,
        refused: 0,
        incomplete: 1,
        pilot: 3,
        blocks: 1,
        future: 1,
      })
    },
  },
  {
    name: 'an employee waits for a moment until that moment, and a page names the first events of each',
    run: async (world) => {
      const at = world.now + DAY_MS
      const dated = (n: number) => hrEvent(`e-${n}`, 'p1', { title: `t${n}` }, { effectiveAt: at, order: n })
      await world.record(...[1, 2, 3, 4].map(dated), hrEvent('other', 'p2', { title: 'x' }))
      await world.plan()
      const [one] = await allHeld(world, 'future')
      assert.deepEqual(
        one?.events.map(({ id }) => id),
        ['e-1', 'e-2', 'e-3'],
      )
      const future = async () => [
        ids(await allHeld(world, 'future')),
        (await world.ledger.countHeld({ now: world.now, most: 9 })).future,
      ]
      world.now = at - 1
      assert.deepEqual(await future(), [['p1'], 1])
      world.now = at
      assert.deepEqual(await future(), [[], 0])
    },
  },
  {
    name: 'incomplete employees are listed by since when they are, and each page goes on after the one before',
    run: async (world) => {
      for (const id of ['c', 'b', 'a', 'd']) {
        await world.record(hrEvent(`e-${id}`, id, { title: 'Lead' }))
        await world.plan()
        // `a` and `d` since the same moment.
        if (id !== 'a') world.now += 1_000
      }
      for (const limit of [1, 2, 4])
        assert.deepEqual(ids(await allHeld(world, 'incomplete', limit)), ['c', 'b', 'a', 'd'])
    },
  },
  {
    name: 'deactivations that the brake holds are counted apart from those that a person refused',
    run: async (world) => {
      const leavers = ['p1', 'p2', 'p3']
      await world.record(...leavers.map((id) => joiner(`h-${id}`, id)))
      await world.confirmAll()
      await world.record(...leavers.map((id) => leaver(`l-${id}`, id)))
      const none = { ...RELEASED_BRAKE, absolute: 0 }
      await world.ledger.commitPlan(world.decide(await world.due()), none, world.now)
      const refusal = { employees: ['p3'], keepCounting: true, actor: 'ann', justification: 'ticket 1' }
      await world.ledger.refuseBrake(refusal, world.now)
      const { brake, refused } = await world.ledger.countHeld({ now: world.now, most: 9 })
      assert.deepEqual([brake, refused, (await world.figures()).brake.held], [2, 1, 2])
    },
  },
  {
    name: 'dead letters are listed by when they died, the last first, each once; a code says what its newest have in common',
    run: async (world) => {
      const failing = ['a', 'b', 'c', 'd', 'e']
      await world.record(...failing.map((id) => joiner(`h-${id}`, id)))
      await world.answer(await world.send(), 'failed', { status: 'failure', code: 'Conflict' })
      await world.finalize()
      await world.plan()
      await world.record(joiner('h-f', 'f'))
      await world.answer(await world.send(), 'failed', { status: 'failure', code: 'EntryConflict' })
      await world.finalize()
      await world.plan()
      const since = { since: null, until: null, limit: 2 }
      const all: (readonly [string, string])[] = []
      for (let next: NewestDeadLettersCursor | null = null; all.length < 50;) {
        const page = await world.ledger.listNewestDeadLetters({ ...since, code: null, next })
        all.push(...page.deadLetters.map(({ employeeId, code }) => [employeeId, code] as const))
        next = page.next
        if (next === null) break
      }
      assert.deepEqual(all, [
        ['f', 'EntryConflict'],
        ...failing.toReversed().map((id) => [id, 'Conflict'] as const),
      ])
      const later = await world.ledger.listNewestDeadLetters({ ...since, code: 'EntryConflict', next: null })
      assert.deepEqual(
        later.deadLetters.map(({ employeeId }) => employeeId),
        ['f'],
      )
      const { deadLetters } = await world.ledger.listNewestDeadLetters({
        ...since,
        code: 'Conflict',
        until: later.deadLetters[0]?.diedAt ?? 0,
        next: null,
      })
      const seqs = deadLetters.map(({ seq }) => seq)
      await world.ledger.endDeadLetters(
        { seqs, how: 'archive', terminations: false, actor: 'ann', justification: 'ticket 1' },
        world.now,
      )
      assert.deepEqual(await world.ledger.describeDeadLetters('Conflict', 2), {
        looked: 2,
        details: [{ detail: null, count: 2 }],
        replayed: 0,
        mostReplays: 0,
      })
    },
  },
  {
    name: 'a code says how many of its newest dead letters were replayed and how often, without those of other codes',
    run: async (world) => {
      const hire = joiner('h-a', 'a')
      await world.record(hire)
      await failAll(world, 'InvalidDomain')
      world.now += DAY_MS
      await world.intake([{ ...messageOf('again', hire), enqueuedAt: world.now }])
      await failAll(world, 'InvalidDomain')
      await world.record(joiner('h-b', 'b'))
      await failAll(world, 'Conflict')
      assert.deepEqual(await world.ledger.describeDeadLetters('InvalidDomain', 9), {
        looked: 1,
        details: [{ detail: null, count: 1 }],
        replayed: 1,
        mostReplays: 1,
      })
    },
  },
  {
    name: 'closed leaver cases are listed, the last to end first, each once',
    run: async (world) => {
      await world.record(...['a', 'b', 'c'].map((id) => leaver(`l-${id}`, id)))
      const { leavers } = await world.ledger.listOpenLeavers({
        dueBy: null,
        employeeId: null,
        next: null,
        limit: 9,
      })
      const ids = leavers.map(({ leaverCase }) => leaverCase.id)
      await world.ledger.acknowledgeLeavers({ ids, actor: 'ann', justification: 'ticket 1' }, world.now)
      const first = await world.ledger.listClosedLeavers({ next: null, limit: 2 })
      const rest = await world.ledger.listClosedLeavers({ next: first.next, limit: 2 })
      assert.deepEqual(
        [...first.leavers, ...rest.leavers].map(({ id, as, acknowledged }) => [id, as, acknowledged?.by]),
        ids.toReversed().map((id) => [id, 'acknowledged', 'ann']),
      )
      assert.equal(rest.next, null)
    },
  },
  {
    name: 'history has one value for a figure and interval, counts first outcomes once by how long they took, and forgets what is old',
    run: async (world) => {
      const minutes = 60_000
      const start = world.now - (world.now % (5 * minutes)) + 5 * minutes
      const note = (now: number) =>
        world.ledger.recordHistory({ now, intervalMs: 5 * minutes, keptMs: 60 * minutes, most: 100 })
      const read = async () => {
        const figures = ['events', waitFigure(minutes), waitFigure(10 * minutes)]
        const points = await world.ledger.readHistory({ figures, since: 0, stepMs: 5 * minutes })
        return points.map(({ figure, at, value }) => [figure, (at - start) / minutes, value])
      }
      world.now = start
      await note(world.now)
      await world.record(joiner('h-a', 'a'), joiner('h-b', 'b'))
      await note(world.now + minutes)
      const sent = await world.send()
      world.now += 7 * minutes
      await world.answer(sent)
      await world.finalize()
      await note(world.now)
      await note(world.now)
      assert.deepEqual(await read(), [
        ['events', 0, 2],
        ['events', 5, 2],
        ['wait 60000', 0, 0],
        ['wait 60000', 5, 0],
        ['wait 600000', 0, 0],
        ['wait 600000', 5, 2],
      ])
      await note(start + 66 * minutes)
      assert.deepEqual((await read()).slice(0, 1), [['events', 65, 2]])
    },
  },
  {
    name: 'history counts outcomes from its first call on, each once, and only the newest when they are too many',
    run: async (world) => {
      const read = async () => {
        const [point] = await world.ledger.readHistory({
          figures: [waitFigure(60_000)],
          since: world.now,
          stepMs: 1,
        })
        return point?.value
      }
      const note = (most: number) =>
        world.ledger.recordHistory({ now: world.now, intervalMs: 1, keptMs: DAY_MS, most })
      await world.record(joiner('h-a', 'a'))
      await world.confirmAll()
      await note(9)
      assert.equal(await read(), 0)
      await world.record(joiner('h-b', 'b'))
      await world.confirmAll()
      await note(9)
      await note(9)
      assert.equal(await read(), 1)
      await world.record(joiner('h-c', 'c'), joiner('h-d', 'd'))
      await world.confirmAll()
      await note(1)
      await note(1)
      assert.equal(await read(), 2)
    },
  },
  {
    name: 'history counts how long an event took to its first outcome, and no later one',
    run: async (world) => {
      const hire = joiner('h-a', 'a')
      const note = () =>
        world.ledger.recordHistory({ now: world.now, intervalMs: 1, keptMs: DAY_MS, most: 9 })
      await note()
      await world.record(hire)
      await failAll(world, 'InvalidDomain')
      world.now += 1_000
      await world.intake([{ ...messageOf('again', hire), enqueuedAt: world.now }])
      await failAll(world, 'InvalidDomain')
      await note()
      const figures = WAIT_FIGURES
      const points = await world.ledger.readHistory({ figures, since: world.now, stepMs: 1 })
      assert.equal(
        points.reduce((sum, { value }) => sum + value, 0),
        1,
      )
    },
  },
  {
    name: 'history keeps a figure that is exactly as old as the limit, and a chart from a moment on has that moment',
    run: async (world) => {
      const note = (now: number) =>
        world.ledger.recordHistory({ now, intervalMs: 1, keptMs: DAY_MS, most: 1 })
      const kept = async (since: number) =>
        (await world.ledger.readHistory({ figures: ['events'], since, stepMs: 1 })).map(({ at }) => at - T0)
      await note(T0)
      await note(T0 + DAY_MS)
      assert.deepEqual([await kept(T0), await kept(T0 + 1)], [[0, DAY_MS], [DAY_MS]])
      await note(T0 + DAY_MS + 1)
      assert.deepEqual(await kept(0), [DAY_MS, DAY_MS + 1])
    },
  },
  {
    name: 'history keeps the codes with the most dead letters when there are too many codes',
    run: async (world) => {
      const codes = Array.from({ length: 21 }, (_, place) => `Code${String.fromCharCode(65 + place)}`)
      const failing = [...codes, 'CodeU']
      await world.record(...failing.map((_, place) => joiner(`h-${place}`, `p${place}`)))
      const { operations } = await world.send()
      const joins = failing.map((code, place) => ({
        record: world.logRecord(`p${place}`, { status: 'failure', code }),
        operation: operations.get(`p${place}`) ?? '',
        interim: 'failed' as const,
      }))
      await world.correlate({ joins })
      await world.finalize()
      await world.plan()
      await world.ledger.recordHistory({ now: world.now, intervalMs: 1, keptMs: DAY_MS, most: 1 })
      const figures = codes.map(deadFigure)
      const points = await world.ledger.readHistory({ figures, since: 0, stepMs: 1 })
      assert.equal(points.length, 20)
      assert.deepEqual(
        points.filter(({ value }) => value === 2).map(({ figure }) => figure),
        ['dead CodeU'],
      )
    },
  },
]
