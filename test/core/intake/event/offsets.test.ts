import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DateTime } from 'luxon'
import { normalise } from '../../../../src/core/intake/event/normalise.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import { effectiveInstant, instant } from '../../../../src/core/intake/event/dates.ts'
import { day } from '../../../fakes/events.ts'
import { chance } from '../../../fakes/history.ts'
import { chanceOf } from '../../../fakes/plain-event.ts'
import { cloudEvent } from '../../../fakes/messages.ts'

const NOWHERE = ['+99:99', '+24:00', '-23:59', '+14:01', '+15:00', '+05:60', '+9999', '-99', '+1460']
const SOMEWHERE: readonly (readonly [offset: string, minutes: number])[] = [
  ['Z', 0],
  ['+00:00', 0],
  ['-12:00', -720],
  ['+14:00', 840],
  ['+05:45', 345],
  ['-0330', -210],
]

function reasonFor(more: object, data: object): string {
  const event = normalise(
    { attributes: { ...cloudEvent, ...more }, data: { ...cloudEvent.data, ...data } },
    day(1),
    () => DEFAULT_SOURCE,
  )
  return 'code' in event ? `${event.code}: ${event.description}` : 'taken'
}

void describe('an offset from UTC must exist on earth', () => {
  void test('one that does not exist is refused, and the error names the field', () => {
    for (const offset of NOWHERE) {
      const moment = `2026-11-02T08:15:00${offset}`
      assert.match(reasonFor({}, { effectiveDate: moment }), /^FieldInvalid: data\.effectiveDate /, offset)
      assert.match(reasonFor({ time: moment }, {}), /^FieldInvalid: time /, offset)
      assert.equal(effectiveInstant(moment, 'Europe/Berlin'), null, offset)
      assert.equal(instant(moment, 'Europe/Berlin'), null, offset)
      assert.equal(effectiveInstant(`2026-11-02T08:15${offset}`, 'Europe/Berlin'), null, offset)
    }
  })

  void test('one that exists is accepted', () => {
    for (const [offset, minutes] of SOMEWHERE) {
      const moment = `2026-11-02T08:15:00${offset}`
      const at = Date.UTC(2026, 10, 2, 8, 15) - minutes * 60_000
      assert.deepEqual([effectiveInstant(moment, 'UTC'), instant(moment, 'UTC')], [at, at], offset)
      assert.equal(reasonFor({ time: moment }, { effectiveDate: moment }), 'taken')
    }
  })

  void test('a time that no clock shows is refused, with a zone or without', () => {
    for (const time of ['2026-11-02T25:00:00', '2026-11-02T08:61:00', '2026-02-30T08:00:00'])
      for (const zone of ['', 'Z', '+01:00']) {
        assert.equal(instant(time + zone, 'Europe/Berlin'), null, time + zone)
        assert.equal(effectiveInstant(time + zone, 'Europe/Berlin'), null, time + zone)
      }
  })

  void test('an instant is read as Luxon reads it, also one that does not exist', () => {
    const { below, oneIn } = chanceOf(chance(1))
    const two = (limit: number): string => String(below(limit)).padStart(2, '0')
    let taken = 0
    for (let left = 2_000; left > 0; left--) {
      const zone = oneIn(2) ? 'Z' : `${oneIn(2) ? '+' : '-'}${two(15)}:${two(60)}`
      const fraction = oneIn(2) ? '' : `.${below(99_999)}`
      const text = `20${two(100)}-${two(14)}-${two(33)}T${two(26)}:${two(62)}:${two(62)}${fraction}${zone}`
      const at = DateTime.fromISO(text, { zone: 'utc' })
      const isOnEarth = zone === 'Z' || Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)) <= 14 * 60
      const expected = at.isValid && isOnEarth ? at.toMillis() : null
      assert.equal(effectiveInstant(text, 'Europe/Berlin'), expected, text)
      if (expected !== null) taken += 1
    }
    assert.ok(taken > 1_000, String(taken))
  })

  void test('a moment beyond the calendar is refused', () => {
    assert.equal(effectiveInstant('+275760-09-13T00:00:00Z', 'UTC'), 8_640_000_000_000_000)
    assert.equal(effectiveInstant('+275760-09-13T00:00:01Z', 'UTC'), null)
  })
})
