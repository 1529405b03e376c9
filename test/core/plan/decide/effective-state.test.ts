import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { effectiveState } from '../../../../src/core/plan/decide/effective-state.ts'
import { day } from '../../../fakes/events.ts'
import { NOW } from '../../../fakes/histories.ts'
import { employee, personEvent, WORKER } from '../../../fakes/people.ts'

const active = (events: readonly EmployeeEvent[], more: Partial<Employee> = {}) =>
  effectiveState(employee(events, { known: true, ...more }), NOW).attributes.get('active')

void describe('an employee whom no event activates any more', () => {
  const title = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
  const moved = personEvent(1, { effectiveAt: day(9), worker: WORKER })

  void it('is inactive when the activation was moved ahead, and the directory may hold the account', () => {
    assert.deepEqual(active([moved, title]), { value: false, by: 1 })
    assert.equal(active([moved, title], { known: false }), undefined)
  })

  void it('is inactive when the activation was rescinded', () => {
    const rescind = personEvent(3, { effectiveAt: day(3), rescinds: { source: '/hr/acme', id: 'e-1' } })
    assert.deepEqual(active([{ ...moved, effectiveAt: day(1) }, title, rescind]), { value: false, by: 3 })
  })

  void it('is not decided when the activation died or is a notice that has not been read', () => {
    const hired = { ...moved, effectiveAt: day(1) }
    assert.equal(active([{ ...hired, dead: true, state: 'dead-lettered' }, title]), undefined)
    assert.equal(active([{ ...hired, mode: 'notice' }, title]), undefined)
  })
})

void describe('a block', () => {
  const blocked = { since: day(1), until: null }
  const state = (events: readonly EmployeeEvent[]) => effectiveState(employee(events, { blocked }), NOW)

  void it('overrides nothing of an employee who has left, or of whom nothing is known', () => {
    const left = personEvent(2, { effectiveAt: day(2), worker: { active: false } })
    assert.equal(state([personEvent(1, { worker: WORKER }), left]).overridden, null)
    assert.equal(state([]).overridden, null)
    assert.equal(state([]).attributes.size, 0)
  })

  void it('is attributed to the last event where none says anything about access', () => {
    const events = [
      personEvent(1, { worker: { title: 'Head' } }),
      personEvent(2, { worker: { nickName: 'A' } }),
    ]
    assert.deepEqual(state(events).overridden, { by: 2, saysActive: false })
  })
})

void it('rescinded attributes are cleared, but not where an event in force sets them, above them or below them', () => {
  const clears = (rescinded: EmployeeEvent['worker'], inForce: EmployeeEvent['worker']) => {
    const events = [
      personEvent(1, { worker: rescinded }),
      personEvent(2, { effectiveAt: day(2), rescinds: { source: '/hr/acme', id: 'e-1' } }),
      personEvent(3, { effectiveAt: day(2), worker: inForce }),
    ]
    return Object.fromEntries(effectiveState(employee(events), NOW).attributes)
  }
  const title = { title: { value: 'Head', by: 3 } }
  assert.deepEqual(clears({ nickName: 'A' }, { title: 'Head' }), {
    ...title,
    nickName: { value: null, by: 2 },
  })
  assert.deepEqual(clears({ title: 'Lead' }, { title: 'Head' }), title)
  assert.deepEqual(clears({ name: { givenName: 'Ann' } }, { name: null }), { name: { value: null, by: 3 } })
  assert.deepEqual(clears({ name: null }, { name: { givenName: 'Ann' } }), {
    'name.givenName': { value: 'Ann', by: 3 },
  })
})
