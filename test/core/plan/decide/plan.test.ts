import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { EVENT_ARROWS, type EventState, isFinal } from '../../../../src/core/ledger/lifecycle.ts'
import { flatten } from '../../../../src/core/plan/fold/flatten.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import type { Decision, EventDecision, PlannedOperation } from '../../../../src/core/ledger/decision.ts'
import { EVENT_REASONS, leavesFold } from '../../../../src/core/ledger/event-reason.ts'
import type { Employee, EmployeeEvent, UnansweredOperation } from '../../../../src/core/ledger/employee.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { CORE_USER, ENTERPRISE_USER } from '../../../../src/core/plan/mapping/scim.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { oracle, rescinded } from '../fold/fold-oracle.ts'
import { runs } from '../../../fakes/runs.ts'

const rules = {
  mapping: compileMapping(),
  digest: (text: string) => createHash('sha256').update(text).digest('hex'),
}
type Decided = Extract<Decision, { kind: 'decided' }>

function event(seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent {
  const state = more.state ?? 'received'
  const reason = more.reason ?? null
  const by = more.by ?? null
  return {
    ...ledgerEvent(seq, more),
    state,
    reason,
    by,
    dead: state === 'dead-lettered' && leavesFold(reason),
  }
}
function employee(events: readonly EmployeeEvent[], more: Partial<Employee> = {}): Employee {
  return {
    employeeId: '10001',
    revision: 7,
    events,
    acceptedHash: null,
    known: false,
    unanswered: [],
    ...more,
  }
}
function plan(events: readonly EmployeeEvent[], more: Partial<Employee> = {}): Decided {
  const decision = planEmployee(employee(events, more), NOW, rules)
  assert(decision.kind === 'decided')
  return decision
}
function operationOf({ operation }: Decided): PlannedOperation {
  assert(operation)
  return operation
}
function of(decided: Decided, seq: number): Partial<EventDecision> | undefined {
  const found = decided.events.find((one) => one.seq === seq)
  return found && { state: found.state, reason: found.reason, by: found.by }
}

const hired = event(1, { worker: { userName: 'ann@contoso.com', title: 'Engineer', active: true } })
const left = event(2, { effectiveAt: day(2), worker: { active: false } })
const done = (one: EmployeeEvent, state: EventState = 'confirmed'): EmployeeEvent => ({ ...one, state })
/** Fingerprint of the record these events come to. */
const taken = (events: readonly EmployeeEvent[]): string => operationOf(plan(events)).hash

void describe('what is sent', () => {
  void test('every operation carries its key, its schemas and active', () => {
    assert.deepEqual(parseRecord(operationOf(plan([hired])).record), {
      schemas: [CORE_USER, ENTERPRISE_USER],
      externalId: '10001',
      userName: 'ann@contoso.com',
      title: 'Engineer',
      active: true,
    })
  })

  void test('a record that the directory already accepted costs no operation', () => {
    const moved = event(2, { effectiveAt: day(2), worker: { title: 'Engineer' } })
    const decided = plan([done(hired), moved], { acceptedHash: taken([hired]), known: true })
    assert.equal(decided.operation, null)
    assert.deepEqual(of(decided, 2), { state: 'unchanged', reason: 'SameRecord', by: null })
  })

  void test('a record is sent again while the content of the directory is unknown', () => {
    const decided = plan([done(hired), event(2, { effectiveAt: day(2), worker: { title: 'Engineer' } })], {
      acceptedHash: null,
      known: true,
    })
    assert.equal(operationOf(decided).lane, 'mover')
    assert.deepEqual(of(decided, 2), { state: 'planned', reason: null, by: null })
  })

  void test('leavers are sent first, joiners second, movers last', () => {
    assert.equal(operationOf(plan([hired])).lane, 'joiner')
    assert.equal(operationOf(plan([hired], { known: true })).lane, 'mover')
    assert.deepEqual(
      [operationOf(plan([hired, left])).lane, operationOf(plan([hired, left])).active],
      ['leaver', false],
    )
  })

  void test('the plan names the manager to wait for, and an employee never waits for itself', () => {
    const managed = (managerId: string): EmployeeEvent =>
      event(2, { effectiveAt: day(2), worker: { managerId } })
    assert.equal(operationOf(plan([hired, managed('10002')])).manager, '10002')
    assert.equal(operationOf(plan([hired, managed('10001')])).manager, null)
    assert.equal(operationOf(plan([hired])).manager, null)
  })

  void test('nothing is sent while nothing is known', () => {
    const decided = plan([event(1, { effectiveAt: day(6), worker: { userName: 'x', active: true } })])
    assert.deepEqual([decided.operation, decided.nextAt, of(decided, 1)?.state], [null, day(6), 'held'])
  })
})

void describe('the decision for an event', () => {
  void test('an event without a mapped attribute is unchanged, with that reason', () => {
    const decided = plan([done(hired), event(2, { worker: { shoeSize: '44' } })], {
      acceptedHash: taken([hired]),
    })
    assert.deepEqual(of(decided, 2), { state: 'unchanged', reason: 'NothingMapped', by: null })
  })

  void test('a snapshot that only repeats the record is unchanged for that reason', () => {
    const snapshot = event(2, { effectiveAt: day(2), mode: 'snapshot', worker: hired.worker })
    const decided = plan([done(hired), snapshot], { acceptedHash: taken([hired]), known: true })
    assert.deepEqual(of(decided, 2), { state: 'unchanged', reason: 'SameRecord', by: null })
    assert.deepEqual(of(plan([hired, snapshot]), 2), { state: 'planned', reason: null, by: null })
  })

  void test('a superseded event names the winner, and of several the highest', () => {
    const both = event(2, { effectiveAt: day(2), worker: { title: 'Head', department: 'Law' } })
    const title = event(3, { effectiveAt: day(4), worker: { title: 'Chief' } })
    const department = event(4, { effectiveAt: day(3), worker: { department: 'Care' } })
    assert.deepEqual(of(plan([hired, both, title, department]), 2), { state: 'planned', reason: null, by: 3 })
  })

  void test('an event with one surviving value is not superseded', () => {
    const both = event(2, { effectiveAt: day(2), worker: { title: 'Head', department: 'Law' } })
    const title = event(3, { effectiveAt: day(4), worker: { title: 'Chief' } })
    assert.deepEqual(of(plan([hired, both, title]), 2), { state: 'planned', reason: null, by: null })
  })

  void test('an event superseded by a final event is final at once', () => {
    const winner = event(3, { effectiveAt: day(3), worker: { title: 'Chief' }, state: 'confirmed' })
    const late = event(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const events = [done(hired), late, winner]
    assert.deepEqual(of(plan(events), 2), { state: 'superseded', reason: null, by: 3 })
    assert.deepEqual(of(plan(events, { acceptedHash: taken(events) }), 2), {
      state: 'superseded',
      reason: null,
      by: 3,
    })
  })

  void test('an event superseded by an unanswered event is final together with it', () => {
    const winner = event(3, { effectiveAt: day(3), worker: { title: 'Chief' } })
    const late = event(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    assert.deepEqual(of(plan([done(hired), late, winner]), 2), { state: 'planned', reason: null, by: 3 })
  })

  void test('an event superseded by a dead termination is final, and one superseded by a dead event that is sent again is not', () => {
    const dead = event(3, {
      effectiveAt: day(3),
      worker: { active: false },
      state: 'dead-lettered',
      reason: 'Rejected',
    })
    const back = event(2, { effectiveAt: day(2), worker: { active: true } })
    assert.deepEqual(of(plan([done(hired), back, dead]), 2), { state: 'superseded', reason: null, by: 3 })
    const unheard = { ...dead, reason: EVENT_REASONS.noOutcome, dead: false }
    assert.deepEqual(of(plan([done(hired), back, unheard]), 2), { state: 'planned', reason: null, by: 3 })
  })

  void test('an event that counts again is sent, although the same record has failed before', () => {
    const out = event(2, { effectiveAt: day(2), worker: { active: false }, state: 'superseded', by: 3 })
    const discarded = event(3, {
      effectiveAt: day(3),
      worker: { active: false },
      state: 'skipped',
      reason: EVENT_REASONS.discarded,
      discarded: true,
    })
    const failedHash = operationOf(plan([done(hired), { ...out, state: 'received' }])).hash
    const decided = plan([done(hired), out, discarded], { failedHash })
    assert.deepEqual(of(decided, 2), { state: 'planned', reason: null, by: null })
    assert.equal(operationOf(decided).active, false)
  })

  void test('a dead letter without an answer stays one while the record that failed since is not sent', () => {
    const out = event(2, { effectiveAt: day(2), worker: { active: false } })
    const failedHash = operationOf(plan([done(hired), out])).hash
    const unheard = { ...out, state: 'dead-lettered', reason: EVENT_REASONS.noOutcome } as const
    const decided = plan([done(hired), unheard], { failedHash })
    assert.equal(decided.operation, null)
    assert.equal(of(decided, 2), undefined)
  })

  void test('a rescinded event is skipped and names its rescind, which is carried by the operation', () => {
    const promoted = event(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const rescind = event(3, { effectiveAt: day(3), rescinds: { source: promoted.source, id: promoted.id } })
    const decided = plan([hired, promoted, rescind])
    assert.deepEqual(of(decided, 2), { state: 'skipped', reason: 'Rescinded', by: 3 })
    assert.deepEqual(of(decided, 3), { state: 'planned', reason: null, by: null })
  })

  void test('a final event is not decided again', () => {
    assert.deepEqual(plan([done(hired), done(left, 'superseded')]).events, [])
  })
})

void describe('an employee with missing attributes is held', () => {
  const nameless = event(1, { worker: { title: 'Engineer', active: true } })

  void test('missing attributes are named, without values', () => {
    const decided = plan([nameless])
    assert.equal(decided.operation, null)
    assert.deepEqual(decided.events, [
      { seq: 1, state: 'incomplete', reason: 'Incomplete', detail: 'userName', by: null },
    ])
    assert.equal(plan([event(1, { worker: { title: 'Engineer' } })]).events[0]?.detail, 'userName, active')
  })

  void test('an attribute that was cleared is missing', () => {
    const cleared = event(2, { effectiveAt: day(2), worker: { userName: null } })
    assert.deepEqual(of(plan([hired, cleared]), 1)?.state, 'incomplete')
  })

  void test('an event that died incomplete returns when the employee becomes complete', () => {
    const died = event(1, {
      worker: { title: 'Engineer', active: true },
      state: 'dead-lettered',
      reason: EVENT_REASONS.incompleteRecord,
    })
    const named = event(2, { effectiveAt: day(2), worker: { userName: 'ann@contoso.com' } })
    const decided = plan([died, named])
    assert.deepEqual([of(decided, 1)?.state, of(decided, 2)?.state], ['planned', 'planned'])
    assert.equal(parseRecord(operationOf(decided).record)['title'], 'Engineer')
  })

  void test('until then it stays dead, and does not die again', () => {
    const died = event(1, {
      worker: { title: 'Engineer', active: true },
      state: 'dead-lettered',
      reason: EVENT_REASONS.incompleteRecord,
    })
    const decided = plan([died, event(2, { effectiveAt: day(2), worker: { department: 'Law' } })])
    assert.deepEqual(
      decided.events.map(({ seq, state }) => [seq, state]),
      [[2, 'incomplete']],
    )
  })

  void test('an event that died for another reason stays dead and out of the record', () => {
    const died = event(2, {
      effectiveAt: day(2),
      worker: { title: 'Head' },
      state: 'dead-lettered',
      reason: 'Rejected',
    })
    const decided = plan([hired, died])
    assert.equal(of(decided, 2), undefined)
    assert.equal(parseRecord(operationOf(decided).record)['title'], 'Engineer')
  })

  void test('an event that died without an answer stays in the record', () => {
    const died = event(2, {
      effectiveAt: day(2),
      worker: { title: 'Head' },
      state: 'dead-lettered',
      reason: EVENT_REASONS.noOutcome,
    })
    assert.equal(parseRecord(operationOf(plan([hired, died])).record)['title'], 'Head')
  })

  void test('an unknown leaver is sent as disabled, without the missing attributes', () => {
    const decided = plan([left])
    const { record, lane } = operationOf(decided)
    assert.deepEqual(
      [parseRecord(record), lane],
      [{ schemas: [CORE_USER, ENTERPRISE_USER], externalId: '10001', active: false }, 'leaver'],
    )
    assert.deepEqual(of(decided, 2), { state: 'planned', reason: null, by: null })
  })
})

void describe('one operation at a time', () => {
  const sent = (active: boolean, state: UnansweredOperation['state'] = 'accepted'): UnansweredOperation => ({
    id: 'op-1',
    state,
    active,
  })

  void test('a termination overtakes an unanswered operation that activates', () => {
    for (const state of ['batched', 'accepted'] as const) {
      const operation = operationOf(
        plan([event(1, { ...hired, state: 'planned' }), left], { unanswered: [sent(true, state)] }),
      )
      assert.deepEqual([operation.lane, operation.overtakes], ['leaver', true])
    }
  })

  void test('a termination overtakes even when the directory accepted the same record before', () => {
    const hash = taken([hired, left])
    assert.equal(
      operationOf(plan([hired, left], { acceptedHash: hash, unanswered: [sent(true)] })).overtakes,
      true,
    )
  })

  void test('every other operation waits for the answer', () => {
    const moved = event(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const back = event(3, { effectiveAt: day(3), worker: { active: true } })
    const wait = { kind: 'wait', employeeId: '10001', revision: 7, nextAt: null }
    for (const [events, unanswered] of [
      [[hired, moved], [sent(true)]],
      [[hired, left], [sent(false)]],
      [[hired, left, back], [sent(false)]],
      [
        [hired, left],
        [sent(true), sent(false)],
      ],
    ] as const)
      assert.deepEqual(planEmployee(employee(events, { unanswered }), NOW, rules), wait)
  })

  void test('an employee who waits for an answer keeps the next moment: a termination due then overtakes', () => {
    const ahead = event(4, { effectiveAt: NOW + 5, worker: { active: false } })
    const decision = planEmployee(employee([hired, ahead], { unanswered: [sent(true)] }), NOW, rules)
    assert.deepEqual(decision, { kind: 'wait', employeeId: '10001', revision: 7, nextAt: NOW + 5 })
  })
})

void describe('for every history', () => {
  const states = fc.constantFrom<readonly [EventState, string | null]>(
    ['received', null],
    ['held', 'NotYetEffective'],
    ['incomplete', 'Incomplete'],
    ['planned', null],
    ['confirmed', null],
    ['superseded', null],
    ['dead-lettered', 'Rejected'],
    ['dead-lettered', EVENT_REASONS.incompleteRecord],
    ['dead-lettered', EVENT_REASONS.noOutcome],
  )
  const unanswered = fc.array(
    fc.record({ id: fc.constant('op'), state: fc.constantFrom('batched', 'accepted'), active: fc.boolean() }),
    {
      maxLength: 2,
    },
  )
  const employees = fc
    .tuple(
      histories(),
      fc.array(states, { minLength: 9, maxLength: 9 }),
      fc.oneof(fc.constant([]), unanswered),
      fc.boolean(),
    )
    .map(([events, chosen, unanswered, known]): Employee => {
      const theirs = events.map((one, index) => {
        const [state, reason] = chosen[index] ?? ['received', null]
        // Only what has taken effect can have been judged.
        return one.effectiveAt > NOW && state !== 'received'
          ? event(one.seq, { ...one, state: 'held' })
          : event(one.seq, { ...one, state, reason })
      })
      return employee(theirs, { unanswered, known })
    })

  void test('every open event gets exactly one decision, which its state allows', () => {
    fc.assert(
      fc.property(employees, (one) => {
        const decision = planEmployee(one, NOW, rules)
        if (decision.kind === 'wait') return assert(one.unanswered.length > 0)
        const decided = new Map(decision.events.map((made) => [made.seq, made]))
        assert.equal(decided.size, decision.events.length)
        for (const { seq, state, reason } of one.events) {
          const made = decided.get(seq)
          if (!isFinal(state)) assert(made, `event ${seq} was ${state} and got no decision`)
          if (!made) continue
          assert(EVENT_ARROWS[state].includes(made.state), `${state} → ${made.state}`)
          if (isFinal(state))
            assert(
              reason === EVENT_REASONS.incompleteRecord ||
                reason === EVENT_REASONS.noOutcome ||
                made.reason === 'Rescinded',
            )
          if (made.state === 'planned') assert(decision.operation)
          if (made.state === 'superseded') assert(made.by !== null && made.by !== seq)
          if (made.state === 'held') assert(decision.nextAt !== null)
        }
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('every planned record is the whole known record', () => {
    fc.assert(
      fc.property(employees, (one) => {
        const decision = planEmployee(one, NOW, rules)
        if (decision.kind === 'wait' || !decision.operation) return
        const { record, hash, active, overtakes } = decision.operation
        const attributes = new Map(oracle(one.events, NOW))
        // An employee without an event in force is disabled, and some event is the reason.
        if (!attributes.has('active')) attributes.set('active', { value: false, by: 0 })
        // What only a rescinded event had said is cleared.
        const out = rescinded(one.events, NOW)
        const spoken = [...attributes.keys()]
        for (const { worker } of one.events.filter(({ seq, dead }) => out.has(seq) && !dead))
          for (const [path] of flatten(worker))
            if (
              !spoken.some(
                (other) => `${other}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${other}.`),
              )
            )
              attributes.set(path, { value: null, by: 0 })
        assert.equal(record, JSON.stringify(rules.mapping.map(one.employeeId, attributes).record))
        assert.equal(hash, rules.digest(record))
        assert.equal(parseRecord(record)['active'], active)
        assert.equal(active, attributes.get('active')?.value)
        assert.equal(overtakes, one.unanswered.length > 0)
        if (overtakes) assert.equal(active, false)
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('the same record again costs no operation', () => {
    fc.assert(
      fc.property(employees, (one) => {
        const first = planEmployee(one, NOW, rules)
        if (first.kind === 'wait' || !first.operation || first.operation.overtakes) return
        const again = planEmployee({ ...one, acceptedHash: first.operation.hash }, NOW, rules)
        assert(again.kind === 'decided' && again.operation === null)
        assert(again.events.every(({ state }) => state !== 'planned' && state !== 'incomplete'))
      }),
      { numRuns: runs(5_000) },
    )
  })
})
