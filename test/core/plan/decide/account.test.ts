import assert from 'node:assert/strict'
import { it } from 'node:test'
import { mayHaveAccount } from '../../../../src/core/plan/decide/effective-state.ts'
import { EVENT_REASONS } from '../../../../src/core/ledger/event-reason.ts'
import { employee, personEvent } from '../../../fakes/people.ts'

void it('an employee without an outcome may have an account, and one whose record was refused has none', () => {
  const dead = (reason: string): boolean =>
    mayHaveAccount(employee([personEvent(1), personEvent(2, { state: 'dead-lettered', reason })]))
  assert.deepEqual([dead(EVENT_REASONS.noOutcome), dead('InvalidValue')], [true, false])
  assert.equal(mayHaveAccount(employee([personEvent(1)])), false)
  assert.equal(mayHaveAccount(employee([personEvent(1)], { known: true })), true)
  const unanswered = [{ id: 'op-1', state: 'accepted', active: true }] as const
  assert.equal(mayHaveAccount(employee([personEvent(1)], { unanswered })), true)
})
