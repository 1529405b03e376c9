import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quotaInWords } from '../../../src/core/display/quota.ts'

void test('a part of a quota is rounded up, in percent below a day and in days from one on', () => {
  assert.deepEqual([0, 0.0001, 0.0123, 0.9991, 1, 1.1, 3.42].map(quotaInWords), [
    "0 % of a day's quota",
    "0.1 % of a day's quota",
    "1.3 % of a day's quota",
    "100 % of a day's quota",
    '1 day of quota',
    '1.1 days of quota',
    '3.5 days of quota',
  ])
})
