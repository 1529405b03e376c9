import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Decoded, decode, type Envelope, isCloudEvent } from '../../../src/core/intake/decode.ts'
import type { Json } from '../../../src/core/model.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'

function envelopes(decoded: Decoded): readonly Envelope[] {
  assert(decoded.kind === 'envelopes')
  return decoded.envelopes
}
function code(one: SourceMessage): string {
  const decoded = decode(one)
  assert(decoded.kind === 'rejected')
  return decoded.code
}
function description(one: SourceMessage): string {
  const decoded = decode(one)
  assert(decoded.kind === 'rejected')
  return decoded.description
}
const { data, ...attributes } = cloudEvent
const plain = { contentType: 'application/json' }

void describe('a CloudEvent is found in every place that the AMQP binding allows', () => {
  void test('structured, when the content type says so, in any letter case', () => {
    for (const contentType of ['application/cloudevents+json', 'Application/CloudEvents+JSON; charset=UTF-8'])
      assert.deepEqual(envelopes(decode(message(cloudEvent, { contentType }))), [
        { attributes: cloudEvent, data },
      ])
  })

  void test('binary, with either prefix: the body is the data', () => {
    for (const prefix of ['cloudEvents:', 'cloudEvents_']) {
      const properties = Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [prefix + key, value]),
      )
      const decoded = decode(message(data, { ...plain, properties: { ...properties, tenant: 'acme' } }))
      assert.deepEqual(structuredClone(envelopes(decoded)), [{ attributes, data }])
    }
  })

  void test('a date among the properties is read as its text', () => {
    const properties = {
      'cloudEvents:specversion': '1.0',
      'cloudEvents:time': new Date('2026-01-01T12:00:00Z'),
    }
    assert.deepEqual(
      { ...envelopes(decode(message(data, { ...plain, properties })))[0]?.attributes },
      {
        specversion: '1.0',
        time: '2026-01-01T12:00:00.000Z',
      },
    )
  })

  void test('structured stays structured whatever the properties say', () => {
    for (const contentType of ['application/cloudevents+json', 'Application/CloudEvents+JSON']) {
      const decoded = decode(message(cloudEvent, { contentType, properties: { 'cloudEvents:id': 'other' } }))
      assert.equal(envelopes(decoded)[0]?.attributes['id'], 'e-1')
    }
  })

  void test('a batch carries many, in their order', () => {
    const second = { ...cloudEvent, id: 'e-2' }
    for (const contentType of ['application/cloudevents-batch+json', 'application/cloudevents+json'])
      assert.deepEqual(
        envelopes(decode(message([cloudEvent, second], { contentType }))).map((one) => one.attributes['id']),
        ['e-1', 'e-2'],
      )
  })

  void test('plain JSON that has the attributes of a CloudEvent, alone or in a list', () => {
    for (const contentType of ['application/json', null]) {
      assert.equal(envelopes(decode(message(cloudEvent, { contentType }))).length, 1)
      assert.equal(envelopes(decode(message([cloudEvent, cloudEvent], { contentType }))).length, 2)
    }
  })
})

void test('content type or properties mark a message as a CloudEvent', () => {
  const marks = (more: Partial<SourceMessage>): boolean => isCloudEvent(message({}, { ...plain, ...more }))
  assert.equal(marks({ contentType: 'application/cloudevents+json' }), true)
  for (const prefix of ['cloudEvents:', 'cloudEvents_'])
    assert.equal(marks({ properties: { tenant: 'acme', [`${prefix}id`]: 'e-1' } }), true)
  assert.equal(marks({ properties: { tenant: 'acme' } }), false)
  assert.equal(marks({ contentType: null }), false)
})

void describe('the data of a CloudEvent is found in each form that JSON allows', () => {
  const inBase64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')
  const withBase64 = (data_base64: Json, more: object = {}) =>
    message({ ...attributes, data_base64, ...more })

  void test('data_base64 holds JSON, in either alphabet and in UTF-16 too', () => {
    const marked = { worker: { title: 'Größe ÿ?>' } }
    for (const written of [
      inBase64(JSON.stringify(marked)),
      Buffer.from(JSON.stringify(marked)).toString('base64url'),
      inBase64(Buffer.from(JSON.stringify(marked), 'utf16le')),
    ])
      assert.deepEqual(envelopes(decode(withBase64(written)))[0]?.data, marked)
  })

  void test('data_base64 has the charset of datacontenttype, and a null beside data is none', () => {
    const latin1 = Buffer.from('{"name":"Zoë"}', 'latin1').toString('base64')
    const named = withBase64(latin1, { datacontenttype: 'application/json; charset=iso-8859-1' })
    assert.deepEqual(envelopes(decode(named))[0]?.data, { name: 'Zoë' })
    assert.match(description(withBase64(latin1, { datacontenttype: 7 })), /^data_base64 cannot be read/)
    const one = { worker: { title: 'A' } }
    assert.deepEqual(envelopes(decode(withBase64(null, { data: one })))[0]?.data, one)
    assert.deepEqual(envelopes(decode(withBase64(inBase64('{"a":1}'), { data: null })))[0]?.data, { a: 1 })
  })

  void test('data_base64 that cannot be read is named, with the cause', () => {
    assert.equal(description(withBase64('!!!')), 'data_base64 is not base64')
    assert.equal(description(withBase64(7)), 'data_base64 is not base64')
    assert.match(description(withBase64(inBase64('<a/>'))), /^data_base64 cannot be read: its content is XML/)
    assert.match(description(withBase64(inBase64('{}'), { data: {} })), /^data_base64 is there beside data/)
    assert.match(
      description(withBase64(inBase64(Uint8Array.of(0x1f, 0x8b, 8)))),
      /^data_base64 is compressed/,
    )
    assert.equal(code(withBase64('!!!')), 'FieldInvalid')
  })

  void test('data that was written out as a text is that JSON', () => {
    const written = message({ ...attributes, data: JSON.stringify(data) })
    assert.deepEqual(envelopes(decode(written))[0]?.data, data)
    const prose = message({ ...attributes, data: 'hello' })
    assert.equal(envelopes(decode(prose))[0]?.data, 'hello')
  })

  void test('one of several events is named by its place in the list', () => {
    const bad = { ...attributes, data_base64: '!!!' }
    assert.equal(description(message([cloudEvent, cloudEvent, bad])), '[2].data_base64 is not base64')
    assert.match(description(message([cloudEvent, 'x'])), /^\[1\] is not a JSON object/)
    assert.match(description(message([cloudEvent, { a: 1 }], plain)), /nor \[1\] mark this as a CloudEvent/)
  })
})

void describe('a message that is not a CloudEvent is refused with a reason', () => {
  const nested = (levels: number): Json => {
    let value: Json = 'x'
    for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { below: value }
    return value
  }

  void test('a body that is not text, not JSON, or empty', () => {
    assert.equal(code(message(null, { text: null })), 'BodyNotText')
    for (const text of ['', '{', 'hello', '{"a":1}{"b":2}', "{'a':1}"])
      assert.equal(code(message(null, { text })), 'BodyNotJson')
    assert.equal(code(message([])), 'BodyEmpty')
    const form = { contentType: 'application/x-www-form-urlencoded', text: 'id=e-1&subject=10001' }
    assert.equal(code(message(null, form)), 'BodyNotJson')
  })

  void test('a body that is not an object, alone or in a list', () => {
    for (const body of [null, 1, 'x', true, [null], [cloudEvent, 'x'], [[cloudEvent]]])
      assert.equal(code(message(body)), 'NotACloudEvent')
  })

  void test('JSON that nothing marks as a CloudEvent', () => {
    assert.equal(code(message({ hello: 'world' }, plain)), 'NotACloudEvent')
    assert.equal(code(message([cloudEvent, { hello: 'world' }], plain)), 'NotACloudEvent')
  })

  void test('a body that is nested too deeply, however deep', () => {
    assert.equal(decode(message({ ...cloudEvent, data: nested(20) })).kind, 'envelopes')
    assert.equal(code(message({ ...cloudEvent, data: nested(40) })), 'BodyTooDeep')
    const hostile = '['.repeat(200_000) + ']'.repeat(200_000)
    assert.match(code(message(null, { text: hostile })), /^Body(TooDeep|NotJson)$/)
  })
})
