import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { decideEmergency, type EmergencyPlan } from '../../../src/core/emergency/decide.ts'
import type { EmergencyCall, EmergencyCandidate } from '../../../src/core/emergency/ledger.ts'
import { candidatesFor, laneNeed, type LaneNeed } from '../../../src/core/emergency/need.ts'
import {
  EmergencyFileSettings,
  type EmergencyRules,
  emergencyRules,
} from '../../../src/core/emergency/settings.ts'
import type { Spending } from '../../../src/core/emergency/money.ts'
import type { EmergencyReason } from '../../../src/core/emergency/reasons.ts'
import type { HoldName } from '../../../src/core/ledger/port/submit.ts'
import { effectiveState } from '../../../src/core/plan/decide/effective-state.ts'
import type { Pilot } from '../../../src/core/plan/pilot.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'

const NOW = day(9)
const MINUTE = 60_000
const LIMITS = { perWindow: 40, windowMs: 5_000, perDay: 2_000 }
const IDLE = { now: NOW, used: 10, oldestAt: NOW - 60 * MINUTE, lastAt: NOW - MINUTE }
const NOTHING_SPENT = { day: 0, month: 0 }

function rulesWith(more: Partial<Record<string, unknown>> = {}) {
  return emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 10, ...more }))
}
const rules = rulesWith()

const HIRED = personEvent(1, { worker: { userName: 'a@contoso.com', active: true }, effectiveAt: day(1) })
const LEFT = personEvent(2, { worker: { active: false }, effectiveAt: day(8) })
const BACK = personEvent(3, { worker: { active: true }, effectiveAt: day(8) + 1 })

/** A leaver whose deactivation was planned a minute ago. */
function candidate(id: string, more: Partial<EmergencyCandidate> = {}): EmergencyCandidate {
  return {
    employee: employee([HIRED, LEFT], { employeeId: id, known: true }),
    objectId: `object of ${id}`,
    operation: { id: `op-${id}`, createdAt: NOW - MINUTE, accepted: false },
    brake: null,
    last: null,
    ...more,
  }
}
function planned(minutesAgo: number, accepted = false): Pick<EmergencyCandidate, 'operation'> {
  return { operation: { id: 'op-1', createdAt: NOW - minutesAgo * MINUTE, accepted } }
}
const hold = (name: HoldName, minutes: number, detail: string | null = null) => ({
  name,
  since: NOW - MINUTE,
  until: NOW + minutes * MINUTE,
  status: null,
  detail,
})
const needOf = (holds: readonly ReturnType<typeof hold>[], { bulk = IDLE, by = rules } = {}): LaneNeed =>
  laneNeed({ holds, bulk }, LIMITS, by)
const FULL = needOf([hold('full', 7)])

interface Circumstances {
  readonly need?: LaneNeed
  readonly spent?: Spending
  readonly by?: EmergencyRules
  readonly pilot?: Pilot
}
function decide(
  candidates: readonly EmergencyCandidate[],
  { need = FULL, spent = NOTHING_SPENT, by = rules, pilot }: Circumstances = {},
): EmergencyPlan {
  return decideEmergency(candidates, need, { spent }, { now: NOW, rules: by, pilot })
}
const reasonsOf = ({ calls }: EmergencyPlan): readonly EmergencyReason[] => calls.map(({ reason }) => reason)
const idsOf = ({ calls }: EmergencyPlan): readonly string[] =>
  calls.map(({ candidate: { employee } }) => employee.employeeId)

void describe('a leaver does not go by the emergency lane', () => {
  void it('while nothing keeps the job from taking the deactivation', () => {
    assert.deepEqual(idsOf(decide([candidate('1')], { need: needOf([]) })), [])
  })
  void it('while the job can take it within the patience', () => {
    assert.deepEqual(idsOf(decide([candidate('1')], { need: needOf([hold('full', 3)]) })), [])
    assert.deepEqual(idsOf(decide([candidate('1')], { need: needOf([hold('throttled', 3)]) })), [])
  })
  void it('when a later event makes the employee active, though the plan does not know it yet', () => {
    const back = { employee: employee([HIRED, LEFT, BACK], { employeeId: '1', known: true }) }
    assert.deepEqual(decide([candidate('1', back)]), { calls: [], waits: [] })
  })
  void it('while the brake holds the employee, or an operator refused the deactivation', () => {
    for (const brake of ['held', 'refused'] as const)
      assert.deepEqual(decide([candidate('1', { brake })]), { calls: [], waits: [] })
  })
  void it('outside the pilot', () => {
    const pilot: Pilot = { mark: 1, includes: (id) => id === '2' }
    assert.deepEqual(idsOf(decide([candidate('1'), candidate('2')], { pilot })), ['2'])
  })
  void it('without an object id, and says so', () => {
    assert.deepEqual(decide([candidate('1', { objectId: null })]), {
      calls: [],
      waits: [{ employeeId: '1', why: 'no-object-id' }],
    })
  })
  void it('while the ledger is older than the directory', () => {
    const need = needOf([hold('full', 7), hold('restored', -1)])
    assert.deepEqual(idsOf(decide([candidate('1')], { need })), [])
    assert.equal(candidatesFor(need, rules, NOW), null)
  })
  void it('while a person has paused the job, unless the configuration names that', () => {
    const paused = [hold('job', 3, 'Paused')]
    const late = candidate('1', planned(600))
    assert.deepEqual(idsOf(decide([late], { need: needOf(paused) })), [])
    const by = rulesWith({ when: ['paused'] })
    assert.deepEqual(reasonsOf(decide([late], { need: needOf(paused, { by }), by })), ['paused'])
  })
  void it('when the job has accepted the deactivation and runs', () => {
    const accepted = candidate('1', planned(600, true))
    assert.deepEqual(idsOf(decide([accepted])), [])
    assert.deepEqual(reasonsOf(decide([accepted], { need: needOf([hold('job', 3, 'Quarantine')]) })), [
      'quarantine',
    ])
  })
})

void describe('a leaver takes the emergency lane', () => {
  const cases: readonly [EmergencyReason, LaneNeed, number][] = [
    ['quarantine', needOf([hold('job', 3, 'Quarantine'), hold('full', 7)]), 0],
    ['full', FULL, 0],
    ['quota', needOf([hold('throttled', 30)]), 0],
    [
      'quota',
      needOf([], { bulk: { now: NOW, used: 2_000, oldestAt: NOW - DAY_MS + 6 * MINUTE, lastAt: NOW } }),
      0,
    ],
    ['late', needOf([hold('circuit', 1)]), 60],
  ]
  for (const [reason, need, minutesAgo] of cases)
    void it(`because of ${reason}`, () => {
      const plan = decide([candidate('1', planned(minutesAgo))], { need })
      assert.deepEqual(reasonsOf(plan), [reason])
    })
  void it('not because of a reason that the configuration leaves out', () => {
    const by = rulesWith({ when: ['quota'] })
    assert.equal(candidatesFor(needOf([hold('full', 7)], { by }), by, NOW), null)
  })
  void it('because of late: only those planned so long ago are read', () => {
    assert.deepEqual(candidatesFor(needOf([]), rules, NOW), {
      plannedBy: NOW - 60 * MINUTE,
      accepted: false,
    })
  })
})

void describe('when the lane is needed', () => {
  /** The lane's reason for a leaver of so many minutes ago, with an exact end of the obstacle. */
  const reasonAt = (holds: readonly ReturnType<typeof hold>[], minutesAgo: number, by = rules) =>
    reasonsOf(decide([candidate('1', planned(minutesAgo))], { need: needOf(holds, { by }), by }))[0] ?? null

  void it('the job has to be kept from it for longer than the patience, counted from the plan', () => {
    assert.equal(reasonAt([hold('full', 5)], 0), null)
    assert.equal(reasonAt([{ ...hold('full', 5), until: NOW + 5 * MINUTE + 1 }], 0), 'full')
    assert.equal(reasonAt([hold('full', 3)], 2), null)
    assert.equal(reasonAt([hold('full', 4)], 2), 'full')
  })
  void it('a leaver is late after an hour, not before', () => {
    assert.equal(reasonAt([], 59), null)
    assert.equal(reasonAt([], 60), 'late')
  })
  void it('a hold that is over is no obstacle', () => {
    for (const name of ['full', 'throttled', 'job'] as const)
      assert.equal(reasonAt([{ ...hold(name, 0), detail: 'Quarantine' }], 30), null, name)
  })
  void it('a job whose next call may leave now, or soon for a leaver, is no obstacle', () => {
    const unused = { now: NOW, used: 0, oldestAt: null, lastAt: null }
    assert.deepEqual(laneNeed({ holds: [], bulk: unused }, LIMITS, rules).obstacles, [])
    // Only the calls that are reserved for leavers are left.
    assert.deepEqual(needOf([], { bulk: { ...IDLE, used: 1_990 } }).obstacles, [])
    assert.deepEqual(
      needOf([], { bulk: { ...IDLE, used: 2_000 } }).obstacles.map(({ reason }) => reason),
      ['quota'],
    )
  })
  void it('of several obstacles that last, the first in the order of reasons is given', () => {
    assert.equal(reasonAt([hold('throttled', 30), hold('full', 30)], 0), 'full')
    assert.equal(reasonAt([hold('throttled', 30), hold('full', 3)], 0), 'quota')
  })
  void it('a job that is stopped is the reason before others, for those it accepted too', () => {
    const need = needOf([hold('throttled', 30), hold('full', 30), hold('job', 3, 'Quarantine')])
    assert.deepEqual(
      need.obstacles.map(({ reason }) => reason),
      ['quarantine', 'full', 'quota'],
    )
    assert.deepEqual(candidatesFor(need, rules, NOW), { plannedBy: NOW, accepted: true })
    assert.deepEqual(candidatesFor(FULL, rules, NOW), { plannedBy: NOW, accepted: false })
  })
  void it('a job that a person paused closes the lane only while it is paused', () => {
    assert.equal(needOf([hold('job', 3, 'Paused')]).closed, true)
    assert.equal(needOf([hold('job', 0, 'Paused')]).closed, false)
    assert.equal(needOf([hold('job', 3, 'Quarantine')]).closed, false)
  })
})

const tried = (more: Partial<EmergencyCall>): Pick<EmergencyCandidate, 'last'> => ({
  last: { begunAt: NOW - MINUTE, endedAt: NOW - MINUTE, endsBy: NOW, tries: 1, wait: 'unavailable', ...more },
})

void describe('a call that failed', () => {
  void it('is repeated after a growing while, and meanwhile the leaver waits for what it said', () => {
    const recent = candidate('1', tried({ tries: 3, wait: 'access' }))
    assert.deepEqual(decide([recent]), { calls: [], waits: [{ employeeId: '1', why: 'access' }] })
    assert.deepEqual(idsOf(decide([candidate('1', tried({ tries: 2 }))])), ['1'])
  })
  void it('is repeated after 10 seconds, then after 1, 5, 15 and 60 minutes, from its end', () => {
    const isRepeated = (tries: number, seconds: number, begun: Partial<EmergencyCall> = {}): boolean => {
      const endedAt = NOW - seconds * 1_000
      const { calls } = decide([candidate('1', tried({ begunAt: endedAt - 5, endedAt, tries, ...begun }))])
      return calls.length === 1
    }
    for (const [tries, seconds] of [
      [1, 10],
      [2, 60],
      [3, 300],
      [4, 900],
      [5, 3_600],
      [9, 3_600],
    ] as const) {
      assert.equal(isRepeated(tries, seconds - 1), false, `${tries} tries`)
      assert.equal(isRepeated(tries, seconds), true, `${tries} tries`)
    }
    const cutOff = { endedAt: null, wait: null }
    assert.equal(isRepeated(1, 60, { ...cutOff, endsBy: NOW - 9_999 }), false)
    assert.equal(isRepeated(1, 60, { ...cutOff, endsBy: NOW - 10_000 }), true)
  })
  void it('that a clock ahead of this one began is repeated at once', () => {
    const ahead = (begunAt: number) => tried({ begunAt, endedAt: null, endsBy: NOW + MINUTE, wait: null })
    assert.deepEqual(idsOf(decide([candidate('1', ahead(NOW + 1))])), ['1'])
    assert.deepEqual(idsOf(decide([candidate('1', ahead(NOW))])), [])
  })
  void it('is not repeated while it may still be under way, and is when it was cut off', () => {
    const open = { endedAt: null, wait: null }
    assert.deepEqual(decide([candidate('1', tried({ ...open, endsBy: NOW + 1 }))]), { calls: [], waits: [] })
    const cutOff = candidate('1', tried({ ...open, endsBy: NOW - MINUTE }))
    assert.deepEqual(idsOf(decide([cutOff])), ['1'])
  })
  void it('is not repeated for an account that is gone: the answer would be billed again', () => {
    const gone = candidate('1', tried({ endedAt: day(1), wait: 'account-gone' }))
    assert.deepEqual(decide([gone]).waits, [{ employeeId: '1', why: 'account-gone' }])
  })
  void it('does not go before leavers who were not tried', () => {
    const [refused, fresh] = [candidate('1', tried({ wait: 'access' })), candidate('2')]
    assert.deepEqual(idsOf(decide([refused, fresh])), ['2', '1'])
  })
})

/** So that a budget is often met by more leavers than it pays for. */
const MOSTLY = fc.constantFrom(true, true, true, true, true, false)
const anyCandidate = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    leaves: MOSTLY,
    stays: MOSTLY,
    objectId: fc.option(fc.constant('object')),
    minutesAgo: fc.integer({ min: 0, max: 90 }),
    waits: MOSTLY,
    brake: fc.constantFrom(null, null, null, null, null, 'held' as const, 'refused' as const),
    tries: fc.integer({ min: 0, max: 6 }),
  })
  .map((one): EmergencyCandidate => {
    const events = [HIRED, ...(one.leaves ? [LEFT] : []), ...(one.stays ? [] : [BACK])]
    return {
      employee: employee(events, { employeeId: String(one.id), known: true }),
      objectId: one.objectId,
      ...planned(one.minutesAgo, !one.waits),
      brake: one.brake,
      ...(one.tries === 0 ? { last: null } : tried({ tries: one.tries })),
    }
  })
const anyNeed = fc.constantFrom(
  FULL,
  needOf([]),
  needOf([hold('job', 3, 'Quarantine')]),
  needOf([hold('job', 3, 'Paused')]),
  needOf([hold('throttled', 30), hold('full', 2)]),
)

void it('the lane never spends more than the budget, never takes an employee who is not a leaver by all events, and none twice', () => {
  fc.assert(
    fc.property(
      fc.array(anyCandidate, { minLength: 5, maxLength: 30 }),
      anyNeed,
      fc.record({ day: fc.nat(12_000), month: fc.nat(12_000) }),
      (candidates, need, spent) => {
        const by = rulesWith({ usdPerDay: 0.01, usdPerMonth: 0.011 })
        const { calls, waits } = decide(candidates, { need, spent, by })
        const cost = calls.length * by.microUsdPerCall
        if (calls.length > 0) assert.ok(spent.day + cost <= 10_000 && spent.month + cost <= 11_000)
        for (const { candidate: one } of calls) {
          assert.equal(effectiveState(one.employee, NOW).attributes.get('active')?.value, false)
          assert.ok(one.brake === null && one.objectId !== null)
        }
        const all = [
          ...calls.map((call) => call.candidate.employee.employeeId),
          ...waits.map((w) => w.employeeId),
        ]
        assert.equal(new Set(all).size, all.length)
      },
    ),
    { numRuns: 200 },
  )
})
