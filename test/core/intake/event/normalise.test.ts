import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { EVENT_TYPES } from '../../../../src/core/intake/event/event-types.ts'
import { DEFAULT_SOURCE, type Source } from '../../../../src/core/intake/sources.ts'
import { type HrEvent, isBlockType, type Json, type JsonObject } from '../../../../src/core/model.ts'
import { day } from '../../../fakes/events.ts'
import { cloudEvent, message } from '../../../fakes/messages.ts'
import { runs } from '../../../fakes/runs.ts'

function takeInOne(event: Json, source: Partial<Source> = {}): ReturnType<typeof takeIn> {
  return takeIn(message(event), () => ({ ...DEFAULT_SOURCE, ...source }))
}
function taken(more: JsonObject = {}, data: JsonObject = {}, source: Partial<Source> = {}): HrEvent {
  const { events, rejected } = takeInOne(
    { ...cloudEvent, ...more, data: { ...cloudEvent.data, ...data } },
    source,
  )
  assert.equal(rejected, null)
  const [event] = events
  assert(event && events.length === 1)
  return event
}
/** Code and description of the refusal. */
function refused(event: Json, source: Partial<Source> = {}): string {
  const { events, rejected } = takeInOne(event, source)
  assert(rejected, 'it was taken')
  assert.deepEqual(events, [])
  // The field is the one that the description begins with, after its place in a list.
  const named = rejected.description.replace(/^\[\d+\]\./, '')
  if (rejected.field !== null)
    assert(named.startsWith(rejected.field.split('[]')[0] ?? ''), rejected.description)
  return `${rejected.code}: ${rejected.description}`
}
function refusedWith(more: JsonObject, data: JsonObject = {}): string {
  return refused({ ...cloudEvent, ...more, data: { ...cloudEvent.data, ...data } })
}
/** Types that speak of attributes; `block.test.ts` has the others. */
const HR_TYPES = EVENT_TYPES.filter((type) => !isBlockType(type))
/** An event of a type, with nothing in its data but what is given. */
const bare = (type: string, data: JsonObject): Json => ({ ...cloudEvent, type, data })
const iso = (at: number): string => new Date(at).toISOString()

void describe('an event is converted to its canonical form', () => {
  void test('field by field', () => {
    assert.deepEqual(taken({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }), {
      source: '/hr/acme',
      id: 'e-1',
      type: 'worker.updated',
      employeeId: '10001',
      recordedAt: day(1),
      effectiveAt: Date.UTC(2026, 0, 1),
      effectiveRaw: '2026-01-01',
      order: 7,
      rank: 0,
      mode: 'delta',
      worker: { title: 'Engineer' },
      rescinds: null,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    })
  })

  void test('unknown attributes are kept', () => {
    const worker = { shoeSize: 44, tags: ['a', { b: null }], name: { nick: 'X' } }
    assert.deepEqual(taken({ extension: 'x' }, { worker, more: 1 }).worker, worker)
  })

  void test('type or mode makes an event a snapshot', () => {
    assert.equal(taken({ type: 'worker.snapshot' }).mode, 'snapshot')
    assert.equal(taken({ type: 'worker.hired' }, { mode: 'snapshot' }).mode, 'snapshot')
    assert.equal(taken({ type: 'worker.snapshot' }, { mode: 'delta' }).mode, 'delta')
  })

  void test('a rescind names an event of its own source unless it names another source', () => {
    const rescind = (rescinds: Json): unknown => taken({ type: 'worker.rescinded' }, { rescinds }).rescinds
    assert.deepEqual(rescind('e-0'), { source: '/hr/acme', id: 'e-0' })
    assert.deepEqual(rescind({ id: 'e-0' }), { source: '/hr/acme', id: 'e-0' })
    assert.deepEqual(rescind({ source: '/hr/other', id: 'e-0' }), { source: '/hr/other', id: 'e-0' })
    assert.match(
      refused(bare('worker.rescinded', { worker: {} })),
      /^FieldMissing: data\.rescinds is missing/,
    )
  })

  void test('a rescind needs no attributes, and is not an empty snapshot', () => {
    const { events } = takeInOne(bare('worker.rescinded', { rescinds: 'e-0' }))
    assert.deepEqual(events[0]?.worker, {})
    assert.match(
      refused(bare('worker.rescinded', { rescinds: 'e-0', mode: 'snapshot' })),
      /^FieldMissing: data\.worker is missing/,
    )
  })

  void test('the source says what orders its events', () => {
    const more = { sequence: '0042' }
    assert.equal(taken(more, {}, { order: 'version' }).order, 7)
    assert.equal(taken(more, { version: '12' }, { order: 'version' }).order, 12)
    assert.equal(taken(more, { version: null }, { order: 'version' }).order, null)
    assert.equal(taken(more, {}, { order: 'sequence' }).order, 42)
    assert.equal(taken({ sequence: 9 }, {}, { order: 'sequence' }).order, 9)
    assert.equal(taken({ sequence: 'v9' }, {}, { order: 'sequence' }).order, 'v9')
    assert.equal(taken({}, {}, { order: 'sequence' }).order, null)
    assert.equal(taken(more, {}, { order: 'time' }).order, day(1))
    assert.equal(taken({}, {}, { rank: 3 }).rank, 3)
  })

  void test('a notice has no attributes, and only one of a termination says that the employee leaves', () => {
    for (const type of HR_TYPES) {
      const data = { mode: 'notice', rescinds: 'e-0', worker: { title: 'A', active: true } }
      const isLeaving = type === 'worker.terminated' || type === 'worker.deleted'
      assert.deepEqual(
        taken({ type }, data, { notices: true }).worker,
        isLeaving ? { active: false } : {},
        type,
      )
    }
  })

  void test('only a notice names the fields that changed', () => {
    const changedFields = ['title']
    assert.deepEqual(taken({}, { mode: 'notice', changedFields }, { notices: true }).changedFields, ['title'])
    assert.equal('changedFields' in taken({}, { mode: 'notice' }, { notices: true }), false)
    assert.equal('changedFields' in taken({}, { changedFields }), false)
  })

  void test('an invalid trace context is dropped, and the event is accepted', () => {
    for (const traceparent of ['x', '00-…', 7, { a: 1 }, 'x\u0000'])
      assert.equal(taken({ traceparent }).traceparent, null)
  })

  void test('one bad event refuses the whole message', () => {
    const second = { ...cloudEvent, id: 'e-2', subject: '' }
    assert.match(refused([cloudEvent, second]), /^FieldInvalid: \[1\]\.subject /)
    assert.match(refused(second), /^FieldInvalid: subject /)
  })
})

void describe('active is given, implied by the type, or unchanged', () => {
  const implied: Readonly<Record<string, boolean>> = {
    'worker.hired': true,
    'worker.rehired': true,
    'worker.terminated': false,
    'worker.deleted': false,
  }

  void test('a type implies active if the event does not state it, and a stated true never overrides a termination', () => {
    for (const type of HR_TYPES) {
      const data = type === 'worker.rescinded' ? { rescinds: 'e-0' } : {}
      assert.equal(taken({ type }, data).worker['active'], implied[type], type)
      for (const active of [true, false])
        assert.equal(
          taken({ type }, { ...data, worker: { active } }).worker['active'],
          implied[type] === false ? false : active,
        )
    }
  })

  void test('an event without attributes is taken when its type says whether the employee is active', () => {
    for (const type of HR_TYPES) {
      if (type === 'worker.rescinded') continue
      const active = implied[type]
      if (active !== undefined) assert.deepEqual(takeInOne(bare(type, {})).events[0]?.worker, { active })
      else assert.match(refused(bare(type, {})), /^FieldMissing: data\.worker is missing/)
    }
  })

  void test('access never follows a guess', () => {
    for (const active of [null, 'true', 'false', '', 0, 1, {}, []])
      for (const type of ['worker.hired', 'worker.terminated', 'worker.snapshot'])
        assert.match(refusedWith({ type }, { worker: { active } }), /^FieldInvalid: data\.worker\.active /)
  })
})

void describe('an event takes effect at its effective moment', () => {
  const from = (
    effectiveDate: string,
    zone: string,
    more: Partial<Source> & { type?: string } = {},
  ): string => {
    const { type = 'worker.updated', ...source } = more
    return iso(taken({ type }, { effectiveDate }, { zone, ...source }).effectiveAt)
  }

  void test('a plain date begins with the day in the zone of its source', () => {
    assert.equal(from('2026-12-01', 'UTC'), '2026-12-01T00:00:00.000Z')
    assert.equal(from('2026-12-01', 'America/New_York'), '2026-12-01T05:00:00.000Z')
    assert.equal(from('2026-12-01', 'Pacific/Kiritimati'), '2026-11-30T10:00:00.000Z')
  })

  void test('also on days when clocks change', () => {
    assert.equal(from('2026-03-29', 'Europe/Berlin'), '2026-03-28T23:00:00.000Z')
    assert.equal(from('2026-03-30', 'Europe/Berlin'), '2026-03-29T22:00:00.000Z')
    assert.equal(from('2026-10-25', 'Europe/Berlin'), '2026-10-24T22:00:00.000Z')
    assert.equal(from('2026-10-26', 'Europe/Berlin'), '2026-10-25T23:00:00.000Z')
    // Here the clocks go forward at midnight: the day starts at one o'clock.
    assert.equal(from('2026-03-29', 'Asia/Beirut'), '2026-03-28T22:00:00.000Z')
  })

  void test('access ends the day after the last day worked, also when clocks change that night', () => {
    const inclusive = { lastDay: 'inclusive', type: 'worker.terminated' } as const
    assert.equal(from('2026-12-31', 'UTC', inclusive), '2027-01-01T00:00:00.000Z')
    assert.equal(from('2026-03-29', 'Europe/Berlin', inclusive), '2026-03-29T22:00:00.000Z')
    assert.equal(from('2026-10-25', 'Europe/Berlin', inclusive), '2026-10-25T23:00:00.000Z')
    assert.equal(from('2028-02-28', 'UTC', inclusive), '2028-02-29T00:00:00.000Z')
  })

  void test('only a termination has a last day, and only when its source is configured so', () => {
    assert.equal(
      from('2026-12-31', 'UTC', { lastDay: 'inclusive', type: 'worker.hired' }),
      '2026-12-31T00:00:00.000Z',
    )
    assert.equal(
      from('2026-12-31', 'UTC', { lastDay: 'exclusive', type: 'worker.terminated' }),
      '2026-12-31T00:00:00.000Z',
    )
  })

  void test('a date-time is used as it is, with its own offset or in the zone of its source', () => {
    assert.equal(from('2026-12-01T09:30:00Z', 'America/New_York'), '2026-12-01T09:30:00.000Z')
    assert.equal(from('2026-12-01T09:30:00-08:00', 'America/New_York'), '2026-12-01T17:30:00.000Z')
    assert.equal(from('2026-12-01T09:30:00', 'America/New_York'), '2026-12-01T14:30:00.000Z')
  })

  void test('an event without a date takes effect on the local day of its time', () => {
    const at = (time: string, zone: string): string => {
      const { events } = takeInOne({ ...cloudEvent, time, data: { worker: {} } }, { zone })
      assert(events[0])
      assert.equal(events[0].effectiveRaw, null)
      return iso(events[0].effectiveAt)
    }
    assert.equal(at('2026-11-02T23:30:00Z', 'UTC'), '2026-11-02T00:00:00.000Z')
    assert.equal(at('2026-11-02T23:30:00Z', 'Europe/Berlin'), '2026-11-02T23:00:00.000Z')
    assert.equal(at('2026-11-02T23:30:00Z', 'America/Los_Angeles'), '2026-11-02T08:00:00.000Z')
    assert.equal(at('1969-07-20T20:17:00Z', 'UTC'), '1969-07-20T00:00:00.000Z')
    assert.equal(at('2026-03-29T12:00:00+02:00', 'Europe/Berlin'), '2026-03-28T23:00:00.000Z')
  })

  void test('an event without a time was recorded when it was enqueued', () => {
    const { time, ...timeless } = cloudEvent
    const { events } = takeInOne(timeless)
    assert(time !== undefined && events[0]?.recordedAt === day(1))
  })

  void test('a wrong date is refused, not repaired', () => {
    for (const wrong of [
      '',
      ' ',
      '2026-02-30',
      '2026-13-01',
      '2025-02-29',
      '01.12.2026',
      '12/01/2026',
      'tomorrow',
      '2026-12',
      '2026-12-01T25:00:00Z',
      '20261201',
    ])
      assert.match(refusedWith({}, { effectiveDate: wrong }), /^FieldInvalid: data\.effectiveDate /, wrong)
  })

  void test('a time that is not an instant is refused, and one without an offset is in the zone of its source, not of the machine', () => {
    for (const time of [
      '',
      '2026-11-02',
      'Tue Nov 03 2026',
      '2026-02-30T00:00:00Z',
      '2026-11-02T25:00:00Z',
      'T',
    ])
      assert.match(refusedWith({ time }), /^FieldInvalid: time /, time)
    assert.equal(taken({ time: '2026-11-02T08:15:00' }).recordedAt, Date.UTC(2026, 10, 2, 8, 15))
    assert.equal(
      taken({ time: '2026-11-02T08:15:00' }, {}, { zone: 'Asia/Tokyo' }).recordedAt,
      Date.UTC(2026, 10, 1, 23, 15),
    )
    assert.equal(
      taken({ time: '2026-11-02T08:15:00.123456+01:00' }).recordedAt,
      Date.UTC(2026, 10, 2, 7, 15, 0, 123),
    )
  })
})

void describe('a refusal names the error', () => {
  const without = (field: keyof typeof cloudEvent): Json =>
    Object.fromEntries(Object.entries(cloudEvent).filter(([key]) => key !== field))

  void test('a missing field', () => {
    for (const field of ['specversion', 'id', 'source', 'type', 'subject', 'data'] as const)
      assert.match(refused(without(field)), new RegExp(`^FieldMissing: ${field} is missing`))
  })

  void test('a field of the wrong form', () => {
    const cases: readonly [string, JsonObject, JsonObject?][] = [
      ['specversion', { specversion: '0.3' }],
      ['id', { id: 7.5 }],
      ['id', { id: '' }],
      ['source', { source: 'x'.repeat(1025) }],
      ['subject', { subject: null }],
      ['time', { time: 1 }],
      ['sequence', { sequence: {} }],
      ['data.mode', {}, { mode: 'full' }],
      ['data.effectiveDate', {}, { effectiveDate: 20261201 }],
      ['data.version', {}, { version: 1.5 }],
      ['data.version', {}, { version: 'seven' }],
      ['data.rescinds', {}, { rescinds: 7 }],
      ['data.worker', {}, { worker: [] }],
    ]
    for (const [field, more, data] of cases) {
      assert.match(refusedWith(more, data), new RegExp(`^FieldInvalid: ${field} has the wrong form`))
      const wrong = { ...cloudEvent, ...more, data: { ...cloudEvent.data, ...data } }
      assert.equal(takeInOne(wrong).rejected?.field, field)
    }
  })

  void test('a wrong element of a list, by the place that all its elements share', () => {
    const wrong = { ...cloudEvent, data: { ...cloudEvent.data, changedFields: ['title', 7] } }
    assert.match(refused(wrong), /^FieldInvalid: data\.changedFields\.1 has the wrong form: expected string/)
    assert.equal(takeInOne(wrong).rejected?.field, 'data.changedFields[]')
  })

  void test('what was expected instead', () => {
    for (const [more, data, expected] of [
      [{}, { rescinds: 7 }, 'see the description of the canonical event'],
      [{ time: 1 }, {}, 'expected string'],
      [{ type: '' }, {}, 'its length is out of bounds'],
      [{ source: 'x'.repeat(1_025) }, {}, 'its length is out of bounds'],
      [{ source: 'a\u0000b' }, {}, 'it has characters that may not stand there'],
      [{}, { mode: 'full' }, 'expected one of snapshot, delta, notice'],
      [{}, { zone: 'Mars/Olympus' }, 'it is not an IANA time zone such as Europe/Berlin'],
    ] as const)
      assert.ok(refusedWith(more, data).endsWith(` has the wrong form: ${expected}`), expected)
  })

  void test('a control character or half a character in a name, which a database could refuse or change', () => {
    for (const field of ['id', 'source', 'subject', 'sequence'] as const)
      for (const bad of ['a\u0000b', 'a\nb', '\u007f', '\u0085', 'a\ud800', '\udc00b'])
        assert.match(refusedWith({ [field]: bad }), new RegExp(`^FieldInvalid: ${field} `))
    assert.equal(taken({ subject: 'Zoë 🦊' }).employeeId, 'Zoë 🦊')
  })

  void test('an unknown type, inherited property names included', () => {
    for (const type of ['worker.promoted', 'toString', '__proto__', 'constructor'])
      assert.match(refusedWith({ type }), /^UnknownType: /)
  })

  void test('an event of no configured source', () => {
    const { rejected } = takeIn(message(cloudEvent), () => null)
    assert.deepEqual([rejected?.code, rejected?.field], ['SourceUnknown', 'source'])
  })

  void test('a notice without an HR system to read from', () => {
    assert.match(refusedWith({}, { mode: 'notice' }), /^NoticeUnsupported: /)
  })
})

void describe('a refusal never quotes a value', () => {
  const secret = 'S3CR3T'
  const wrong: fc.Arbitrary<Json> = fc.oneof(
    fc.constantFrom<Json>(
      secret,
      [secret],
      { [secret]: secret },
      { id: `${secret}\u0000` },
      { id: [secret] },
      `${secret}\u0000`,
      secret.repeat(300),
      null,
    ),
    fc.constantFrom<Json>(
      `2026-${secret}`,
      `${secret}T00:00:00Z`,
      { source: secret },
      { source: `${secret}\u0000`, id: 'e-0' },
    ),
  )
  const spoilt = fc
    .record(
      {
        specversion: wrong,
        id: wrong,
        source: wrong,
        type: fc.oneof(wrong, fc.constantFrom(...EVENT_TYPES)),
        subject: wrong,
        time: wrong,
        sequence: wrong,
        traceparent: wrong,
        data: fc.oneof(
          wrong,
          fc.record(
            {
              mode: wrong,
              effectiveDate: wrong,
              version: wrong,
              rescinds: wrong,
              worker: fc.oneof(
                wrong,
                fc.record({ active: wrong, userName: fc.constant(secret) }, { requiredKeys: [] }),
              ),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    )
    .map((more): Json => ({ ...cloudEvent, ...(JSON.parse(JSON.stringify(more)) as JsonObject) }))

  void test('for any value in any place', () => {
    fc.assert(
      fc.property(
        fc.oneof(spoilt, spoilt, fc.array(spoilt, { maxLength: 3 }), wrong),
        fc.constantFrom('application/cloudevents+json', secret),
        (body, contentType) => {
          const { events, rejected } = takeIn(message(body, { contentType }), () => DEFAULT_SOURCE)
          if (!rejected) return assert(events.length > 0)
          assert.equal(`${rejected.code} ${rejected.description}`.includes(secret), false)
          assert.match(rejected.code, /^[A-Z][A-Za-z]+$/)
          assert(rejected.description.length < 400)
        },
      ),
      { numRuns: runs(10_000) },
    )
  })

  void test('nor does a body that is not JSON', () => {
    const { rejected } = takeIn(message(null, { text: `{"name": "${secret}` }), () => DEFAULT_SOURCE)
    assert.equal(`${rejected?.code} ${rejected?.description}`.includes(secret), false)
  })

  void test('any JSON is accepted or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, data) => {
        takeIn(message(body as Json), () => DEFAULT_SOURCE)
        takeInOne({ ...cloudEvent, data: data as Json })
      }),
      { numRuns: runs(2_000) },
    )
  })
})
