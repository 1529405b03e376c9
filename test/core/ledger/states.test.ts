import assert from 'node:assert/strict'
import { it } from 'node:test'
import { mayBecomeActive, unknownEmployee } from '../../../src/core/ledger/employee.ts'
import { EVENT_REASONS, leavesFold } from '../../../src/core/ledger/event-reason.ts'
import {
  EVENT_STATES,
  FINAL_EVENT_STATES,
  isFinal,
  OPEN_EVENT_STATES,
} from '../../../src/core/ledger/lifecycle.ts'

void it('an employee may become active while an activation is unanswered', () => {
  const sent = (...active: readonly boolean[]) => ({
    unanswered: active.map((one) => ({ id: 'op', state: 'accepted' as const, active: one })),
  })
  assert.equal(mayBecomeActive(unknownEmployee('1')), false)
  assert.deepEqual([sent(false), sent(true, false), sent(true)].map(mayBecomeActive), [false, true, true])
})

void it('of an employee that the ledger does not know nothing was accepted, sent or said', () => {
  assert.deepEqual(unknownEmployee('7'), {
    employeeId: '7',
    revision: 0,
    acceptedHash: null,
    known: false,
    unanswered: [],
    events: [],
  })
})

void it('a dead event leaves the fold unless it only was incomplete, or the directory may hold it', () => {
  assert.equal(leavesFold(null), true)
  const staying = Object.values(EVENT_REASONS).filter((reason) => !leavesFold(reason))
  assert.deepEqual(staying, ['IncompleteRecord', 'NoOutcome'])
})

void it('every state of an event is either open or final', () => {
  assert.deepEqual(EVENT_STATES.filter(isFinal), [...FINAL_EVENT_STATES])
  assert.deepEqual(
    EVENT_STATES.filter((state) => !isFinal(state)),
    [...OPEN_EVENT_STATES],
  )
})
