import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import {
  type BlockDecision,
  type BlockMark,
  decideBlock,
  isInForce,
  nextChangeOf,
} from '../../../src/core/blocks/period.ts'

const block = (decidedAt: number, since = decidedAt, until: number | null = null): BlockDecision => ({
  kind: 'block',
  since,
  until,
  decidedAt,
})
const unblock = (decidedAt: number, at = decidedAt): BlockDecision => ({ kind: 'unblock', at, decidedAt })
const after = (...decisions: readonly BlockDecision[]): BlockMark | null =>
  decisions.reduce<BlockMark | null>((mark, one) => decideBlock(mark, one) ?? mark, null)
const blockedAt = (now: number, ...decisions: readonly BlockDecision[]): boolean => {
  const mark = after(...decisions)
  return mark !== null && isInForce(mark, now)
}

void describe('a block', () => {
  void it('holds from its beginning and before its end', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((now) => blockedAt(now, block(1, 2, 4))),
      [false, true, true, false],
    )
  })

  void it('is lifted by an unblock that was decided later, whatever comes first', () => {
    assert.equal(blockedAt(9, block(1), unblock(2)), false)
    assert.equal(blockedAt(9, unblock(2), block(1)), false)
  })

  void it('is not lifted by an unblock that was decided before it, or at the same moment', () => {
    assert.equal(blockedAt(9, block(3), unblock(2)), true)
    assert.equal(blockedAt(9, block(3), unblock(3)), true)
    assert.equal(blockedAt(9, unblock(3), block(3)), true)
  })

  void it('goes on when a later block begins after it, and takes the end of the later one', () => {
    assert.equal(blockedAt(4, block(1), block(2, 8)), true)
    assert.deepEqual(after(block(1), block(2, 2, 6)), { since: 1, until: 6, decidedAt: 2 })
  })

  void it('continues when a future one is decided, and through the gap between them', () => {
    assert.equal(blockedAt(4, block(1, 1, 5), block(2, 8)), true)
    assert.equal(blockedAt(6, block(1, 1, 5), block(2, 8)), true)
    assert.deepEqual(after(block(1, 1, 2), block(4, 8)), { since: 8, until: null, decidedAt: 4 })
  })

  void it('that has ended, or was lifted before it began, is not joined with a later one', () => {
    assert.deepEqual(after(block(1, 1, 5), block(5, 8)), { since: 8, until: null, decidedAt: 5 })
    assert.deepEqual(after(block(1, 1, 6), block(5, 8)), { since: 1, until: null, decidedAt: 5 })
    assert.deepEqual(after(unblock(1, 10), block(2, 20)), { since: 20, until: null, decidedAt: 2 })
  })

  void it('has the later end of two that were decided at one moment, whichever comes first', () => {
    assert.equal(after(block(2, 2, 9), block(2, 2, 5))?.until, 9)
    assert.equal(after(block(2, 2, 5), block(2, 2, 9))?.until, 9)
    assert.equal(after(block(2, 2, 5), block(2))?.until, null)
    assert.equal(after(block(2), block(2, 2, 5))?.until, null)
  })

  void it('is lifted later by an unblock that says so, and no later than its own end', () => {
    assert.deepEqual(after(block(1), unblock(2, 5)), { since: 1, until: 5, decidedAt: 2 })
    assert.deepEqual(after(block(1, 1, 4), unblock(2, 5)), { since: 1, until: 4, decidedAt: 2 })
  })

  void it('that began when it was decided is in force before a clock that is behind says so', () => {
    const at = (until: number | null, now: number): readonly unknown[] => {
      const period = { since: 5, until, begun: true }
      return [isInForce(period, now), nextChangeOf(period, now)]
    }
    assert.deepEqual(at(null, 1), [true, null])
    assert.deepEqual(at(8, 1), [true, 8])
    assert.deepEqual(at(8, 8), [false, null])
    assert.deepEqual(at(5, 1), [false, null], 'it was lifted as it began')
  })

  void it('names the moment it begins, then the one it ends', () => {
    assert.equal(nextChangeOf({ since: 5, until: 8 }, 1), 5)
    assert.equal(nextChangeOf({ since: 5, until: 8 }, 5), 8)
    assert.equal(nextChangeOf({ since: 5, until: 8 }, 8), null)
    assert.equal(nextChangeOf({ since: 5, until: 5 }, 1), null)
    assert.equal(nextChangeOf({ since: 5, until: null }, 6), null)
  })

  void it('is in force after any decisions in any order exactly when the last of them blocks', () => {
    const decisions = fc.uniqueArray(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 })), {
      selector: ([, at]) => at,
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(decisions, (made) => {
        const last = made.toSorted(([, a], [, b]) => a - b).at(-1)
        const inOrder = made.map(([blocks, at]) => (blocks ? block(at) : unblock(at)))
        assert.equal(blockedAt(100, ...inOrder), last?.[0])
      }),
    )
  })
})
