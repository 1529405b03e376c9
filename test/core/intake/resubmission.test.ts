import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { reopensDeadEvent } from '../../../src/core/intake/resubmission.ts'

const resubmission = fc.record({
  diedAt: fc.integer({ min: 0, max: 1_000 }),
  enqueuedAt: fc.integer({ min: 0, max: 1_000 }),
  aheadMs: fc.integer({ min: 0, max: 100 }),
  replays: fc.integer({ min: 0, max: 6 }),
  isReplay: fc.boolean(),
})

void describe('a message with the name of a dead event', () => {
  void it('does not reopen the event when it was enqueued before the event died', () => {
    fc.assert(
      fc.property(resubmission, (one) => {
        const diedAt = one.enqueuedAt + one.aheadMs
        assert.equal(reopensDeadEvent({ ...one, diedAt }), false)
        assert.equal(reopensDeadEvent({ ...one, diedAt: diedAt + 1 }), false)
      }),
    )
  })

  void it('reopens the event three times; a replay reopens it every time', () => {
    fc.assert(
      fc.property(resubmission, (one) => {
        const later = { ...one, enqueuedAt: one.diedAt + 1 }
        assert.equal(reopensDeadEvent({ ...later, isReplay: true }), true)
        assert.equal(reopensDeadEvent({ ...later, isReplay: false }), one.replays < 3)
      }),
    )
  })

  void it('allows for a connector clock that is ahead', () => {
    const one = { diedAt: 1_000, enqueuedAt: 990, replays: 0, isReplay: false }
    assert.equal(reopensDeadEvent({ ...one, aheadMs: 10 }), false)
    assert.equal(reopensDeadEvent({ ...one, aheadMs: 11 }), true)
  })
})
