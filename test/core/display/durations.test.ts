import assert from 'node:assert/strict'
import { test } from 'node:test'
import { span } from '../../../src/core/display/span.ts'
import { lasting, timesAt } from '../../../src/http/console/times.ts'

void test('a duration is never zero or below, and always has a unit', () => {
  for (const ms of [-90_000, -1, -0, 0, 1, 49.9, 99]) {
    assert.equal(span(ms), 'under 0.1 s', String(ms))
    assert.equal(lasting(ms), 'under 1 s', String(ms))
    assert.match(timesAt(1_000_000).text(1_000_000 - ms), /\((now|in 90 s)\)$/, String(ms))
  }
  for (let ms = 100; ms < 1_000_000_000; ms = Math.ceil(ms * 1.3)) {
    assert.match(span(ms), /^(?!0\.0)\d+\.\d (s|min|h|d)$/, String(ms))
    assert.match(lasting(ms), /^(under 1|[1-9]\d*) (s|min|h|d)$/, String(ms))
  }
  assert.deepEqual([100, 119_999, 120_000, 7_200_000].map(span), ['0.1 s', '120.0 s', '2.0 min', '2.0 h'])
  assert.deepEqual([1_000, 119_999, 172_800_000].map(lasting), ['1 s', '119 s', '2 d'])
})
