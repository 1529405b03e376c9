import { EVENT_REASONS, type FailureCode } from '../../../../src/core/ledger/event-reason.ts'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Activation } from '../../../../src/core/plan/settings.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import type { Failure, Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { targetsOf } from '../../../../src/core/plan/mapping/targets.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { NOW } from '../../../fakes/histories.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const activation: Activation = { policy: 'announce', attribute: 'startDate' }
const rules = { mapping: compileMapping(), digest, fold: { owns: () => null, activation } }
const hire = { userName: 'ann@example.com', active: true }

function event(seq: number, more: Partial<EmployeeEvent>): EmployeeEvent {
  return { ...ledgerEvent(seq, more), state: 'received', reason: null, ...more }
}
function plan(
  events: readonly EmployeeEvent[],
  more: Partial<Employee> = {},
): Extract<Decision, { kind: 'decided' }> {
  const employee = {
    employeeId: '10001',
    revision: 7,
    acceptedHash: null,
    known: false,
    unanswered: [],
    events,
    ...more,
  }
  const decision = planEmployee(employee, NOW, rules)
  assert(decision.kind === 'decided')
  return decision
}
/** What the service failed with for good; nothing it was sent for is named. */
function failureOf(hash: string, more: Partial<Failure> = {}): Failure {
  return {
    hash,
    active: false,
    code: 'InvalidValue' as FailureCode,
    reason: null,
    refused: false,
    failures: 1,
    at: NOW,
    carried: [],
    lastAccepted: null,
    ...more,
  }
}
/** Sends what is planned of these, and the service fails with it for good. */
function failed(events: readonly EmployeeEvent[], reason: string | null): ReturnType<typeof plan> {
  const { events: decided, operation } = plan(events)
  assert(operation)
  const { hash, active } = operation
  const carried = decided.flatMap(({ seq, state }) => (state === 'planned' ? [seq] : []))
  const failure = failureOf(hash, { active, reason, carried })
  const after = events.map((one) => {
    const state = decided.find(({ seq }) => seq === one.seq)?.state ?? one.state
    return { ...one, state: state === 'planned' ? ('received' as const) : state }
  })
  return plan(after, { failure, failedHash: hash })
}
const dead = ({ events }: ReturnType<typeof plan>): number[] =>
  events.flatMap(({ seq, state }) => (state === 'dead-lettered' ? [seq] : [])).sort((a, b) => a - b)

void describe('attributing a failure to events', () => {
  void test('a failure of its attributes is attributed to an announced hire, which is not sent instead of a termination', () => {
    const announced = event(2, { effectiveAt: day(9), worker: { ...hire, department: 'bad' } })
    const other = event(1, { worker: { title: 'Lead' } })
    const decision = failed([other, announced], "attribute 'department' is not valid")
    assert.deepEqual(dead(decision), [2])
    assert.equal(decision.operation, null)
  })

  void test('an announced hire is not at fault when the record has changed since', () => {
    const announced = event(2, { effectiveAt: day(9), worker: { ...hire, department: 'bad' }, state: 'held' })
    const failure = failureOf('another', { reason: "attribute 'department' is not valid", carried: [1] })
    assert.deepEqual(dead(plan([event(1, { worker: { title: 'Lead' } }), announced], { failure })), [])
  })

  void test('only the event that set the named attribute dies', () => {
    const events = [
      event(1, { worker: hire }),
      event(2, { effectiveAt: day(2), worker: { department: 'bad' } }),
    ]
    const decision = failed(events, 'The department is wrong: property department')
    assert.deepEqual(dead(decision), [2])
    assert.equal(decision.operation?.record.includes('bad'), false)
    assert.match(decision.events.find(({ seq }) => seq === 2)?.detail ?? '', /department$/)
  })

  void test('when a finished event holds the named attribute, all events that failed die, and later open events do not', () => {
    const finished = event(1, { worker: { ...hire, department: 'bad' }, state: 'confirmed' })
    const open = event(2, { effectiveAt: day(2), worker: { title: 'Lead' } })
    const other = event(3, { effectiveAt: day(3), worker: { nickName: 'An' } })
    const named = 'The department is wrong: property department'
    assert.deepEqual(dead(failed([finished, open, other], named)), [2, 3])
    const hash = plan([finished, open]).operation?.hash ?? ''
    const failure = failureOf(hash, { active: true, reason: named, carried: [2] })
    const after = (later: EmployeeEvent): number[] =>
      dead(plan([finished, open, later], { failure, failedHash: hash }))
    assert.deepEqual(after(other), [2], 'an event that came meanwhile does not set it')
    const sets = event(3, { effectiveAt: day(3), worker: { department: 'Law' } })
    assert.deepEqual(after(sets), [], 'an event that came meanwhile replaces it')
  })

  void test('without a named attribute all open events die together', () => {
    const events = [
      event(1, { worker: hire }),
      event(2, { effectiveAt: day(2), worker: { department: 'bad' } }),
    ]
    const decision = failed(events, null)
    assert.deepEqual(dead(decision), [1, 2])
    assert.deepEqual(
      decision.events.map(({ detail }) => detail),
      [null, null],
    )
  })

  void test('before those, an event dies of which the directory accepted the deactivation only', () => {
    const reason = EVENT_REASONS.deactivationOnly
    const left = event(2, {
      effectiveAt: day(2),
      worker: { active: false, title: 'bad' },
      state: 'confirmed',
      reason,
    })
    const later = event(3, { effectiveAt: day(3), worker: { department: 'Law' } })
    const events = [event(1, { worker: hire, state: 'confirmed' }), left, later]
    const failure = failureOf(plan(events).operation?.hash ?? '', { carried: [3] })
    const after = plan(events, { failure, failedHash: failure.hash })
    assert.deepEqual(dead(after), [2])
    assert.deepEqual(dead(plan([...events.slice(0, 1), { ...left, reason: null }, later], { failure })), [3])
    const replaced = [...events.slice(0, 2), { ...later, worker: { title: 'Lead' } }]
    const { operation } = plan(replaced)
    const other = { ...failure, hash: operation?.hash ?? '' }
    assert.deepEqual(dead(plan(replaced, { failure: other })), [3], 'its other values no longer count')
  })

  void test('an event that sets nothing is at fault only while the record is the one that failed', () => {
    const events = [
      event(1, { worker: hire, state: 'confirmed' }),
      event(2, { effectiveAt: day(2), rescinds: { source: '/hr', id: 'unknown' }, worker: {} }),
    ]
    const { operation } = plan(events.slice(0, 1))
    const after = (hash: string): number[] =>
      dead(plan(events, { failure: failureOf(hash, { active: true, carried: [2] }), failedHash: hash }))
    assert.deepEqual([after(operation?.hash ?? ''), after('another')], [[2], []])
  })

  void test('a record that the call refused is not sent again, however many failures are allowed', () => {
    const events = [event(1, { worker: hire })]
    const patient = { ...rules, attributeFailure: { attempts: 3, targets: targetsOf() } }
    const hash = plan(events).operation?.hash ?? ''
    const after = (refused: boolean): Decision => {
      const failure = failureOf(hash, { active: true, refused, carried: [1] })
      const employee = {
        employeeId: '10001',
        revision: 7,
        acceptedHash: null,
        known: false,
        unanswered: [],
        events,
        failure,
        failedHash: hash,
      }
      return planEmployee(employee, NOW, patient)
    }
    const [again, refused] = [after(false), after(true)]
    assert(again.kind === 'decided' && refused.kind === 'decided')
    assert.deepEqual([dead(again), again.operation?.hash], [[], hash])
    assert.deepEqual([dead(refused), refused.operation], [[1], null])
  })

  void test('a leaver whose record may be sent again is sent with it while it carries an event', () => {
    const events = [
      event(1, { worker: hire, state: 'confirmed' }),
      event(2, { effectiveAt: day(2), worker: { active: false }, state: 'confirmed' }),
      event(3, { effectiveAt: day(3), worker: { title: 'Lead' } }),
    ]
    const hash = plan(events).operation?.hash ?? ''
    const failure = failureOf(hash, { carried: [3] })
    const one = { employeeId: '10001', revision: 7, acceptedHash: null, known: true, unanswered: [], events }
    const patient = { ...rules, attributeFailure: { attempts: 3, targets: targetsOf() } }
    const decision = planEmployee({ ...one, failure, failedHash: hash }, NOW, patient)
    assert(decision.kind === 'decided')
    assert.deepEqual([decision.operation?.hash, decision.operation?.deactivationOnly], [hash, undefined])
  })

  void test('a deactivation is sent only for a termination that failed as one', () => {
    const hired = event(1, { worker: hire, state: 'confirmed' })
    const left = event(2, { effectiveAt: day(2), worker: { active: false, title: 'bad' } })
    const wasActive = plan([hired, left], { failure: failureOf('x', { active: true, carried: [2] }) })
    assert.deepEqual([dead(wasActive), wasActive.operation?.deactivationOnly], [[2], undefined])
    const joins = event(1, { worker: hire })
    const isActive = plan([joins], { failure: failureOf('x', { carried: [1] }) })
    assert.deepEqual([dead(isActive), isActive.operation], [[1], null])
  })

  void test('with the deactivation go only the events that the termination superseded; the others that failed die, and further ones wait', () => {
    const events = [
      event(1, { worker: hire, state: 'confirmed' }),
      event(2, { effectiveAt: day(2), worker: { active: true } }),
      event(3, { effectiveAt: day(3), worker: { active: false, title: 'bad' } }),
      event(4, { effectiveAt: day(3), order: 4, worker: { department: 'bad' } }),
      event(5, { effectiveAt: day(3), order: 5, worker: { nickName: 'An' } }),
      event(6, { effectiveAt: day(3), order: 6, worker: { nickName: 'Anne' } }),
    ]
    const { hash = '' } = plan(events).operation ?? {}
    const decision = plan(events, { failure: failureOf(hash, { carried: [3, 4] }), failedHash: hash })
    assert.equal(decision.operation?.deactivationOnly, true)
    assert.deepEqual(
      decision.events.map(({ seq, state, by }) => [seq, state, by]),
      [
        [4, 'dead-lettered', null],
        [3, 'planned', null],
        [2, 'planned', 3],
      ],
    )
  })

  void test('a leaver whose deactivation only failed too is sent with the whole record, without the dead events', () => {
    const events = [
      event(1, { worker: hire, state: 'confirmed' }),
      event(2, { effectiveAt: day(2), worker: { active: false, title: 'bad' } }),
    ]
    const alone = failed(events, null).operation
    assert.equal(alone?.deactivationOnly, true)
    const hash = alone?.hash ?? ''
    const failure = failureOf(hash, { carried: [2] })
    const after = plan(events, { failure, failedHash: hash })
    assert.deepEqual(dead(after), [2])
    const { userName, title, active } = JSON.parse(after.operation?.record ?? '{}')
    assert.deepEqual([userName, title, active], ['ann@example.com', undefined, false])
  })

  void test('a leaver without open events gets a deactivation only when a resend of the whole record fails, and the record is resent later', () => {
    const events = [
      event(1, { worker: hire, state: 'confirmed' }),
      event(2, { effectiveAt: day(2), worker: { active: false, title: 'bad' }, state: 'confirmed' }),
    ]
    const whole = plan(events).operation
    assert(whole)
    const taken = '{"externalId":"10001","userName":"ann@example.com","active":true}'
    const failure = failureOf(whole.hash, { lastAccepted: taken })
    const alone = plan(events, { failure, failedHash: whole.hash }).operation
    assert.deepEqual(alone, {
      lane: 'leaver',
      active: false,
      record: taken.replace('true', 'false'),
      hash: digest(taken.replace('true', 'false')),
      manager: null,
      overtakes: false,
      deactivationOnly: true,
    })
    const unheard = plan(events, { failure: { ...failure, unheard: true }, failedHash: whole.hash })
    assert.equal(unheard.operation, null, 'it was given up without an answer')
    const fan = event(3, { effectiveAt: day(3), worker: { shoeSize: '44' } })
    const unmapped = plan([...events, fan], { failure, failedHash: whole.hash })
    assert.equal(unmapped.operation?.deactivationOnly, true, 'an event that is not sent changes nothing')
    for (const other of [{ active: true }, { settled: true }]) {
      const { operation } = plan(events, { failure: { ...failure, ...other }, failedHash: whole.hash })
      assert.notEqual(operation?.deactivationOnly, true, 'what failed was not this, or is answered')
    }
    const stays = events.slice(0, 1)
    const { hash: active = '' } = plan(stays).operation ?? {}
    const kept = plan(stays, { failure: { ...failure, hash: active }, failedHash: active })
    assert.notEqual(kept.operation?.deactivationOnly, true, 'HR does not say that they leave')
    const hash = alone?.hash ?? ''
    // From then on the leaver case says when: see core/leavers.
    const failedAgain = { failure: { ...failure, hash, failures: 9, at: 0 }, failedHash: hash }
    assert.equal(plan(events, failedAgain).operation, null)
    assert.equal(plan(events, { ...failedAgain, leaver: { resend: false } }).operation, null)
    assert.equal(plan(events, { ...failedAgain, leaver: { resend: true } }).operation?.hash, hash)
    // What the service said since is its last word: offered alone again, it would be answered the
    // same for ever.
    const settled = { ...failure, hash, failures: 2, at: NOW - 3_600_000, settled: true }
    assert.notEqual(plan(events, { failure: settled, failedHash: hash }).operation?.hash, hash)
    assert.equal(
      plan(events, { failure, failedHash: whole.hash, acceptedHash: hash }).operation,
      null,
      'the directory has it',
    )
    const later = event(3, { effectiveAt: NOW + 86_400_000, worker: { active: true }, state: 'held' })
    const meanwhile = plan([...events, later], { failure, failedHash: whole.hash })
    assert.deepEqual(
      [meanwhile.operation?.hash, meanwhile.events.map(({ state }) => state)],
      [hash, ['held']],
      'a future event is not an obstacle',
    )
  })
})
