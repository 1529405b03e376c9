import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import {
  EVENT_ARROWS,
  EVENT_STATES,
  OPERATION_ARROWS,
  OPERATION_STATES,
  type EventState,
} from '../../../../src/core/ledger/lifecycle.ts'
import type { Link } from '../../../../src/core/connections/connection.ts'
import { EVENT_REASONS } from '../../../../src/core/ledger/event-reason.ts'
import {
  type AnsweredOperation,
  type CarriedEvent,
  decideUnanswered,
  isAccepted,
  mayEnd,
  outcomeOfAnswer,
  outcomeOfSilence,
  REDUNDANT_EXPORT,
  resendAfterFailure,
  resendAfterSilence,
  takesAnswer,
} from '../../../../src/core/report/correlate/settle.ts'

const code = fc.constantFrom(null, REDUNDANT_EXPORT, 'EntryConflict')
const answered: fc.Arbitrary<AnsweredOperation> = fc.record({
  interim: fc.constantFrom('confirmed', 'unchanged', 'skipped', 'failed'),
  code,
  deactivationOnly: fc.boolean(),
  isLate: fc.boolean(),
})
const carried: fc.Arbitrary<CarriedEvent> = fc.record({
  state: fc.constantFrom(...EVENT_STATES),
  reason: fc.constantFrom(null, EVENT_REASONS.noRecord, EVENT_REASONS.noOutcome, 'NotMapped'),
  by: fc.option(fc.nat(), { nil: null }),
})
/** An event that ended `unchanged` has no winner. */
const possible = carried.filter(({ state, by }) => state !== 'unchanged' || by === null)
const planned = { state: 'planned', reason: null, by: null } as const
const onTime = { interim: 'confirmed', code: null, deactivationOnly: false, isLate: false } as const

void describe('the outcome of an event whose operation was answered', () => {
  void it('follows the arrows of the lifecycle only', () => {
    fc.assert(
      fc.property(answered, possible, (operation, event) => {
        const outcome = outcomeOfAnswer(operation, event)
        if (outcome !== null) assert.ok(EVENT_ARROWS[event.state].includes(outcome.state))
      }),
    )
  })

  void it('changes only planned events, and events that a late answer had ended', () => {
    fc.assert(
      fc.property(answered, carried, (operation, event) => {
        const endedBySilence =
          event.state === 'dead-lettered' ||
          (event.state === 'unchanged' && event.reason === EVENT_REASONS.noRecord)
        const open = event.state === 'planned' || (operation.isLate && endedBySilence)
        if (!open) assert.equal(outcomeOfAnswer(operation, event), null)
      }),
    )
  })

  void it('is decided by a new plan after a failure; a late failure dead-letters the event with the code', () => {
    fc.assert(
      fc.property(answered, carried, (operation, event) => {
        const failed = { ...operation, interim: 'failed', code: 'EntryConflict' } as const
        assert.equal(outcomeOfAnswer(failed, { ...event, state: 'planned' }), null)
        assert.deepEqual(outcomeOfAnswer({ ...failed, isLate: true }, { ...event, state: 'dead-lettered' }), {
          state: 'dead-lettered',
          reason: 'EntryConflict',
          by: null,
        })
      }),
    )
  })

  void it('is superseded by its winner after any success', () => {
    fc.assert(
      fc.property(answered, fc.nat(), (operation, by) => {
        fc.pre(operation.interim !== 'failed')
        assert.deepEqual(outcomeOfAnswer(operation, { ...planned, by }), {
          state: 'superseded',
          reason: null,
          by,
        })
      }),
    )
  })

  const cases: readonly (readonly [string, Partial<AnsweredOperation>, EventState, string | null])[] = [
    ['is confirmed', {}, 'confirmed', null],
    [
      'says that only the deactivation was sent',
      { deactivationOnly: true },
      'confirmed',
      EVENT_REASONS.deactivationOnly,
    ],
    [
      'is unchanged when the directory held the values',
      { interim: 'unchanged', code: REDUNDANT_EXPORT },
      'unchanged',
      'DirectoryHeldIt',
    ],
    [
      'is unchanged when the directory has no such user',
      { interim: 'unchanged', code: 'MissingValues' },
      'unchanged',
      'NotInDirectory',
    ],
    [
      'is skipped with the reason of the service',
      { interim: 'skipped', code: 'NotEffectivelyEntitled' },
      'skipped',
      'NotEffectivelyEntitled',
    ],
  ]
  for (const [name, operation, state, reason] of cases)
    void it(name, () =>
      assert.deepEqual(outcomeOfAnswer({ ...onTime, ...operation }, planned), { state, reason, by: null }),
    )

  void it('still says that a block kept the employee disabled, and no other reason of the plan', () => {
    const confirmed = (reason: string | null) => outcomeOfAnswer(onTime, { ...planned, reason })?.reason
    assert.equal(confirmed(EVENT_REASONS.blocked), EVENT_REASONS.blocked)
    assert.equal(confirmed('NotMapped'), null)
  })
})

void describe('an answer from the log', () => {
  const interim = fc.constantFrom('confirmed', 'unchanged', 'skipped', 'failed', 'escrowed')
  const before = fc.constantFrom(null, 'confirmed', 'failed')

  void it('changes an operation only along its lifecycle', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPERATION_STATES), before, interim, (state, known, answer) => {
        if (!takesAnswer({ state, interim: known }, answer)) return
        const next = answer === 'escrowed' ? 'escrowed' : 'answered'
        assert.ok(state === next || OPERATION_ARROWS[state].includes(next), `${state} → ${next}`)
      }),
    )
  })

  void it('replaces a failure only with a success, and a success with nothing', () => {
    for (const answer of ['confirmed', 'unchanged', 'skipped', 'failed', 'escrowed'] as const) {
      const success = answer === 'confirmed' || answer === 'unchanged'
      assert.equal(takesAnswer({ state: 'failed', interim: 'failed' }, answer), success)
      assert.equal(takesAnswer({ state: 'answered', interim: 'failed' }, answer), success)
      assert.equal(takesAnswer({ state: 'answered', interim: 'confirmed' }, answer), false)
      assert.equal(takesAnswer({ state: 'unanswered', interim: null }, answer), true)
      assert.equal(takesAnswer({ state: 'escrowed', interim: 'escrowed' }, answer), answer !== 'escrowed')
    }
  })

  void it('means that the directory holds the record after a success or a redundant export', () => {
    assert.deepEqual(
      (['confirmed', 'unchanged', 'skipped', 'failed', 'escrowed', null] as const).map((answer) => [
        isAccepted(answer, null),
        isAccepted(answer, REDUNDANT_EXPORT),
      ]),
      [
        [true, true],
        [false, true],
        [false, false],
        [false, false],
        [false, false],
        [false, false],
      ],
    )
  })
})

void describe('an unanswered operation', () => {
  const operation = fc.record({
    resends: fc.nat({ max: 9 }),
    answeredInCall: fc.nat({ max: 49 }),
    deactivates: fc.boolean(),
    link: fc.constantFrom<Link>('linked', 'unlinked', 'unknown'),
  })
  const limit = fc.integer({ min: 1, max: 9 })

  void it('is always resent after the service lost it', () => {
    fc.assert(fc.property(operation, (lost) => assert.equal(decideUnanswered(lost, null), 'resend')))
  })

  void it('ends after a bounded number of resends', () => {
    fc.assert(
      fc.property(operation, limit, (unanswered, maxResends) => {
        const after = { ...unanswered, resends: maxResends - 1 }
        assert.notEqual(decideUnanswered(after, maxResends), 'resend')
      }),
    )
  })

  void it('is never assumed to have changed nothing when it deactivates', () => {
    fc.assert(
      fc.property(operation, limit, (unanswered, maxResends) => {
        assert.notEqual(decideUnanswered({ ...unanswered, deactivates: true }, maxResends), 'unchanged')
      }),
    )
  })

  void it('is assumed to have changed nothing the second time that others of its call were answered', () => {
    const unanswered = { resends: 0, answeredInCall: 3, deactivates: false, link: 'unknown' } as const
    assert.equal(decideUnanswered(unanswered, 3), 'resend')
    assert.equal(decideUnanswered({ ...unanswered, resends: 1 }, 3), 'unchanged')
    assert.equal(decideUnanswered({ ...unanswered, resends: 1, answeredInCall: 1 }, 3), 'unchanged')
    assert.equal(decideUnanswered({ ...unanswered, resends: 1, answeredInCall: 0 }, 3), 'resend')
    assert.equal(decideUnanswered({ ...unanswered, resends: 2, answeredInCall: 0 }, 3), 'given-up')
  })

  void it('is never assumed to have changed nothing when the job knows no account of the employee', () => {
    fc.assert(
      fc.property(operation, limit, (unanswered, maxResends) => {
        assert.notEqual(decideUnanswered({ ...unanswered, link: 'unlinked' }, maxResends), 'unchanged')
      }),
    )
  })

  void it('ends no better for a connection, which has no date: an old record may have made it', () => {
    fc.assert(
      fc.property(operation, limit, (unanswered, maxResends) => {
        assert.equal(
          decideUnanswered({ ...unanswered, link: 'linked' }, maxResends),
          decideUnanswered({ ...unanswered, link: 'unknown' }, maxResends),
        )
      }),
    )
  })

  void it('is asked about whenever its events may end', () => {
    fc.assert(
      fc.property(operation, limit, (unanswered, maxResends) => {
        if (decideUnanswered(unanswered, maxResends) !== 'resend')
          assert.equal(mayEnd(unanswered.resends, maxResends), true)
      }),
    )
    assert.equal(mayEnd(0, 2), false)
    assert.equal(mayEnd(0, 1), true)
  })

  void it('ends its events as superseded, or with the reason for the missing answer and what the service said', () => {
    assert.deepEqual(outcomeOfSilence('unchanged', null, 'unknown'), {
      state: 'unchanged',
      reason: EVENT_REASONS.noRecord,
      by: null,
      detail: null,
    })
    assert.deepEqual(outcomeOfSilence('given-up', null, 'unlinked'), {
      state: 'dead-lettered',
      reason: EVENT_REASONS.noOutcome,
      by: null,
      detail: 'the job has no account for the employee',
    })
    for (const silence of ['unchanged', 'given-up'] as const)
      assert.deepEqual(outcomeOfSilence(silence, 7, 'linked'), {
        state: 'superseded',
        reason: null,
        by: 7,
        detail: null,
      })
  })
})

void describe('an operation that carried no event', () => {
  void it('is resent less and less often, and not for ever', () => {
    for (const active of [true, false]) {
      const waits = Array.from({ length: 9 }, (_, failures) => resendAfterSilence(failures + 1, active))
      const resent = waits.filter((wait) => wait !== null)
      assert.deepEqual(
        resent,
        resent.toSorted((a, b) => a - b),
      )
      assert.equal(waits.at(-1), null)
      assert.equal(resendAfterSilence(0, active), waits[0])
    }
  })

  void it('is not resent when it was refused, unless it deactivates an employee not known to be inactive', () => {
    const first = { failures: 1, refused: true, knownInactive: false }
    assert.equal(resendAfterFailure({ ...first, active: true }), null)
    assert.equal(resendAfterFailure({ ...first, active: false }), 0)
    assert.equal(resendAfterFailure({ ...first, active: false, knownInactive: true }), null)
    assert.notEqual(resendAfterFailure({ ...first, active: true, refused: false, knownInactive: true }), null)
  })
})
