import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EventDecision } from '../../../../src/core/ledger/decision.ts'
import type { Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { EVENT_REASONS } from '../../../../src/core/ledger/event-reason.ts'
import { BASELINE, BLOCKED } from '../../../../src/core/model.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { day } from '../../../fakes/events.ts'
import { NOW } from '../../../fakes/histories.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'

/** The decisions for an employee whom the directory knows, unless `more` says otherwise. */
function decide(events: readonly EmployeeEvent[], more: Partial<Employee> = {}): readonly EventDecision[] {
  const decision = planEmployee(employee(events, { known: true, ...more }), NOW, rules)
  assert(decision.kind === 'decided')
  return decision.events
}
const briefly = (decisions: readonly EventDecision[]): readonly string[] =>
  decisions.map(({ seq, state, reason, by }) =>
    [seq, state, reason, by === null ? null : `by ${by}`].filter((one) => one !== null).join(' '),
  )
function acceptedHash(events: readonly EmployeeEvent[]): string {
  const decision = planEmployee(employee(events), NOW, rules)
  assert(decision.kind === 'decided' && decision.operation)
  return decision.operation.hash
}

const HIRED = personEvent(1, { worker: WORKER, state: 'confirmed' })
const titled = (seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent =>
  personEvent(seq, { effectiveAt: day(2), worker: { title: `Title ${seq}` }, ...more })
const rescinding = (seq: number, target: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent =>
  personEvent(seq, { effectiveAt: day(3), rescinds: { source: '/hr/acme', id: `e-${target}` }, ...more })

void describe('the outcome of a superseded event', () => {
  void it('names the highest of several winners, by the rank of their sources too', () => {
    const both = titled(2, { worker: { title: 'Head', department: 'Law' } })
    const title = titled(3, { effectiveAt: day(3) })
    const department = personEvent(4, { effectiveAt: day(3), worker: { department: 'Care' } })
    const [low, high] = [
      decide([HIRED, both, { ...title, rank: 1 }, department]),
      decide([HIRED, both, title, { ...department, rank: 1 }]),
    ]
    assert.deepEqual(briefly(low), ['2 planned by 3', '3 planned', '4 planned'])
    assert.deepEqual(briefly(high), ['2 planned by 4', '3 planned', '4 planned'])
  })

  void it('stays when a newer event replaces the winner', () => {
    const events = [
      HIRED,
      titled(2, { state: 'superseded', by: 3 }),
      titled(3, { effectiveAt: day(3), state: 'confirmed' }),
      titled(4, { effectiveAt: day(4) }),
    ]
    assert.deepEqual(briefly(decide(events)), ['4 planned'])
  })

  void it('stays when the winner is a termination that died, because that still counts', () => {
    const back = personEvent(2, {
      effectiveAt: day(2),
      worker: { active: true },
      state: 'superseded',
      by: 3,
    })
    const dead = personEvent(3, {
      effectiveAt: day(3),
      worker: { active: false },
      state: 'dead-lettered',
      reason: 'Rejected',
      dead: true,
    })
    assert.deepEqual(decide([HIRED, back, dead]), [])
  })
})

void it('a superseded event waits with its winner while one attribute is missing', () => {
  const events = [
    personEvent(1, { worker: { title: 'Engineer', active: true } }),
    titled(2),
    titled(3, { effectiveAt: day(3) }),
  ]
  const decisions = decide(events, { known: false })
  assert.deepEqual(
    decisions.map(({ seq, state, detail }) => [seq, state, detail]),
    [1, 2, 3].map((seq) => [seq, 'incomplete', 'userName']),
  )
})

void describe('the outcome of a rescinded event', () => {
  void it('is that, also after another event had superseded it', () => {
    const events = [
      HIRED,
      titled(2, { state: 'superseded', by: 3 }),
      titled(3, { effectiveAt: day(3), state: 'confirmed' }),
      rescinding(4, 2),
    ]
    assert.deepEqual(briefly(decide(events))[0], `2 skipped ${EVENT_REASONS.rescinded} by 4`)
  })

  void it('stays when a second rescind names the event too', () => {
    const events = [
      HIRED,
      titled(2, { state: 'skipped', reason: EVENT_REASONS.rescinded, by: 3 }),
      rescinding(3, 2, { state: 'confirmed' }),
      rescinding(4, 2, { effectiveAt: day(4) }),
    ]
    assert.deepEqual(
      briefly(decide(events)).filter((one) => !one.startsWith('4 ')),
      [],
    )
  })
})

void describe('the outcome of a rescind', () => {
  const unknown = { state: 'unchanged', reason: EVENT_REASONS.targetUnknown } as const

  void it('stays while its target has not arrived', () => {
    assert.deepEqual(decide([HIRED, rescinding(3, 2, unknown)]), [])
  })

  void it('stays when its target was known and nothing had to be sent', () => {
    const events = [
      HIRED,
      titled(2, { state: 'skipped', reason: EVENT_REASONS.rescinded, by: 3 }),
      rescinding(3, 2, { state: 'unchanged', reason: EVENT_REASONS.nothingSent }),
    ]
    assert.deepEqual(decide(events), [])
  })
})

void describe('a dead event that the log did not answer', () => {
  const unheard = titled(2, { state: 'dead-lettered', reason: EVENT_REASONS.noOutcome })

  void it('is sent again with the next record while its values stand', () => {
    assert.deepEqual(briefly(decide([HIRED, unheard])), ['2 planned'])
  })

  void it('stays dead once another event has replaced its values', () => {
    const newer = titled(3, { effectiveAt: day(3) })
    assert.deepEqual(briefly(decide([HIRED, unheard, newer])), ['3 planned'])
  })
})

void describe('an event that blocks or unblocks', () => {
  const block = personEvent(2, { type: BLOCKED, effectiveAt: day(2) })

  void it('ends with the record that is sent, and at once when the directory holds that', () => {
    assert.deepEqual(briefly(decide([HIRED, block])), ['2 planned'])
    assert.deepEqual(briefly(decide([HIRED, block], { acceptedHash: acceptedHash([HIRED]) })), [
      `2 unchanged ${EVENT_REASONS.sameRecord}`,
    ])
  })

  void it('ends at once when nothing ever reached the directory', () => {
    assert.deepEqual(briefly(decide([block], { known: false })), [`2 unchanged ${EVENT_REASONS.nothingSent}`])
  })
})

void it('an export that yields to what HR recorded since is superseded by it, on one attribute as on two', () => {
  const newer = personEvent(2, {
    effectiveAt: day(1),
    recordedAt: day(3),
    worker: { title: 'Head', department: 'Law' },
  })
  for (const worker of [{ title: 'Clerk' }, { title: 'Clerk', department: 'Care' }]) {
    const row = personEvent(3, { type: BASELINE, mode: 'snapshot', effectiveAt: day(2), worker })
    assert.deepEqual(briefly(decide([{ ...HIRED, recordedAt: day(3) }, newer, row])), [
      '2 planned',
      '3 planned by 2',
    ])
  }
})

void it('a snapshot that repeats the record is unchanged for that reason, also with attributes that no rule maps', () => {
  const worker = { ...WORKER, hobby: 'chess' }
  const hired = { ...HIRED, worker }
  const snapshot = personEvent(2, { effectiveAt: day(2), mode: 'snapshot', worker })
  assert.deepEqual(briefly(decide([hired, snapshot], { acceptedHash: acceptedHash([hired]) })), [
    `2 unchanged ${EVENT_REASONS.sameRecord}`,
  ])
})
