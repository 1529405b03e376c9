import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'

/**
 * `CASES=100000` tries more, `SEED=2` others. `npm run fuzz` tries as many as there is time for.
 */
const CASES = Number(process.env['CASES'] ?? 4_000)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 10_000_000 + 1

void test('no input makes a parser fail, hang or change a prototype, and every message gives events or a reason', async (t) => {
  const { failure, cases, longestMs } = await fuzz(CASES, FROM)
  t.diagnostic(JSON.stringify({ ...cases, longestMs: Math.round(longestMs) }))
  assert.equal(failure, null, failure ?? '')
  assert.ok(Object.keys(cases).length === 9, 'every layer was tried')
})
