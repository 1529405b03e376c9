import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeDate } from '../../../src/cli/explain/event-date.ts'

const says = (effectiveRaw: string | null, at: string): string =>
  describeDate({ effectiveRaw, effectiveAt: Date.parse(at) }, 'Europe/Zurich')

void describe('an effective date is explained', () => {
  void it('as the start of the day in the zone of the source', () => {
    assert.match(says('2026-11-20', '2026-11-19T23:00:00Z'), /: the start of that day in Europe\/Zurich$/)
  })
  void it('as the end of the last day worked', () => {
    assert.match(says('2026-11-20', '2026-11-20T23:00:00Z'), /the last day worked: the end of that day/)
  })
  void it('as given, when it is an instant', () => {
    assert.equal(says('2026-11-20T17:00:00Z', '2026-11-20T17:00:00Z'), 'given as 2026-11-20T17:00:00Z')
  })
  void it('as the day of the recording, when there is none', () => {
    assert.match(says(null, '2026-11-19T23:00:00Z'), /^no date given/)
  })
  void it('as a day in another zone, when the event names one', () => {
    assert.match(says('2026-11-20', '2026-11-19T15:00:00Z'), /a day in another zone/)
  })
})
