import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emergencyVerdict, type EmergencyVerdict } from '../../../src/core/emergency/verdict.ts'
import { response } from '../../fakes/upload-answer.ts'

const NOW = Date.UTC(2026, 10, 2, 8)
const settings = { throttledMs: 5_000, failedMs: 10_000, accessMs: 60_000 }

const of = (
  status: number,
  more: { message?: string; retryAfter?: string } = {},
  failures = 0,
): EmergencyVerdict => emergencyVerdict(response(status, more), { now: NOW, failures, settings })
const lost = (code: string, failures = 0): EmergencyVerdict =>
  emergencyVerdict({ kind: 'network', code }, { now: NOW, failures, settings })
const pauseOf = ({ pause }: EmergencyVerdict): unknown => pause && [pause.why, pause.until - NOW]

void describe('an answer of the SCIM API', () => {
  void it('pauses the lane when a person has to act, and says for what', () => {
    assert.deepEqual(pauseOf(of(401)), ['access', 60_000])
    assert.deepEqual(pauseOf(of(403)), ['access', 60_000])
    const message = "No 'scimapiconsumptions' resource found for TenantId: x."
    assert.deepEqual(pauseOf(of(400, { message })), ['not-enabled', 60_000])
  })
  void it('pauses the lane for as long as it asks, between a second and an hour', () => {
    assert.deepEqual(pauseOf(of(429)), ['unavailable', 5_000])
    assert.deepEqual(pauseOf(of(429, { retryAfter: '7' })), ['unavailable', 7_000])
    assert.deepEqual(pauseOf(of(503, { retryAfter: '0' })), ['unavailable', 1_000])
    assert.deepEqual(pauseOf(of(429, { retryAfter: '999999' })), ['unavailable', 3_600_000])
  })
  void it('that fails again and again is waited for longer and longer, because a failed call may be billed', () => {
    assert.deepEqual(
      [0, 1, 2, 99].map((failures) => pauseOf(lost('ETIMEDOUT', failures))),
      [
        ['unavailable', 10_000],
        ['unavailable', 20_000],
        ['unavailable', 40_000],
        ['unavailable', 900_000],
      ],
    )
    assert.deepEqual(pauseOf(of(504, {}, 1)), ['unavailable', 20_000])
  })
  void it('is billed as Microsoft says: 2xx, 404, and what may have arrived; not a call that never left', () => {
    const billed = [of(204), of(404), lost('ETIMEDOUT'), of(403), of(429), of(500), lost('ECONNREFUSED')]
    assert.deepEqual(
      billed.map(({ answer }) => answer.billed),
      [true, true, true, false, false, false, false],
    )
  })
  void it('disables only with 2xx, and an account that is gone pauses no other call', () => {
    assert.deepEqual([of(204).answer.result, of(204).pause], ['disabled', null])
    assert.deepEqual([of(404).answer.result, of(404).pause], ['gone', null])
    const results = [of(403), of(500), lost('ECONNRESET'), lost('ECONNREFUSED')].map(
      ({ answer }) => answer.result,
    )
    assert.deepEqual(results, ['refused', 'unknown', 'unknown', 'refused'])
  })
})
