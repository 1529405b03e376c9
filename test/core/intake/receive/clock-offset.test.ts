import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { estimateClockOffset } from '../../../../src/core/intake/receive/clock-offset.ts'

const MINUTE_MS = 60_000

void describe('the estimated offset between our clock and that of the bus', () => {
  void test('follows the youngest message, in both directions and within the configured limit', () => {
    let now = 0
    const ahead = estimateClockOffset(2 * MINUTE_MS, { now: () => now })
    const took = (ms: number): number =>
      ahead([{ enqueuedAt: now - ms }, { enqueuedAt: now - ms - 5 * MINUTE_MS }])
    assert.equal(took(50 * MINUTE_MS), 2 * MINUTE_MS)
    assert.equal(took(MINUTE_MS), MINUTE_MS)
    assert.equal(took(90_000), MINUTE_MS)
    assert.equal(took(-MINUTE_MS), -MINUTE_MS)
    assert.equal(took(-50 * MINUTE_MS), -2 * MINUTE_MS)
  })

  void test('expires after a while, because clocks are adjusted', () => {
    let now = 0
    const ahead = estimateClockOffset(2 * MINUTE_MS, { now: () => now })
    assert.equal(ahead([{ enqueuedAt: MINUTE_MS }]), -MINUTE_MS)
    now += 11 * MINUTE_MS
    assert.equal(ahead([{ enqueuedAt: now - 20 }]), -MINUTE_MS)
    now += 11 * MINUTE_MS
    assert.equal(ahead([{ enqueuedAt: now - 20 }]), 20)
  })
})
