import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { summarizeLeavers } from '../../../src/core/leavers/summary.ts'
import type { EndedLeaver } from '../../../src/core/ledger/port/leavers.ts'

const ended = (more: Partial<EndedLeaver> = {}): EndedLeaver => ({
  as: 'proven',
  effectiveAt: 0,
  recordedAt: 0,
  receivedAt: 0,
  endedAt: 100,
  byEmergency: false,
  ...more,
})
const NONE = { p50Ms: null, p95Ms: null, worstMs: null }
const all = (ms: number) => ({ p50Ms: ms, p95Ms: ms, worstMs: ms })

void describe('the summary of closed leaver cases', () => {
  void it('has no times where no case was proven, and counts the others by how they ended', () => {
    const closed = (['superseded', 'rescinded', 'discarded', 'acknowledged'] as const).map((as) =>
      ended({ as }),
    )
    assert.deepEqual(summarizeLeavers([...closed, ended({ as: 'acknowledged' })]), {
      ended: { proven: 0, superseded: 1, rescinded: 1, discarded: 1, acknowledged: 2 },
      byEmergency: 0,
      toProven: { recorded: NONE, effective: NONE, received: NONE },
    })
  })

  void it('counts those that the emergency lane proved first', () => {
    assert.equal(summarizeLeavers([ended(), ended({ byEmergency: true })]).byEmergency, 1)
  })

  void it('measures from each of the three moments to the proof', () => {
    const { toProven } = summarizeLeavers([ended({ effectiveAt: 10, recordedAt: 30, receivedAt: 60 })])
    assert.deepEqual(toProven, { effective: all(90), recorded: all(70), received: all(40) })
  })

  void it('counts a case that was open before its effective date from that date on', () => {
    const { toProven } = summarizeLeavers([ended({ effectiveAt: 90, recordedAt: 10, receivedAt: 20 })])
    assert.deepEqual(toProven, { effective: all(10), recorded: all(10), received: all(10) })
  })

  void it('is never negative: an account that was disabled before the date took no time', () => {
    const { toProven } = summarizeLeavers([
      ended({ effectiveAt: 500, recordedAt: 10, receivedAt: 20 }),
      ended({ effectiveAt: 0, recordedAt: 101, receivedAt: 102 }),
    ])
    assert.deepEqual(toProven.recorded, all(0))
    assert.deepEqual(toProven.received, all(0))
  })

  void it('takes percentiles by nearest rank, in the order of numbers and not of their digits', () => {
    const times = Array.from({ length: 100 }, (_, index) => ended({ endedAt: 100 - index }))
    assert.deepEqual(summarizeLeavers(times).toProven.effective, { p50Ms: 50, p95Ms: 95, worstMs: 100 })
    const few = [9, 1_000, 20].map((endedAt) => ended({ endedAt }))
    assert.deepEqual(summarizeLeavers(few).toProven.effective, { p50Ms: 20, p95Ms: 1_000, worstMs: 1_000 })
  })

  void it('leaves cases that ended otherwise out of the times', () => {
    const { toProven } = summarizeLeavers([ended(), ended({ as: 'acknowledged', endedAt: 1_000 })])
    assert.deepEqual(toProven.effective, all(100))
  })
})
