import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { employeeIdOf, similarityKey } from '../../../../src/core/intake/event/employee-id.ts'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE, type Source } from '../../../../src/core/intake/sources.ts'
import type { JsonObject } from '../../../../src/core/model.ts'
import { day } from '../../../fakes/events.ts'
import { cloudEvent, message } from '../../../fakes/messages.ts'

function take(event: JsonObject | string, source: Partial<Source> = {}): ReturnType<typeof takeIn> {
  const body = typeof event === 'string' ? { text: event } : {}
  return takeIn(message(typeof event === 'string' ? {} : event, body), () => ({
    ...DEFAULT_SOURCE,
    ...source,
  }))
}
const idOf = (subject: JsonObject[string], source: Partial<Source> = {}): string | undefined =>
  take({ ...cloudEvent, subject }, source).events[0]?.employeeId

void describe('an employee id', () => {
  void it('has no white space around it and no invisible character in it', () => {
    for (const written of [
      '71001 ',
      ' 71001',
      '71001\u200B',
      '\uFEFF71001',
      '71\u00AD001',
      '71001\u00A0',
      '71001\t',
    ])
      assert.equal(idOf(written), '71001', JSON.stringify(written))
  })
  void it('is in Unicode form C', () => {
    assert.equal(idOf('Jo\u0308rg-1'), 'J\u00F6rg-1')
  })
  void it('keeps case and zeros unless the source says otherwise', () => {
    assert.equal(idOf('e0071'), 'e0071')
    assert.equal(idOf('e0071', { employeeId: { case: 'upper', pad: 0 } }), 'E0071')
    assert.equal(idOf('E0071', { employeeId: { case: 'lower', pad: 0 } }), 'e0071')
    assert.equal(idOf(71, { employeeId: { case: 'keep', pad: 6 } }), '000071')
    assert.equal(idOf('e71', { employeeId: { case: 'keep', pad: 6 } }), 'e71')
  })
  void it('keeps every digit of a number', () => {
    const text = JSON.stringify({ ...cloudEvent, subject: 'N' }).replace('"N"', '413124000068132003')
    assert.equal(take(text).events[0]?.employeeId, '413124000068132003')
  })
  void it('is refused when nothing visible is left, naming the field', () => {
    for (const written of [' ', '\u200B', '\u2060 \u00A0']) {
      const { rejected } = take({ ...cloudEvent, subject: written })
      assert.equal(rejected?.field, 'subject')
      assert.match(rejected.description, /^subject has no visible character/)
    }
  })
  void it('has the same form where it names a manager', () => {
    const data = { worker: { managerId: ' e7 ' } }
    const { events } = take({ ...cloudEvent, data }, { employeeId: { case: 'upper', pad: 0 } })
    assert.equal(events[0]?.worker['managerId'], 'E7')
  })
  void it('is similar to one that differs in case, width, zeros, separators or white space', () => {
    for (const [a, b] of [
      ['E72001', 'e72001'],
      ['0815', '815'],
      ['\uFF11\uFF12', '12'],
      ['A-12', 'a 12'],
      ['12\u200B', '12'],
    ] as const)
      assert.equal(similarityKey(a), similarityKey(b), `${a} ${b}`)
    assert.notEqual(similarityKey('72001'), similarityKey('72002'))
    assert.equal(similarityKey('0'), '0')
  })
  void it('stays the same when it is formed twice', () => {
    for (const written of [' a\u0308 ', '0007', 'E 7', '\u200B9\u200B'])
      for (const form of [
        { case: 'upper', pad: 5 },
        { case: 'keep', pad: 0 },
      ] as const)
        assert.equal(employeeIdOf(employeeIdOf(written, form), form), employeeIdOf(written, form))
  })
})

void describe('a number that a double cannot hold', () => {
  const withRaw = (part: string): string =>
    JSON.stringify({ ...cloudEvent, data: { worker: { x: 'RAW' }, version: 'RAW' } }).replaceAll(
      '"RAW"',
      part,
    )
  void it('is kept as it was written, in values and in versions', () => {
    const [event] = take(withRaw('90071992547409931')).events
    assert.deepEqual([event?.worker['x'], event?.order], ['90071992547409931', '90071992547409931'])
  })
  void it('orders as a version of 17 digits', () => {
    const { events, rejected } = take({
      ...cloudEvent,
      data: { version: '20261105083015123', worker: { a: 1 } },
    })
    assert.deepEqual([rejected, events[0]?.order], [null, '20261105083015123'])
  })
  void it('beyond every double is text, and not null', () => {
    const text = JSON.stringify({ ...cloudEvent, data: { worker: { x: 'RAW' } } }).replace('"RAW"', '1e400')
    assert.equal(take(text).events[0]?.worker['x'], '1e400')
  })
})

void describe('what a refused message says about a leaver', () => {
  const leavers = (event: JsonObject | string): readonly unknown[] =>
    take(event).leavers.map(({ employeeId, id }) => [employeeId, id])
  const gone = { ...cloudEvent, type: 'worker.terminated' }
  void it('is kept by employee and event, whatever else is wrong', () => {
    for (const wrong of [
      { ...gone, data: { effectiveDate: 'soon' } },
      { ...gone, data: { worker: { active: 'false' } } },
      { ...gone, data: { mode: 'full' } },
      { ...gone, type: 'employee.offboarded' },
      { ...cloudEvent, data: { worker: { active: [false, true] } } },
    ])
      assert.deepEqual(leavers(wrong), [['10001', 'e-1']], JSON.stringify(wrong))
  })
  void it('is kept by the place of the message when no employee can be read', () => {
    assert.deepEqual(leavers({ ...gone, subject: ' ' }), [['unknown:hr-events#1', 'e-1']])
  })
  void it('is kept when a key is there twice and one of the two is a termination', () => {
    const text = JSON.stringify({ ...cloudEvent, data: { worker: { active: true } } })
    const twice = text.replace('"active":true', '"active":false,"active":true')
    assert.equal(take(twice).rejected?.code, 'DuplicateKey')
    assert.equal(take(twice).rejected?.field, 'data.worker.active')
    assert.deepEqual(leavers(twice), [['10001', 'e-1']])
  })
  void it('is nothing for a refused event about something else', () => {
    assert.deepEqual(leavers({ ...cloudEvent, data: { mode: 'full', worker: { title: 'x' } } }), [])
    assert.deepEqual(leavers({ ...cloudEvent, type: 'worker.leave.started', data: { mode: 'x' } }), [])
  })
})

void describe('what is meant by an event', () => {
  const one = (event: JsonObject, source: Partial<Source> = {}): ReturnType<typeof take> =>
    take(event, source)
  const codes = (event: JsonObject): readonly string[] => one(event).findings.map(({ code }) => code)
  void it('is a termination when type and active contradict each other, with a finding', () => {
    const event = { ...cloudEvent, type: 'worker.terminated', data: { worker: { active: true, title: 'x' } } }
    assert.deepEqual(one(event).events[0]?.worker, { active: false, title: 'x' })
    assert.deepEqual(codes(event), ['AccessContradiction'])
  })
  void it('is the day of the recording when a termination has a placeholder for a date', () => {
    for (const effectiveDate of [
      '0001-01-01',
      '1970-01-01',
      '9999-12-31',
      '0001-01-01T00:00:00',
      '1969-12-31T19:00:00-05:00',
    ]) {
      const event = { ...cloudEvent, type: 'worker.terminated', data: { effectiveDate } }
      assert.equal(one(event).events[0]?.effectiveAt, Date.UTC(2026, 0, 1), effectiveDate)
      assert.deepEqual(codes(event), ['PlaceholderDate'])
    }
  })
  void it('is not a start today if the activation is dated at the end of time', () => {
    const event = { ...cloudEvent, type: 'worker.hired', data: { effectiveDate: '9999-12-31' } }
    assert.equal(one(event).events[0]?.effectiveAt, Date.UTC(9999, 11, 31))
  })
  void it('is the arrival when the time is a placeholder, and never later for what opens access', () => {
    const recorded = (type: string, time: string): unknown => {
      const { events, findings } = one({ ...cloudEvent, type, time, data: {} }, { mayBlock: true })
      assert.deepEqual(
        findings.map(({ code, detail }) => [code, detail?.startsWith('time ')]),
        [['PlaceholderDate', true]],
      )
      return events[0]?.recordedAt
    }
    const [first, last] = ['1970-01-01T00:00:00Z', '9999-12-31T00:00:00Z']
    for (const type of ['worker.terminated', 'worker.blocked'])
      for (const time of [first, last]) assert.equal(recorded(type, time), day(1), type)
    for (const type of ['worker.hired', 'worker.unblocked'])
      assert.deepEqual([recorded(type, first), recorded(type, last)], [0, day(1)], type)
    const eight = '1970-01-01T08:00:00Z'
    const { events } = one({
      ...cloudEvent,
      type: 'worker.hired',
      time: eight,
      data: { effectiveDate: eight },
    })
    assert.equal(events[0]?.effectiveAt, 0)
  })
  void it('is the beginning of Unix time in any zone, and no other moment of that day', () => {
    const at = (effectiveDate: string): unknown => {
      const { events, findings } = one({ ...cloudEvent, type: 'worker.terminated', data: { effectiveDate } })
      return [events[0]?.effectiveAt, findings.length]
    }
    assert.deepEqual(at('1969-12-31T19:00:00-05:00'), [Date.UTC(2026, 0, 1), 1])
    assert.deepEqual(at('1969-12-31T19:00:00Z'), [Date.UTC(1969, 11, 31, 19), 0])
  })
  void it('follows the placeholders of the source', () => {
    const event = { ...cloudEvent, data: { effectiveDate: '1970-01-01', worker: { a: 1 } } }
    assert.deepEqual(one(event, { placeholderDates: ['2099-01-01'] }).findings, [])
  })
  void it('is the instant as it stands when a last day worked is a date-time', () => {
    const at = (effectiveDate: string): number | undefined =>
      one({ ...cloudEvent, type: 'worker.terminated', data: { effectiveDate } }, { lastDay: 'inclusive' })
        .events[0]?.effectiveAt
    assert.equal(at('2026-03-10'), Date.UTC(2026, 2, 11))
    assert.equal(at('2026-03-10T17:00:00Z'), Date.UTC(2026, 2, 10, 17))
  })
  void it('is a date in the zone that the event names', () => {
    const data = { effectiveDate: '2026-03-10', zone: 'Asia/Tokyo', worker: { a: 1 } }
    assert.equal(one({ ...cloudEvent, data }).events[0]?.effectiveAt, Date.UTC(2026, 2, 9, 15))
    const { rejected } = one({ ...cloudEvent, data: { ...data, zone: 'Mars/Olympus' } })
    assert.match(rejected?.description ?? '', /^data\.zone .*IANA time zone/)
  })
  void it('is understood when the worker is written as a SCIM user', () => {
    const worker = {
      emails: [{ type: 'work', value: 'x@contoso.com', primary: true }],
      phoneNumbers: [{ value: '+4930123' }],
      manager: { value: '71001' },
    }
    assert.deepEqual(one({ ...cloudEvent, data: { worker } }).events[0]?.worker, {
      emails: { work: 'x@contoso.com' },
      phones: { work: '+4930123' },
      managerId: '71001',
    })
  })
  void it('stays as written when a SCIM list could be read in two ways', () => {
    const worker = {
      emails: [
        { type: 'work', value: 'a' },
        { type: 'work', value: 'b' },
      ],
    }
    assert.deepEqual(one({ ...cloudEvent, data: { worker } }).events[0]?.worker, worker)
  })
})
