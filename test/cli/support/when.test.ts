import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { showTimesIn, when } from '../../../src/cli/support/screen/when.ts'

const AT = Date.parse('2026-11-29T23:30:07.123Z')
const HOUR = 3_600_000

void describe('an instant in a table', () => {
  after(() => showTimesIn(null))

  for (const [zone, now, text] of [
    ['UTC', AT + 3 * HOUR, '2026-11-29T23:30:07Z (3.0 h ago)'],
    ['Europe/Berlin', AT + 3 * HOUR, '2026-11-29T23:30:07Z (11-30 00:30 +01:00, 3.0 h ago)'],
    ['America/New_York', AT + 3 * HOUR, '2026-11-29T23:30:07Z (18:30 -05:00, 3.0 h ago)'],
    ['+05:45', AT + 3 * HOUR, '2026-11-29T23:30:07Z (11-30 05:15 +05:45, 3.0 h ago)'],
    ['UTC', AT - 90_000, '2026-11-29T23:30:07Z (in 90.0 s)'],
  ] as const)
    void test(`in ${zone}: ${text}`, () => {
      showTimesIn(zone)
      assert.equal(when(AT, now), text)
    })

  void test('is empty when there is none', () => {
    assert.equal(when(null), '')
  })

  void test('a zone that does not exist is refused', () => {
    assert.throws(() => showTimesIn('Nowhere/X'), { code: 'ArgumentInvalid' })
  })
})
