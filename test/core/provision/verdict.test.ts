import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { CIRCUIT_OPEN, retryAfterMs, type Verdict, verdictOf } from '../../../src/core/provision/verdict.ts'
import { day } from '../../fakes/events.ts'
import { runs } from '../../fakes/runs.ts'
import { response as plainResponse } from '../../fakes/upload-answer.ts'

const NOW = day(1)
const settings = {
  retryMs: 1_000,
  retryCapMs: 30_000,
  throttledMs: 60_000,
  fullMs: 300_000,
  circuitMs: 20_000,
  accessMs: 900_000,
}

const response: typeof plainResponse = (status, more) =>
  plainResponse(status, { requestId: 'request-1', ...more })
/** The verdict when chance spreads retries the least: 1 stands for the longest wait. */
function verdict(answer: UploadAnswer, attempt = 1, chance = 1): Verdict {
  return verdictOf(answer, { attempt, now: NOW, chance, settings })
}

void describe('every answer of the service has its verdict', () => {
  void test('202 is done, at the moment of the service’s own clock', () => {
    assert.deepEqual(verdict(response(202, { serverAt: NOW - 500 })), {
      kind: 'done',
      requestId: 'request-1',
      acceptedAt: NOW - 500,
    })
    assert.deepEqual(verdict(response(202)), { kind: 'done', requestId: 'request-1', acceptedAt: NOW })
  })

  void test('400 and 413 refuse the request, and its batch is halved', () => {
    assert.deepEqual(verdict(response(400, { code: 'BadRequest' })), {
      kind: 'refused',
      status: 400,
      code: 'BadRequest',
      requestId: 'request-1',
    })
    assert.deepEqual(verdict(response(413)), {
      kind: 'refused',
      status: 413,
      code: 'Http413',
      requestId: 'request-1',
    })
  })

  void test('401 gets one fresh token, then everything stops', () => {
    assert.deepEqual(verdict(response(401)), { kind: 'retry', at: NOW, status: 401 })
    assert.deepEqual(verdict(response(401), 2), {
      kind: 'snooze',
      until: NOW + 900_000,
      status: 401,
      why: 'access',
    })
  })

  void test('403 and 404 stop everything until an operator acts', () => {
    for (const status of [403, 404])
      assert.deepEqual(verdict(response(status)), {
        kind: 'snooze',
        until: NOW + 900_000,
        status,
        why: 'access',
      })
  })

  void test('429 waits as long as it says, or a default time, at any attempt', () => {
    for (const attempt of [1, 9]) {
      assert.deepEqual(verdict(response(429, { retryAfter: '2.128' }), attempt), {
        kind: 'snooze',
        until: NOW + 2_128,
        status: 429,
        why: 'throttled',
      })
      assert.deepEqual(verdict(response(429), attempt), {
        kind: 'snooze',
        until: NOW + 60_000,
        status: 429,
        why: 'throttled',
      })
    }
  })

  void test('429 is never retried at once, nor delayed for more than a day', () => {
    const until = (retryAfter: string): number => {
      const made = verdict(response(429, { retryAfter }))
      assert(made.kind === 'snooze')
      return made.until - NOW
    }
    assert.equal(until('0'), 1_000)
    assert.equal(until('Sun, 06 Nov 1994 08:49:37 GMT'), 1_000)
    assert.equal(until('99999999999'), 86_400_000)
    assert.equal(until('soon'), 60_000)
  })

  void test('500 with a full bucket pauses', () => {
    const message = 'The bucket that stores the ingested data is full, please retry later'
    assert.deepEqual(verdict(response(500, { message })), {
      kind: 'snooze',
      until: NOW + 300_000,
      status: 500,
      why: 'full',
    })
    assert.equal(verdict(response(503, { message })).kind, 'retry')
  })

  void test('any other failure of the service is retried, not before the time it asks for', () => {
    for (const status of [408, 500, 502, 503, 504, 599])
      assert.deepEqual(verdict(response(status)), { kind: 'retry', at: NOW + 1_000, status })
    assert.deepEqual(verdict(response(503, { retryAfter: '7' })), {
      kind: 'retry',
      at: NOW + 7_000,
      status: 503,
    })
    assert.deepEqual(verdict(response(503, { retryAfter: '0' })), {
      kind: 'retry',
      at: NOW + 1_000,
      status: 503,
    })
    assert.deepEqual(verdict(response(503, { retryAfter: '99999999' })), {
      kind: 'retry',
      at: NOW + 600_000,
      status: 503,
    })
  })

  void test('a missing answer is retried: the service may have acted, and an upsert may be repeated', () => {
    for (const code of ['ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'TimeoutError', 'UND_ERR_SOCKET'])
      assert.deepEqual(verdict({ kind: 'network', code }), { kind: 'retry', at: NOW + 1_000, status: null })
  })

  void test('a call that the open breaker prevented costs no attempt', () => {
    assert.deepEqual(verdict({ kind: 'network', code: CIRCUIT_OPEN }), {
      kind: 'snooze',
      until: NOW + 20_000,
      status: null,
      why: 'circuit',
    })
  })

  void test('an undocumented answer stops everything and is logged', () => {
    for (const status of [200, 204, 301, 405, 409, 415, 422])
      assert.deepEqual(verdict(response(status)).kind, 'snooze')
  })

  void test('retries wait longer each time, up to a limit, with jitter', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((attempt) => {
      const made = verdict(response(503), attempt)
      assert(made.kind === 'retry')
      return made.at - NOW
    })
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    assert.deepEqual(verdict(response(503), 1, 0), { kind: 'retry', at: NOW + 500, status: 503 })
  })
})

void describe('Retry-After', () => {
  void test('in seconds, whole or fractional, never rounded down', () => {
    assert.equal(retryAfterMs('10', NOW), 10_000)
    assert.equal(retryAfterMs(' 2.128 ', NOW), 2_128)
    assert.equal(retryAfterMs('0.0001', NOW), 1)
  })

  void test('as a date, never in the past', () => {
    assert.equal(retryAfterMs(new Date(NOW + 90_000).toUTCString(), NOW), 90_000)
    assert.equal(retryAfterMs(new Date(NOW - 90_000).toUTCString(), NOW), 0)
  })

  void test('anything else is ignored', () => {
    for (const text of [null, '', 'soon', '-5', '1e3', '5 minutes', 'NaN'])
      assert.equal(retryAfterMs(text, NOW), null, String(text))
  })
})

void test('every answer has a verdict, never in the past, in whole milliseconds, and only 202 is done', () => {
  const answer = fc.record({
    kind: fc.constant('response' as const),
    status: fc.integer({ min: 100, max: 599 }),
    retryAfter: fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.double({ min: 0, max: 1e6, noNaN: true }).map(String),
    ),
    requestId: fc.constant(null),
    serverAt: fc.constant(null),
    code: fc.option(fc.string()),
    message: fc.option(fc.string()),
  })
  fc.assert(
    fc.property(
      answer,
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (one, attempt, chance) => {
        const made = verdictOf(one, { attempt, now: NOW, chance, settings })
        assert.equal(made.kind === 'done', one.status === 202)
        if (made.kind === 'retry') assert(made.at >= NOW && Number.isSafeInteger(made.at))
        if (made.kind === 'snooze') assert(made.until > NOW && Number.isSafeInteger(made.until))
      },
    ),
    { numRuns: runs(10_000) },
  )
})
