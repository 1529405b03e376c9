import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assessLeaver, type Assessment } from '../../../src/core/leavers/assess.ts'
import type { EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import type { LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'

interface Told {
  readonly refused: boolean
  readonly directory: LeaverView['directory']
}

/** The state of the case of the event that has `seq` 2, two days after it took effect. */
function assessed(
  events: readonly EmployeeEvent[],
  { refused = false, directory = { disabled: false, since: null } }: Partial<Told> = {},
): Assessment {
  const leaverCase = {
    id: 1,
    employeeId: '10001',
    event: { source: '/hr/acme', id: 'e-2' },
    effectiveAt: day(5),
    recordedAt: day(3),
    receivedAt: day(3),
    openedAt: day(3),
    resends: 0,
    refused,
  }
  return assessLeaver(
    {
      leaverCase,
      employee: employee(events),
      candidates: [],
      directory,
      emergency: { disabledAt: null, wait: null },
      brake: null,
      last: null,
    },
    day(7),
  )
}
const hired = personEvent(1, { worker: { userName: 'a@contoso.com', active: true }, effectiveAt: day(1) })
/** A notice of the leaving that was read. */
const read = (worker: { readonly active?: boolean }): EmployeeEvent =>
  personEvent(2, { type: 'worker.terminated', mode: 'snapshot', effectiveAt: day(4), worker })

void describe('the case of a notice that HR was asked about', () => {
  void test('stays open when HR answers that the employee is active', () => {
    const causeOf = (assessment: Assessment): unknown => assessment.kind === 'open' && assessment.cause
    assert.equal(causeOf(assessed([hired, read({ active: true })])), 'superseded-by-earlier')
    assert.equal(causeOf(assessed([read({ active: true })])), 'contradicted')
  })
  void test('stays open when HR answers nothing about access', () => {
    const assessment = assessed([hired, read({})])
    assert.equal(assessment.kind === 'open' && assessment.cause, 'superseded-by-earlier')
  })
  void test('ends when another event, recorded later, says that the employee is active', () => {
    const back = personEvent(3, { worker: { active: true }, effectiveAt: day(6) })
    assert.equal(assessed([hired, read({ active: true }), back]).kind, 'ended')
  })
})

void test('the case of a refused message ends once other events have disabled the account, and never before it was opened', () => {
  const left = personEvent(2, { worker: { active: false }, effectiveAt: day(2) })
  const endOf = (since: number | null): unknown => {
    const assessment = assessed([hired, left], { refused: true, directory: { disabled: true, since } })
    return assessment.kind === 'ended' && [assessment.as, assessment.at]
  }
  assert.deepEqual(endOf(day(1)), ['proven', day(3)])
  assert.deepEqual(endOf(day(6)), ['proven', day(6)])
  assert.deepEqual(endOf(null), ['proven', day(7)])
})
