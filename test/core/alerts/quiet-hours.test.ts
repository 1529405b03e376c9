import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isQuiet, minuteOf, type QuietHours } from '../../../src/core/alerts/quiet-hours.ts'

const NIGHT: QuietHours = { zone: 'Europe/Berlin', from: 22 * 60, to: 7 * 60, days: [] }
const at = (text: string): number => Date.parse(text)

void describe('quiet hours', () => {
  void it('quiet hours over midnight begin in the evening and end in the morning, in their own zone', () => {
    assert.deepEqual(
      ['2026-11-02T20:59:00Z', '2026-11-02T21:00:00Z', '2026-11-03T05:59:00Z', '2026-11-03T06:00:00Z'].map(
        (text) => isQuiet(at(text), NIGHT),
      ),
      [false, true, true, false],
    )
  })

  void it('quiet hours follow the local clock when summer time begins and ends', () => {
    assert.equal(isQuiet(at('2026-07-02T20:00:00Z'), NIGHT), true)
    assert.equal(isQuiet(at('2026-07-03T05:00:00Z'), NIGHT), false)
  })

  void it('quiet hours within a day have a first minute and none at their end', () => {
    const noon: QuietHours = { zone: 'UTC', from: 12 * 60 + 15, to: 12 * 60 + 45, days: [] }
    assert.deepEqual(
      ['12:14', '12:15', '12:44', '12:45'].map((time) => isQuiet(at(`2026-11-02T${time}:00Z`), noon)),
      [false, true, true, false],
    )
  })

  void it('a quiet day is quiet from midnight to midnight', () => {
    const weekend: QuietHours = { ...NIGHT, from: 0, to: 0, days: ['sat', 'sun'] }
    assert.deepEqual(
      ['2026-11-06T22:59:00Z', '2026-11-06T23:00:00Z', '2026-11-08T22:59:00Z', '2026-11-08T23:00:00Z'].map(
        (text) => isQuiet(at(text), weekend),
      ),
      [false, true, true, false],
    )
  })

  void it('a time is hours and minutes of the day', () => {
    assert.deepEqual(['07:30', '24:00', '7:30', ''].map(minuteOf), [450, null, null, null])
  })
})
