import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowanceInWords, brakeLimitInWords } from '../../../src/core/explain/brake.ts'

const iso = (at: number): string => new Date(at).toISOString()

void test('the limit of the brake names the number, the share, or both, whichever are set', () => {
  const limit = (absolute: number, floor: number): string =>
    brakeLimitInWords({ absolute, percent: 5, floor, windowMs: 1 })
  assert.equal(limit(20, 10), '20, or 5 % of the active above 10')
  assert.equal(limit(20, Infinity), '20')
  assert.equal(limit(Infinity, 10), '5 % of the active above 10')
  assert.equal(limit(Infinity, Infinity), 'unlimited')
})

void test('an allowance says how much of it is left, until when, and who gave it', () => {
  const allowance = { amount: 10, used: 3, endsAt: Date.UTC(2026, 0, 1), grantedBy: 'ann' }
  assert.equal(allowanceInWords(allowance, iso), '7 of 10 until 2026-01-01T00:00:00.000Z, by ann')
  assert.equal(allowanceInWords(null, iso), 'no allowance')
})
