import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measurePace } from './paced.ts'

void test('calls are as many as the service allows in its window, and none is answered 429, over a way of changing length', async (t) => {
  const { perSecond, calls, throttled, peak } = await measurePace(t, 10_700, 100)
  assert.equal(throttled, 0)
  assert(peak <= 40, `${peak} calls in a window`)
  // Two windows and what a busy machine makes of the third; the bench measures the rate over more
  // of them.
  assert(calls >= 80, `${calls} calls, ${perSecond.toFixed(2)} a second`)
})
