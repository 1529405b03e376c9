import { test } from 'node:test'
import { measurePace } from '../suites/provision/paced.ts'

/**
 * How close the pace comes to 8 calls a second without a single 429:
 * `node --test test/bench/pace.ts`.
 */
for (const jitterMs of [0, 50, 150])
  void test(`${jitterMs} ms of jitter each way`, { timeout: 120_000 }, async (t) => {
    const { perSecond, calls, throttled, peak } = await measurePace(t, 40_000, jitterMs)
    const share = ((perSecond / 8) * 100).toFixed(1)
    t.diagnostic(
      `${perSecond.toFixed(2)} calls a second (${share} % of 8), ${calls} calls, ${throttled} answered 429, at most ${peak} in 5 s`,
    )
  })
