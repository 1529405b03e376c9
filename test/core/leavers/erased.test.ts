import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  erasedMarks,
  isErasedMark,
  isHeldElsewhere,
  leavingsToKeep,
} from '../../../src/core/leavers/erased.ts'
import type { EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent, WORKER } from '../../fakes/people.ts'

const hired = personEvent(1, { worker: WORKER })
const rescindOf = (seq: number): EmployeeEvent =>
  personEvent(9, { effectiveAt: day(9), rescinds: { source: '/hr/acme', id: `e-${seq}` } })
const placesOf = (...events: readonly EmployeeEvent[]): readonly number[] =>
  leavingsToKeep(employee(events, { known: true }), day(20)).map(({ effectiveAt }) => effectiveAt)
const placeOf = (...events: readonly EmployeeEvent[]): number | null => placesOf(...events)[0] ?? null

void describe('what an erasure keeps of a leaving', () => {
  const left = personEvent(2, { effectiveAt: day(2), worker: { active: false } })
  const again = personEvent(3, { effectiveAt: day(5), worker: { active: false } })

  void it('is the place of the last termination that counts', () => {
    assert.equal(placeOf(hired, left, again), day(5))
    assert.deepEqual(placesOf(hired, left, { ...again, effectiveAt: day(20) }), [day(20)], 'from now on')
    assert.equal(placeOf(hired, left, { ...again, discarded: true }), day(2))
    assert.equal(placeOf(hired, left, { ...again, dead: true, state: 'dead-lettered' }), day(5))
  })
  void it('is also the place of each termination to come', () => {
    const toCome = [25, 30].map((date, index) =>
      personEvent(5 + index, { effectiveAt: day(date), worker: { active: false } }),
    )
    assert.deepEqual(placesOf(hired, left, again, ...toCome), [day(5), day(25), day(30)])
    assert.deepEqual(placesOf(hired, ...toCome), [day(25), day(30)])
  })
  void it('is nothing for an employee who never left, also when another event of theirs was rescinded', () => {
    const title = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    assert.equal(placeOf(hired, title), null)
    assert.equal(placeOf(hired, title, rescindOf(2)), null)
    assert.equal(placeOf(hired, left, rescindOf(2)), null)
  })
  void it('is the place of the rescind for an employee whose hire was taken back', () => {
    assert.equal(placeOf(hired, rescindOf(1)), day(9))
    const failed = { ...rescindOf(1), dead: true, state: 'dead-lettered' } as const
    assert.equal(placeOf(hired, failed), day(9), 'also when the rescind is a dead letter')
  })
  void it('is the place of the termination when another event was rescinded after it', () => {
    const title = personEvent(4, { effectiveAt: day(6), worker: { title: 'Head' } })
    assert.equal(placeOf(hired, left, title, rescindOf(4)), day(2))
    assert.equal(placeOf(hired, left, again, title, rescindOf(4)), day(5))
  })
})

void it('an erasure keeps that another system disabled the account, unless HR recorded an activation since', () => {
  const back = (recordedAt: number): EmployeeEvent =>
    personEvent(2, { effectiveAt: day(6), recordedAt, worker: { active: true } })
  const isHeld = (recordedAt: number, disabledElsewhereAt?: number): boolean =>
    isHeldElsewhere(
      employee([hired, back(recordedAt)], disabledElsewhereAt === undefined ? {} : { disabledElsewhereAt }),
      day(20),
    )
  assert.deepEqual([isHeld(day(5), day(5)), isHeld(day(6), day(5)), isHeld(day(6))], [true, false, false])
})

void it('the marks of an erasure are dead leavings of different names, which retention has folded already', () => {
  const place = { effectiveAt: day(2), rank: 0, order: null, recordedAt: day(2) }
  const marks = erasedMarks('10001', [place, place])
  assert.deepEqual(
    marks.map(({ seq, id, worker, dead, folded }) => [seq, id, worker, dead, folded]),
    [
      [-0, 'erased', { active: false }, true, true],
      [-1, 'erased-1', { active: false }, true, true],
    ],
  )
  assert.deepEqual([...marks, hired].map(isErasedMark), [true, true, false])
})
