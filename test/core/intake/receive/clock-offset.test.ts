import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { estimateClockOffset } from '../../../../src/core/intake/receive/clock-offset.ts'

const MINUTE_MS = 60_000

void describe('the estimated offset between our clock and that of the bus', () => {
  void test('follows the youngest message, in both directions and within the configured limit', () => {
    let now = Date.UTC(2026, 0, 1)
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
    let now = Date.UTC(2026, 0, 1)
    const ahead = estimateClockOffset(2 * MINUTE_MS, { now: () => now })
    const after = (ms: number, age: number): number => {
      now += ms
      return ahead([{ enqueuedAt: now - age }])
    }
    assert.equal(after(0, -MINUTE_MS), -MINUTE_MS)
    assert.equal(after(10 * MINUTE_MS, 20), -MINUTE_MS)
    assert.equal(after(1, 20), -MINUTE_MS)
    assert.equal(after(10 * MINUTE_MS, 20), -MINUTE_MS)
    assert.equal(after(1, 20), 20)
  })
})
