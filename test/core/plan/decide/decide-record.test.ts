import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Decided } from '../../../../src/core/ledger/decision.ts'
import type { Employee, EmployeeEvent, Failure } from '../../../../src/core/ledger/employee.ts'
import type { FailureCode } from '../../../../src/core/ledger/event-reason.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { day } from '../../../fakes/events.ts'
import { NOW } from '../../../fakes/histories.ts'
import { digest, employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'

const HOUR = 3_600_000
const HIRED = personEvent(1, { worker: WORKER, state: 'confirmed' })
const LEFT = personEvent(2, { effectiveAt: day(2), worker: { active: false }, state: 'confirmed' })

function decide(
  events: readonly EmployeeEvent[],
  more: Partial<Employee> = {},
  now = NOW,
  by = rules,
): Decided {
  const decision = planEmployee(employee(events, { known: true, ...more }), now, by)
  assert(decision.kind === 'decided')
  return decision
}
const hashOf = (events: readonly EmployeeEvent[]): string => decide(events).operation?.hash ?? assert.fail()

void describe('a record that failed without an event that could be at fault', () => {
  const failedHash = hashOf([HIRED])
  const failure = (failures: number, more: Partial<Failure> = {}): Failure => ({
    hash: failedHash,
    active: true,
    code: 'InvalidValue' as FailureCode,
    reason: null,
    refused: false,
    failures,
    at: NOW,
    carried: [],
    lastAccepted: null,
    ...more,
  })

  void it('is sent again an hour later, then a day, a week and four weeks later, and then not again', () => {
    for (const [index, wait] of [HOUR, 24 * HOUR, 7 * 24 * HOUR, 28 * 24 * HOUR].entries()) {
      const failed = { failedHash, failure: failure(index + 1) }
      const before = decide([HIRED], failed, NOW + wait - 1)
      assert.deepEqual([before.operation, before.nextAt], [null, NOW + wait])
      const then = decide([HIRED], failed, NOW + wait)
      assert.deepEqual([then.operation?.hash, then.nextAt], [failedHash, null])
    }
    const last = decide([HIRED], { failedHash, failure: failure(5) }, NOW + 400 * 24 * HOUR)
    assert.deepEqual([last.operation, last.nextAt], [null, null])
  })

  void it('is not sent again when the call refused it, or when the directory holds it by now', () => {
    const refused = decide([HIRED], { failedHash, failure: failure(1, { refused: true }) })
    assert.deepEqual([refused.operation, refused.nextAt], [null, null])
    const held = decide([HIRED], { failedHash, failure: failure(1), acceptedHash: failedHash })
    assert.deepEqual([held.operation, held.nextAt], [null, null])
  })

  void it('is sent again no later than the next event takes effect', () => {
    const soon = personEvent(3, { effectiveAt: NOW + 5, worker: { title: 'Head' }, state: 'held' })
    assert.equal(decide([HIRED, soon], { failedHash, failure: failure(1) }).nextAt, NOW + 5)
    const later = { ...soon, effectiveAt: NOW + 2 * HOUR }
    assert.equal(decide([HIRED, later], { failedHash, failure: failure(1) }).nextAt, NOW + HOUR)
  })
})

void describe('an open leaver case', () => {
  const events = [HIRED, LEFT]
  const hash = hashOf(events)

  void it('sends the record again when it asks for that, although the directory holds it or refused it', () => {
    for (const more of [{ acceptedHash: hash }, { failedHash: hash }]) {
      assert.equal(decide(events, { ...more, leaver: { resend: true } }).operation?.hash, hash)
      assert.equal(decide(events, { ...more, leaver: { resend: false } }).operation, null)
    }
  })

  void it('does not send an employee who is active again', () => {
    const accepted = { acceptedHash: hashOf([HIRED]), leaver: { resend: true } }
    assert.equal(decide([HIRED], accepted).operation, null)
  })
})

void it('nothing is sent of an employee of whom nothing is known, even where nothing is required', () => {
  const ahead = personEvent(1, { effectiveAt: day(9), worker: WORKER })
  const anything = { mapping: compileMapping(undefined, []), digest }
  assert.equal(decide([ahead], { known: false }, NOW, anything).operation, null)
  assert.equal(decide([ahead], { known: false }, day(9), anything).operation?.active, true)
})

void describe('what a decision notes', () => {
  void it('is the event that deactivates, from its date on, or from now where that is ahead', () => {
    assert.deepEqual(decide([HIRED, LEFT]).leaving, {
      seq: 2,
      source: '/hr/acme',
      id: 'e-2',
      effectiveAt: day(2),
      recordedAt: day(2),
    })
    const moved = personEvent(1, { worker: WORKER, effectiveAt: day(9), recordedAt: day(1) })
    const title = personEvent(2, { worker: { userName: 'ada@contoso.com' }, effectiveAt: day(2) })
    assert.equal(decide([moved, title]).leaving?.effectiveAt, NOW)
  })

  void it('is an open leaver case, also of an employee who is active, and a block, also without any event', () => {
    const { leaver, inactive } = decide([HIRED], { leaver: { resend: false } })
    assert.deepEqual([leaver, inactive], [true, undefined])
    assert.equal(decide([], { blocked: { since: day(1), until: null } }).blocked, true)
    assert.equal(decide([HIRED, LEFT]).inactive, true)
  })

  void it('is a finding about a termination that is dated before the activations it counts from', () => {
    const early = personEvent(3, { effectiveAt: day(1) - 1, recordedAt: day(3), worker: { active: false } })
    const { findings } = decide([HIRED, early])
    assert.deepEqual(
      findings?.map(({ code, event, detail }) => [code, event?.id, detail]),
      [['TerminationBeforeStart', 'e-3', 'counts from e-1 on']],
    )
  })
})
