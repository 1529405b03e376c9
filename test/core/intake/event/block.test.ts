import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE, type Source } from '../../../../src/core/intake/sources.ts'
import type { HrEvent, Json, JsonObject } from '../../../../src/core/model.ts'
import { cloudEvent, message } from '../../../fakes/messages.ts'

const MAY: Partial<Source> = { mayBlock: true }

function read(type: string, data: Json | undefined, source: Partial<Source> = MAY) {
  const { data: _data, ...rest } = cloudEvent
  return takeIn(message({ ...rest, type, ...(data === undefined ? {} : { data }) }), () => ({
    ...DEFAULT_SOURCE,
    ...source,
  }))
}
function taken(type: string, data?: JsonObject, source: Partial<Source> = MAY): HrEvent {
  const { events, rejected } = read(type, data, source)
  assert.equal(rejected, null)
  const [event] = events
  assert(event && events.length === 1)
  return event
}
function refused(type: string, data: JsonObject, source: Partial<Source> = MAY): string {
  const { events, rejected } = read(type, data, source)
  assert.deepEqual(events, [])
  assert(rejected, 'it was taken')
  return `${rejected.code} ${rejected.field ?? ''}`
}

void describe('an event that blocks or unblocks', () => {
  for (const type of ['worker.blocked', 'worker.unblocked']) {
    void it(`is refused from a source that may not: ${type}`, () => {
      assert.equal(refused(type, {}, {}), 'BlockNotAllowed type')
      assert.equal(refused(type, { worker: { active: false } }, {}), 'BlockNotAllowed type')
    })

    void it(`is refused under an alias of the source, too: ${type}`, () => {
      assert.equal(
        refused('security.event', {}, { types: { 'security.event': type } }),
        'BlockNotAllowed type',
      )
    })

    void it(`sets no attribute, with data or without: ${type}`, () => {
      for (const data of [undefined, {}, { worker: {} }]) {
        const { worker, mode, rescinds } = taken(type, data)
        assert.deepEqual([worker, mode, rescinds], [{}, 'delta', null])
      }
    })

    void it(`is refused with anything that would be passed over: ${type}`, () => {
      assert.equal(refused(type, { worker: { title: 'x' } }), 'FieldInvalid data.worker')
      assert.equal(refused(type, { worker: { active: true } }), 'FieldInvalid data.worker')
      assert.equal(refused(type, { mode: 'snapshot', worker: {} }), 'FieldInvalid data.mode')
      assert.equal(refused(type, { mode: 'notice' }, { ...MAY, notices: true }), 'FieldInvalid data.mode')
      assert.equal(refused(type, { rescinds: 'e-0' }), 'FieldInvalid data.rescinds')
    })
  }

  void it('says when the block ends, in the zone of the source', () => {
    const zone = 'Europe/Berlin'
    assert.equal(taken('worker.blocked', {}).blockUntil, null)
    assert.equal(taken('worker.blocked', { until: null }).blockUntil, null)
    assert.equal(
      taken('worker.blocked', { until: '2026-12-01' }, { ...MAY, zone }).blockUntil,
      Date.UTC(2026, 10, 30, 23),
    )
    assert.equal(
      taken('worker.blocked', { until: '2026-12-01T08:00:00Z' }).blockUntil,
      Date.UTC(2026, 11, 1, 8),
    )
  })

  void it('has no end when the end is a date that stands for none', () => {
    for (const until of ['9999-12-31', '0001-01-01T00:00:00'])
      assert.equal(taken('worker.blocked', { until }).blockUntil, null)
  })

  void it('is refused with an end that is not a date, or not after the beginning', () => {
    for (const until of ['soon', '', 5, '2026-13-01']) {
      assert.equal(refused('worker.blocked', { until }), 'FieldInvalid data.until')
      assert.match(
        read('worker.blocked', { until }).rejected?.description ?? '',
        /^data\.until is not a date/,
      )
    }
    assert.equal(
      refused('worker.blocked', { effectiveDate: '2026-05-02', until: '2026-05-02' }),
      'FieldInvalid data.until',
    )
    assert.equal(refused('worker.unblocked', { until: '2026-12-01' }), 'FieldInvalid data.until')
  })

  void it('leaves an end under data.until alone in events of other types', () => {
    assert.equal(taken('worker.updated', { until: 5, worker: { title: 'x' } }, {}).blockUntil, undefined)
  })
})
