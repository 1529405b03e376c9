import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '../../../../../src/core/ledger/decision.ts'
import type { Employee, EmployeeEvent } from '../../../../../src/core/ledger/employee.ts'
import { planEmployee } from '../../../../../src/core/plan/decide/plan.ts'
import { day } from '../../../../fakes/events.ts'
import { employee, personEvent, rules, WORKER } from '../../../../fakes/people.ts'

const NOW = day(100)
const DISABLED = day(50)
const hired = personEvent(1, { worker: WORKER, effectiveAt: day(1) })

function decide(events: readonly EmployeeEvent[], more: Partial<Employee> = {}) {
  const decision: Decision = planEmployee(
    employee(events, { known: true, disabledElsewhereAt: DISABLED, ...more }),
    NOW,
    rules,
  )
  assert.equal(decision.kind, 'decided')
  return decision
}
const held = (events: readonly EmployeeEvent[]): boolean => {
  const { operation, elsewhere, events: decided } = decide(events)
  const waits = decided.every(({ state, reason }) => state === 'held' && reason === 'DisabledElsewhere')
  assert.equal(elsewhere, operation === null ? 'held' : 'overruled')
  if (operation === null) assert.ok(waits)
  return operation === null
}

void test('a deactivation made elsewhere is not reversed by an event that HR recorded before it, even if it takes effect later', () => {
  assert.equal(held([hired]), true)
  const rehired = personEvent(2, {
    recordedAt: day(49),
    effectiveAt: day(60),
    worker: { active: true, title: 'Lead' },
  })
  assert.equal(held([hired, rehired]), true)
  const atOnce = { recordedAt: DISABLED, effectiveAt: DISABLED, worker: { active: true } }
  assert.equal(held([hired, personEvent(2, atOnce)]), true, 'nor by one of the same moment')
})

void test('nor by a newer event that does not set active', () => {
  const moved = personEvent(2, { recordedAt: day(60), effectiveAt: day(60), worker: { title: 'Lead' } })
  assert.equal(held([hired, moved]), true)
})

void test('nor by a newer event that is dead, not in force yet, or rescinded', () => {
  const rehired = personEvent(2, { recordedAt: day(60), effectiveAt: day(60), worker: { active: true } })
  assert.equal(held([hired, { ...rehired, dead: true, state: 'dead-lettered', reason: 'X' }]), true)
  const ahead = decide([hired, { ...rehired, effectiveAt: NOW + 1 }])
  assert.deepEqual([ahead.operation, ahead.elsewhere, ahead.nextAt], [null, 'held', NOW + 1])
  const rescind = personEvent(3, { recordedAt: day(61), rescinds: { source: '/hr/acme', id: 'e-2' } })
  assert.equal(decide([hired, rehired, rescind]).operation, null)
})

void test('a newer event that sets active reverses it, also a snapshot that only repeats it', () => {
  const more = { recordedAt: day(60), effectiveAt: day(60) }
  assert.equal(held([hired, personEvent(2, { ...more, worker: { active: true } })]), false)
  assert.equal(held([hired, personEvent(2, { ...more, mode: 'snapshot', worker: WORKER })]), false)
})

void test('so does a newer rescind of a termination', () => {
  const left = personEvent(2, { recordedAt: day(49), effectiveAt: day(49), worker: { active: false } })
  const rescind = personEvent(3, {
    recordedAt: day(60),
    effectiveAt: day(49),
    rescinds: { source: '/hr/acme', id: 'e-2' },
  })
  const { operation, elsewhere } = decide([hired, left, rescind])
  assert.deepEqual([operation?.active, elsewhere], [true, 'overruled'])
})

void test('a termination is still sent', () => {
  const left = personEvent(2, { recordedAt: day(49), effectiveAt: day(49), worker: { active: false } })
  assert.equal(decide([hired, left]).operation?.active, false)
})
