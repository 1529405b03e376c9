import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { CallLimits } from '../../../src/core/ledger/port/submit.ts'
import {
  backlogForecast,
  type Budget,
  forecast,
  nextCallAt,
  reserveOf,
  spacingMs,
} from '../../../src/core/provision/pace.ts'
import { day } from '../../fakes/events.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { runs } from '../../fakes/runs.ts'

const NOW = day(2)
const limits: CallLimits = { perWindow: 40, windowMs: 5_000, perDay: 2_000 }
const budget = (more: Partial<Budget> = {}): Budget => ({
  now: NOW,
  used: 0,
  oldestAt: NOW - 3_600_000,
  lastAt: NOW - 60_000,
  ...more,
})

const budgets = fc
  .tuple(
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 0, max: DAY_MS }),
    fc.integer({ min: 0, max: DAY_MS }),
  )
  .map(([used, a, b]) =>
    used === 0
      ? budget({ oldestAt: null, lastAt: null })
      : budget({ used, oldestAt: NOW - Math.max(a, b), lastAt: NOW - Math.min(a, b) }),
  )

void describe('calls are spread as the day’s budget shrinks', () => {
  void test('no call waits while there is plenty of quota', () => {
    assert.equal(spacingMs(budget({ used: 900 }), limits), 0)
    assert.equal(nextCallAt(budget({ oldestAt: null, lastAt: null }), limits, false), NOW)
  })

  void test('the next call waits for the oldest to expire when the quota is spent', () => {
    for (const later of [0, 1_000, 3_600_000, 40_000_000]) {
      const spent = budget({ used: 2_000, now: NOW + later })
      assert.equal(nextCallAt(spent, limits, false), NOW - 3_600_000 + DAY_MS)
      assert.equal(nextCallAt(spent, limits, true), NOW - 3_600_000 + DAY_MS)
    }
  })

  void test('the distance to the last call stays the same during the wait', () => {
    fc.assert(
      fc.property(budgets, fc.integer({ min: 0, max: 3_600_000 }), (one, later) => {
        if (one.lastAt !== null)
          assert.equal(
            nextCallAt({ ...one, now: one.now + later }, limits, false),
            nextCallAt(one, limits, false),
          )
      }),
      { numRuns: runs(5_000) },
    )
  })

  void test('calls are further apart the fewer are left', () => {
    fc.assert(
      fc.property(budgets, fc.integer({ min: 0, max: 500 }), (one, more) => {
        const later = { ...one, used: one.used + more }
        if (one.oldestAt === null) return
        assert(spacingMs(later, limits) >= spacingMs(one, limits))
        assert(spacingMs(one, limits) >= 0)
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('a leaver waits at most half a minute, and never longer than another operation', () => {
    fc.assert(
      fc.property(budgets, (one) => {
        const leaver = nextCallAt(one, limits, true)
        if (one.used >= limits.perDay) return
        assert(leaver <= nextCallAt(one, limits, false))
        assert(leaver <= Math.max(one.now, (one.lastAt ?? 0) + 30_000))
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('no call waits for a service without limits', () => {
    const free = { perWindow: Number.POSITIVE_INFINITY, windowMs: 5_000, perDay: Number.POSITIVE_INFINITY }
    assert.deepEqual([spacingMs(budget({ used: 1e9 }), free), reserveOf(free)], [0, 0])
  })

  void test('the distance is the time until a place is free, shared among the calls that are left, and half of it halfway', () => {
    const left = (calls: number): number => 2_000 - 10 - calls
    const untilBack = DAY_MS - 3_600_000 + 60_000
    const spacings = [1_000, 999, 750, 500, 499, 1, 0, -1].map((calls) =>
      spacingMs(budget({ used: left(calls) }), limits),
    )
    const weighted = (calls: number): number => (untilBack / calls) * ((0.5 - calls / 2_000) / 0.25)
    assert.deepEqual(spacings, [
      0,
      weighted(999),
      untilBack / 750 / 2,
      untilBack / 500,
      untilBack / 499,
      untilBack,
      untilBack,
      untilBack,
    ])
    const three = { ...limits, perDay: 3 }
    assert.equal(spacingMs(budget({ used: 2 }), three), (untilBack / 1) * ((0.5 - 1 / 3) / 0.25))
    const alone = budget({ used: left(500), lastAt: null })
    assert.equal(spacingMs(alone, limits), (DAY_MS - 3_600_000) / 500)
    assert.equal(nextCallAt(alone, limits, false), NOW)
    const past = budget({ used: left(500), oldestAt: NOW - 2 * DAY_MS })
    assert.equal(spacingMs(past, limits), 0)
  })

  void test('with the last call that is not kept, only leavers go on', () => {
    const at = (used: number, leaver: boolean): number => nextCallAt(budget({ used }), limits, leaver)
    const free = NOW - 3_600_000 + DAY_MS
    assert.deepEqual([at(1_990, false), at(1_990, true), at(2_000, true)], [free, NOW - 30_000, free])
    assert.notEqual(at(1_989, false), Infinity)
    assert.equal(nextCallAt(budget({ used: 2_000, oldestAt: null }), limits, false), NOW - 60_000)
  })

  void test('some calls of the day are kept for leavers', () => {
    assert.deepEqual(
      [reserveOf({ perDay: 2_000 }), reserveOf({ perDay: 6_000 }), reserveOf({ perDay: 10 })],
      [10, 30, 0],
    )
  })
})

void describe('a forecast', () => {
  void test('of nothing is nothing', () => {
    assert.deepEqual(forecast(0, 50, [], limits, NOW), { calls: 0, doneAt: null })
  })

  void test('of a little is now', () => {
    assert.deepEqual(forecast(51, 50, [], limits, NOW), { calls: 2, doneAt: NOW })
  })

  void test('fills one window after the other, and begins when the last hold ends', () => {
    const small: CallLimits = { perWindow: 2, windowMs: 5_000, perDay: 2_000 }
    const doneAt = (backlog: number, times: readonly number[] = []): number =>
      (forecast(backlog, 10, times, small, NOW).doneAt ?? 0) - NOW
    assert.deepEqual([doneAt(20), doneAt(21), doneAt(40), doneAt(41)], [0, 5_000, 5_000, 10_000])
    assert.deepEqual([doneAt(1, [NOW - 2_000, NOW - 1_000]), doneAt(1, [NOW - 1_000])], [3_000, 0])
    const waiting = { pending: 11, unplanned: 10, callTimes: [] }
    const from = (...untils: readonly number[]) => {
      const holds = untils.map(
        (until) => ({ name: 'job', until, since: NOW, status: null, detail: null }) as const,
      )
      return backlogForecast({ ...waiting, holds }, 10, small, NOW)
    }
    assert.deepEqual(from(), { calls: 3, doneAt: NOW + 5_000 })
    assert.deepEqual(from(NOW - 1, NOW + 60_000, NOW + 1), { calls: 3, doneAt: NOW + 65_000 })
  })

  void test('waits for a place of the day: a call counts for 24 hours', () => {
    const few: CallLimits = { perWindow: 9, windowMs: 5_000, perDay: 2 }
    const times = [NOW - DAY_MS, NOW - 3_600_000]
    assert.deepEqual(forecast(1, 1, times, few, NOW), { calls: 1, doneAt: NOW })
    assert.deepEqual(forecast(2, 1, times, few, NOW), { calls: 2, doneAt: NOW - 3_600_000 + DAY_MS })
  })

  void test('spreads calls, and only looks at what the day has left once a place is free again', () => {
    // One call of 200 is kept, so 199 are spent; an hour later all but two have a place again.
    const day200: CallLimits = { perWindow: 40, windowMs: 5_000, perDay: 200 }
    const inAnHour = Array.from({ length: 197 }, () => NOW - DAY_MS + 3_600_000)
    const spent = [NOW - DAY_MS + 1_000, ...inAnHour, NOW - 1_000]
    assert.deepEqual(forecast(1, 1, spent, day200, NOW), { calls: 1, doneAt: NOW + 3_600_000 })
    // Two are left: half of the time from the last call until there are more.
    const left = [...inAnHour.slice(1), NOW - 1_000]
    assert.deepEqual(forecast(1, 1, left, day200, NOW), { calls: 1, doneAt: NOW - 1_000 + 3_601_000 / 2 })
  })

  void test('never has more calls in a window or a day than the service allows, whatever was done before', () => {
    const small: CallLimits = { perWindow: 3, windowMs: 5_000, perDay: 20 }
    const history = fc
      .array(fc.integer({ min: 0, max: DAY_MS - 1 }), { maxLength: 19 })
      .map((ages) => ages.toSorted((a, b) => b - a).map((age) => NOW - age))
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 60 }), (times, backlog) => {
        const done = Array.from(
          { length: backlog },
          (_, index) => forecast(index + 1, 1, times, small, NOW).doneAt ?? 0,
        )
        const all = [...times, ...done]
        for (const [index, at] of done.entries()) {
          assert(at >= NOW && at >= (done[index - 1] ?? 0))
          assert(all.filter((other) => other > at - DAY_MS && other <= at).length <= small.perDay)
        }
        const inWindow = (at: number): number =>
          done.filter((other) => other > at - small.windowMs && other <= at).length
        assert(done.every((at) => inWindow(at) <= small.perWindow))
      }),
      { numRuns: 500 },
    )
  })
})
