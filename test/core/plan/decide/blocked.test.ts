import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { isFinal } from '../../../../src/core/ledger/lifecycle.ts'
import type { Employee } from '../../../../src/core/ledger/employee.ts'
import { explainEmployee } from '../../../../src/core/plan/explain.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { day } from '../../../fakes/events.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'
import { runs } from '../../../fakes/runs.ts'

const IN_FORCE = { since: day(2), until: null }
const HIRE = personEvent(1, { worker: WORKER })

function decided(one: Employee, now = NOW) {
  const decision = planEmployee(one, now, rules)
  assert(decision.kind === 'decided')
  return decision
}

void describe('a blocked employee', () => {
  void it('is sent disabled although an event says active, and the outcome says so', () => {
    const { operation, events, blocked } = decided(employee([HIRE], { blocked: IN_FORCE }))
    assert.equal(operation?.active, false)
    assert.equal(parseRecord(operation.record)['active'], false)
    assert.equal(operation.lane, 'leaver')
    assert.equal(blocked, true)
    assert.deepEqual(
      events.map(({ state, reason }) => [state, reason]),
      [['planned', 'Blocked']],
    )
  })

  void it('gets every other attribute', () => {
    const title = personEvent(2, { worker: { title: 'Head' }, effectiveAt: day(3) })
    const one = employee([HIRE, title], { blocked: IN_FORCE, known: true })
    const { operation, events } = decided(one)
    assert.equal(parseRecord(operation?.record ?? '')['title'], 'Head')
    assert.deepEqual(
      events.map(({ seq, state, reason }) => [seq, state, reason]),
      [
        [1, 'planned', 'Blocked'],
        [2, 'planned', null],
      ],
    )
  })

  void it('stays disabled by an event that changes nothing the directory holds, and its outcome says why', () => {
    const first = decided(employee([HIRE], { blocked: IN_FORCE }))
    const rehire = personEvent(2, { worker: { active: true }, effectiveAt: day(3) })
    const { operation, events } = decided(
      employee([{ ...HIRE, state: 'confirmed' }, rehire], {
        blocked: IN_FORCE,
        known: true,
        acceptedHash: first.operation?.hash ?? '',
      }),
    )
    assert.equal(operation, null)
    assert.deepEqual(
      events.map(({ state, reason }) => [state, reason]),
      [['unchanged', 'Blocked']],
    )
  })

  void it('is disabled although an operation that enables the account is unanswered', () => {
    const { operation } = decided(
      employee([{ ...HIRE, state: 'planned' }], {
        blocked: IN_FORCE,
        unanswered: [{ id: 'op-1', state: 'accepted', active: true }],
      }),
    )
    assert.deepEqual([operation?.active, operation?.overtakes], [false, true])
  })

  void it('is not created by the block alone: without an account it waits for a complete record', () => {
    const title = personEvent(1, { worker: { title: 'Head' } })
    assert.equal(decided(employee([], { blocked: IN_FORCE })).operation, null)
    const { operation, events } = decided(employee([title], { blocked: IN_FORCE }))
    assert.equal(operation, null)
    assert.equal(events[0]?.state, 'incomplete')
    const noName = personEvent(1, { worker: { active: true } })
    assert.equal(decided(employee([noName], { blocked: IN_FORCE })).events[0]?.detail, 'userName')
  })

  void it('is planned when the block ends, and is active from then on', () => {
    const one = employee([HIRE], { blocked: { since: day(1), until: day(5) } })
    assert.equal(decided(one).nextAt, day(5))
    assert.equal(decided(one, day(5)).operation?.active, true)
  })

  void it('is active before the block begins, and is planned at that moment', () => {
    const one = employee([HIRE], { blocked: { since: day(5), until: null } })
    assert.deepEqual([decided(one).operation?.active, decided(one).nextAt], [true, day(5)])
    assert.equal(decided(one, day(5)).operation?.active, false)
  })

  void it('keeps the leaver case of a termination open until the directory holds the account disabled', () => {
    const { leaving } = decided(employee([HIRE], { blocked: IN_FORCE, known: true }))
    assert.equal(leaving?.id, HIRE.id)
  })

  void it('is explained with the block first', async () => {
    const { blocked } = await explainEmployee(employee([HIRE], { blocked: IN_FORCE }), NOW, rules)
    assert.deepEqual(blocked, IN_FORCE)
    const over = { since: day(1), until: day(3) }
    assert.equal((await explainEmployee(employee([HIRE], { blocked: over }), NOW, rules)).blocked, null)
  })
})

const people = fc
  .record({
    history: histories(),
    known: fc.boolean(),
    unanswered: fc.constantFrom<Employee['unanswered']>(
      [],
      [{ id: 'op-1', state: 'accepted', active: true }],
      [{ id: 'op-1', state: 'accepted', active: false }],
    ),
    since: fc.integer({ min: 0, max: 4 }).map(day),
    until: fc.constantFrom(null, day(5), day(9)),
  })
  .map(({ history, since, until, ...rest }) => {
    const events = history.map((event) =>
      personEvent(event.seq, { ...event, state: event.dead ? 'dead-lettered' : 'received' }),
    )
    return { one: employee(events, rest), block: { since, until } }
  })

void describe('in any history', () => {
  void it('no record of a blocked employee is active, and all else of it is as without the block', () => {
    fc.assert(
      fc.property(people, ({ one, block }) => {
        const decision = planEmployee({ ...one, blocked: block }, NOW, rules)
        const free = planEmployee(one, NOW, rules)
        if (block.until !== null) assert(decision.nextAt !== null && decision.nextAt <= block.until)
        if (decision.kind === 'wait' || !decision.operation) return
        assert.equal(decision.operation.active, false)
        const { active, ...rest } = parseRecord(decision.operation.record)
        assert.equal(active, false)
        if (free.kind === 'wait' || !free.operation) return
        const { active: _active, ...freeRest } = parseRecord(free.operation.record)
        assert.deepEqual(rest, freeRest)
      }),
      { numRuns: runs(10_000) },
    )
  })

  void it('an employee is planned after a block as if it had never been', () => {
    fc.assert(
      fc.property(people, ({ one, block }) => {
        const lifted = { since: block.since, until: NOW }
        assert.deepEqual(planEmployee({ ...one, blocked: lifted }, NOW, rules), planEmployee(one, NOW, rules))
      }),
      { numRuns: runs(10_000) },
    )
  })

  void it('a blocked employee who may be active in the directory is sent disabled', () => {
    fc.assert(
      fc.property(people, ({ one, block }) => {
        const known = { ...one, known: true, unanswered: [] }
        const free = planEmployee(known, NOW, rules)
        assert(free.kind === 'decided')
        if (free.operation?.active !== true) return
        const { operation, events } = decided({ ...known, blocked: block })
        assert.equal(operation?.active, false)
        assert(events.every(({ state }) => !isFinal(state) || state !== 'confirmed'))
      }),
      { numRuns: runs(5_000) },
    )
  })
})
