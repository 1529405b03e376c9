import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { EVENT_ARROWS, isFinal } from '../../../../src/core/ledger/lifecycle.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'
import type { Activation } from '../../../../src/core/plan/settings.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import type { FoldRules } from '../../../../src/core/plan/fold/rules.ts'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import type { Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'
import { runs } from '../../../fakes/runs.ts'

const SOURCE = '/hr/acme'
const withPolicy = (activation: Activation): FoldRules => ({ owns: () => null, activation })
const early = withPolicy({ policy: 'early', days: 7 })
const announced = withPolicy({ policy: 'announce', attribute: 'hireDate' })

function values(events: readonly LedgerEvent[], now: number, policy?: FoldRules): Record<string, Json> {
  return Object.fromEntries(
    [...fold(events, now, policy).attributes].map(([path, { value }]) => [path, value]),
  )
}
const active = (events: readonly LedgerEvent[], now: number, policy?: FoldRules): Json | undefined =>
  values(events, now, policy)['active']

const hire = ledgerEvent(1, { effectiveAt: day(20), recordedAt: day(1), worker: WORKER })
const leave = ledgerEvent(2, { effectiveAt: day(40), recordedAt: day(1), worker: { active: false } })
const rehire = ledgerEvent(3, { effectiveAt: day(44), recordedAt: day(1), worker: { active: true } })

void describe('an activation waits for its moment, comes early or is announced', () => {
  void test('held, it has no effect before its moment', () => {
    assert.deepEqual(values([hire], day(19)), {})
    assert.equal(active([hire], day(20)), true)
  })

  void test('early, it takes effect the configured days sooner, and the employee is due then', () => {
    assert.equal(fold([hire], day(2), early).nextAt, day(13))
    assert.deepEqual(values([hire], day(13) - 1, early), {})
    assert.equal(active([hire], day(13), early), true)
    assert.equal(fold([hire], day(13), early).nextAt, null)
  })

  void test('early never moves a termination', () => {
    const here = ledgerEvent(1, { worker: WORKER })
    assert.equal(active([here, leave], day(39), early), true)
    assert.equal(fold([here, leave], day(39), early).nextAt, day(40))
    assert.equal(active([here, leave], day(40), early), false)
  })

  void test('early never moves a change of an employee who is already active', () => {
    const here = ledgerEvent(1, { worker: WORKER })
    const moves = ledgerEvent(2, {
      effectiveAt: day(20),
      mode: 'snapshot',
      worker: { ...WORKER, title: 'Head' },
    })
    assert.equal(values([here, moves], day(19), early)['title'], 'Engineer')
    assert.equal(values([here, moves], day(20), early)['title'], 'Head')
  })

  void test('early does not shorten a gap that is not longer than the configured days', () => {
    const events = [hire, leave, rehire]
    assert.equal(active(events, day(39), early), true)
    for (const gap of [day(40), day(41), day(43)]) assert.equal(active(events, gap, early), false)
    assert.equal(active(events, day(44), early), true)
    const week = { ...rehire, effectiveAt: day(47) }
    assert.equal(active([hire, leave, week], day(40), early), false)
    assert.equal(active([hire, leave, week], day(47), early), true)
    const far = { ...rehire, effectiveAt: day(60) }
    assert.equal(active([hire, leave, far], day(53) - 1, early), false)
    assert.equal(active([hire, leave, far], day(53), early), true)
  })

  void test('announced, its attributes are sent at once, disabled, with the date, and it activates at its moment', () => {
    const dated = { ...hire, effectiveRaw: '2026-01-20' }
    assert.deepEqual(values([dated], day(2), announced), { ...WORKER, active: false, hireDate: '2026-01-20' })
    assert.equal(fold([dated], day(2), announced).nextAt, day(20))
    assert.deepEqual(fold([dated], day(2), announced).effects.get(1), { kind: 'announced', at: day(20) })
    assert.deepEqual(values([dated], day(20), announced), { ...WORKER, hireDate: '2026-01-20' })
  })

  void test('announced, the next activation is, with others behind it', () => {
    const events = [hire, leave, { ...rehire, worker: { active: true, title: 'Head' } }]
    assert.deepEqual(values(events, day(2), announced), {
      ...WORKER,
      active: false,
      hireDate: new Date(day(20)).toISOString(),
    })
  })

  void test('announced, the date stays when a later snapshot omits it, and the event overrides it', () => {
    const snapshot = ledgerEvent(4, { effectiveAt: day(21), mode: 'snapshot', worker: WORKER })
    assert.equal(values([hire, snapshot], day(22), announced)['hireDate'], new Date(day(20)).toISOString())
    const knows = { ...hire, worker: { ...WORKER, hireDate: 'first of May' } }
    assert.equal(values([knows], day(2), announced)['hireDate'], 'first of May')
  })

  void test('announced, it changes nothing while the employee is still active before the gap', () => {
    const events = [hire, leave, { ...rehire, worker: { active: true, title: 'Head' } }]
    assert.deepEqual(
      [values(events, day(39), announced)['title'], active(events, day(39), announced)],
      ['Engineer', true],
    )
    assert.deepEqual(
      [values(events, day(40), announced)['title'], active(events, day(40), announced)],
      ['Head', false],
    )
    assert.equal(active(events, day(44), announced), true)
  })

  void test('an announced event is held for that reason, and what is sent is disabled', () => {
    const decision = planEmployee(employee([personEvent(1, hire)]), day(2), { ...rules, fold: announced })
    assert(decision.kind === 'decided' && decision.operation)
    assert.deepEqual([decision.events[0]?.state, decision.events[0]?.reason], ['held', 'Announced'])
    assert.equal(decision.operation.active, false)
    assert.equal(parseRecord(decision.operation.record)['title'], 'Engineer')
  })

  void test('for every history and policy, no employee is active sooner than an event and the days of the policy allow', () => {
    const policies = fc.constantFrom<Activation>(
      { policy: 'hold' },
      { policy: 'early', days: 1 },
      { policy: 'early', days: 3 },
      { policy: 'announce', attribute: 'hireDate' },
    )
    fc.assert(
      fc.property(histories(), policies, (events, policy) => {
        const held = fold(events, NOW, withPolicy(policy)).attributes.get('active')
        const plain = active(events, NOW)
        if (policy.policy !== 'early') return assert.equal(held?.value === true, plain === true)
        const by = events.find(({ seq }) => seq === held?.by)
        if (held?.value === true && plain !== true)
          assert(by && by.effectiveAt > NOW && by.effectiveAt - policy.days * 86_400_000 <= NOW)
        if (plain === true) assert.equal(held?.value, true, 'bringing forward disables no employee')
      }),
      { numRuns: runs(10_000) },
    )
  })
})

void describe('several future changes of one employee are kept side by side', () => {
  void test('hire, leave and rehire each take effect at their own moment, with the gap between', () => {
    const events = [rehire, hire, leave]
    assert.deepEqual(
      [day(19), day(20), day(39), day(40), day(43), day(44)].map((at) => active(events, at)),
      [undefined, true, true, false, false, true],
    )
    assert.deepEqual(
      [day(1), day(20), day(40), day(44)].map((at) => fold(events, at).nextAt),
      [day(20), day(40), day(44), null],
    )
  })

  void test('a back-dated correction changes today only where today changes', () => {
    const title = ledgerEvent(4, { effectiveAt: day(30), recordedAt: day(30), worker: { title: 'Head' } })
    const past = ledgerEvent(5, { effectiveAt: day(25), recordedAt: day(32), worker: { title: 'Senior' } })
    const gap = ledgerEvent(6, { effectiveAt: day(22), recordedAt: day(32), worker: { department: 'Law' } })
    assert.deepEqual(values([hire, title, past], day(33)), values([hire, title], day(33)))
    assert.deepEqual(values([hire, title, gap], day(33)), { ...WORKER, title: 'Head', department: 'Law' })
    const before = planEmployee(employee([personEvent(1, hire), personEvent(4, title)]), day(33), rules)
    assert(before.kind === 'decided' && before.operation)
    const events = [
      personEvent(1, { ...hire, state: 'confirmed' }),
      personEvent(4, { ...title, state: 'confirmed' }),
      personEvent(5, past),
    ]
    const after = planEmployee(
      employee(events, { known: true, acceptedHash: before.operation.hash }),
      day(33),
      rules,
    )
    assert(after.kind === 'decided')
    assert.equal(after.operation, null)
    assert.deepEqual(
      after.events.map(({ seq, state, by }) => [seq, state, by]),
      [[5, 'superseded', 4]],
    )
  })
})

const rescind = (seq: number, target: string, more: Partial<LedgerEvent> = {}): LedgerEvent =>
  ledgerEvent(seq, {
    effectiveAt: day(21),
    recordedAt: day(21),
    rescinds: { source: SOURCE, id: target },
    ...more,
  })

/**
 * An employee whose events arrive one after another; the directory accepts every operation before
 * the next arrives.
 */
class Story {
  employee: Employee
  /** Records the directory took. */
  readonly sent: JsonObject[] = []
  readonly outcomes: string[] = []
  constructor() {
    this.employee = employee([])
  }
  at(now: number, ...arrived: readonly LedgerEvent[]): this {
    this.employee = {
      ...this.employee,
      events: [...this.employee.events, ...arrived.map((event) => personEvent(event.seq, event))],
    }
    const decision = planEmployee(this.employee, now, rules)
    assert(decision.kind === 'decided')
    const made = new Map(decision.events.map((one) => [one.seq, one]))
    const events = this.employee.events.map((event): EmployeeEvent => {
      const one = made.get(event.seq)
      if (!one) return event
      assert(EVENT_ARROWS[event.state].includes(one.state), `${event.state} → ${one.state}`)
      const state = one.state !== 'planned' ? one.state : one.by === null ? 'confirmed' : 'superseded'
      if (isFinal(state))
        this.outcomes.push(`${event.id} ${state}${one.by === null ? '' : ` by e-${one.by}`}`)
      return { ...event, state, reason: one.reason, by: one.by }
    })
    const { operation } = decision
    if (operation) this.sent.push(parseRecord(operation.record))
    this.employee = {
      ...this.employee,
      events,
      ...(operation ? { acceptedHash: operation.hash, known: true } : {}),
    }
    return this
  }
}

void describe('the outcome of a rescind', () => {
  void test('before its target was sent: nothing is sent, and both get their outcome at once', () => {
    const story = new Story().at(day(2), hire).at(day(3), rescind(5, 'e-1', { effectiveAt: day(3) }))
    assert.deepEqual(story.outcomes, ['e-1 skipped by e-5', 'e-5 unchanged'])
    assert.deepEqual(story.sent, [])
    assert.equal(fold(story.employee.events, day(3)).nextAt, null)
  })

  void test('dated like the hire it rescinds, it counts at once', () => {
    const story = new Story().at(day(2), hire).at(day(3), rescind(5, 'e-1', { effectiveAt: day(20) }))
    assert.deepEqual(story.outcomes, ['e-1 skipped by e-5', 'e-5 unchanged'])
  })

  void test('dated later than its target, it waits for its moment', () => {
    const story = new Story().at(day(20), hire).at(day(21), rescind(5, 'e-1', { effectiveAt: day(30) }))
    assert.deepEqual(
      [story.employee.events[1]?.state, active(story.employee.events, day(29))],
      ['held', true],
    )
  })

  void test('after its target was sent: the confirmed event gets another outcome, and a rescinded hire is deactivated', () => {
    const story = new Story().at(day(20), hire).at(day(21), rescind(5, 'e-1'))
    assert.deepEqual(story.outcomes, ['e-1 confirmed', 'e-1 skipped by e-5', 'e-5 confirmed'])
    assert.deepEqual(
      story.sent.map((record) => record['active']),
      [true, false],
    )
  })

  void test('an event that its target hid counts again', () => {
    const title = ledgerEvent(4, { effectiveAt: day(21), worker: { title: 'Head' } })
    const head = ledgerEvent(6, { effectiveAt: day(22), worker: { title: 'Chief' } })
    const story = new Story().at(day(21), hire, title).at(day(22), head)
    assert.deepEqual(story.outcomes, ['e-1 confirmed', 'e-4 confirmed', 'e-6 confirmed'])
    story.at(day(23), rescind(7, 'e-6'))
    assert.equal(story.sent.at(-1)?.['title'], 'Head')
    assert.deepEqual(story.outcomes.slice(3), ['e-6 skipped by e-7', 'e-7 confirmed'])
  })

  void test('a superseded event counts again when the winner is rescinded, and gets a new outcome', () => {
    const title = ledgerEvent(4, { effectiveAt: day(21), worker: { title: 'Head' } })
    const head = ledgerEvent(6, { effectiveAt: day(22), worker: { title: 'Chief' } })
    const story = new Story().at(day(22), hire, title, head)
    assert.deepEqual(story.outcomes, ['e-1 confirmed', 'e-4 superseded by e-6', 'e-6 confirmed'])
    story.at(day(23), rescind(7, 'e-6'))
    assert.deepEqual(story.outcomes.slice(3), ['e-4 confirmed', 'e-6 skipped by e-7', 'e-7 confirmed'])
  })

  void test('a superseded event names another winner when the one it named is rescinded', () => {
    const [first, second, third] = [21, 22, 23].map((at, index) =>
      ledgerEvent(10 + index, { effectiveAt: day(at), worker: { title: `Title ${at}` } }),
    )
    assert(first && second && third)
    const story = new Story().at(day(23), hire, first, third).at(day(24), second)
    assert.deepEqual(story.outcomes.slice(1), [
      'e-10 superseded by e-12',
      'e-12 confirmed',
      'e-11 superseded by e-12',
    ])
    story.at(day(25), rescind(15, 'e-12', { effectiveAt: day(25) }))
    assert.deepEqual(story.outcomes.slice(4), [
      'e-10 superseded by e-11',
      'e-12 skipped by e-15',
      'e-11 confirmed',
      'e-15 confirmed',
    ])
  })

  void test('before its target arrives it waits with that reason, and gets a new outcome when the target arrives', () => {
    const title = ledgerEvent(4, { effectiveAt: day(20), worker: { title: 'Head' } })
    const story = new Story().at(day(20), hire).at(day(21), rescind(5, 'e-4'))
    assert.deepEqual(story.outcomes, ['e-1 confirmed', 'e-5 unchanged'])
    assert.equal(story.employee.events[1]?.reason, 'TargetUnknown')
    story.at(day(22), title)
    assert.deepEqual(story.outcomes.slice(2), ['e-5 unchanged', 'e-4 skipped by e-5'])
    assert.equal(story.sent.length, 1)
  })

  void test('a rescind of a rescind brings its target back', () => {
    const story = new Story()
      .at(day(20), hire)
      .at(day(21), rescind(5, 'e-1'))
      .at(day(22), rescind(6, 'e-5', { effectiveAt: day(22) }))
    assert.deepEqual(story.outcomes.slice(3), ['e-1 confirmed', 'e-5 skipped by e-6', 'e-6 confirmed'])
    assert.deepEqual(
      story.sent.map((record) => record['active']),
      [true, false, true],
    )
  })

  void test('a termination rescinded before its moment never counts, and one rescinded after it is reversed', () => {
    const before = new Story()
      .at(day(20), hire, leave)
      .at(day(30), rescind(5, 'e-2', { effectiveAt: day(30) }))
      .at(day(41))
    assert.deepEqual(
      before.sent.map((record) => record['active']),
      [true],
    )
    const after = new Story()
      .at(day(20), hire, leave)
      .at(day(40))
      .at(day(41), rescind(5, 'e-2', { effectiveAt: day(41) }))
    assert.deepEqual(
      after.sent.map((record) => record['active']),
      [true, false, true],
    )
  })
})

void describe('for every history, in every order of arrival', () => {
  const arrivals = histories().chain((events) =>
    fc.shuffledSubarray(
      events.map((event) => ({ ...event, dead: false })),
      { minLength: events.length },
    ),
  )

  void test('the last outcome of an event agrees with the fold, and another plan changes nothing', () => {
    fc.assert(
      fc.property(arrivals, (events) => {
        const story = new Story()
        for (const event of events) story.at(NOW, event)
        const { effects, attributes } = fold(events, NOW)
        for (const event of story.employee.events) {
          const effect = effects.get(event.seq)
          if (event.state === 'incomplete') continue
          assert.equal(event.reason === 'Rescinded', effect?.kind === 'rescinded', `e-${event.seq}`)
          assert.equal(event.state === 'held', effect?.kind === 'later')
          if (event.state === 'superseded')
            assert(![...attributes].some(([path, { by }]) => by === event.seq && rules.mapping.uses(path)))
        }
        const told = story.outcomes.length
        const sent = story.sent.length
        story.at(NOW)
        assert.deepEqual([story.outcomes.slice(told), story.sent.length], [[], sent])
      }),
      { numRuns: runs(10_000) },
    )
  })
})
