import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import rhea from 'rhea'
import { encodeStored } from '../../../src/local/service-bus/wire/delivery.ts'
import { parseDelivery, parseEnvelope } from '../../../src/local/service-bus/wire/message.ts'
import { withApplicationProperties } from '../../../src/local/service-bus/wire/sections.ts'
import { MalformedError } from '../../../src/local/service-bus/wire/reader.ts'
import { amqp } from '../../../src/local/service-bus/amqp/rhea-types.ts'
import { assertSane } from '../../../src/local/service-bus/wire/sane.ts'

const stamp = {
  sequence: 2 ** 40 + 7,
  enqueuedAt: 1_700_000_000_000,
  deliveryCount: 3,
  ttlMs: 5000,
  lockedUntil: 1_700_000_060_000,
  state: 'active',
  originalSequence: undefined,
  deadLetterSource: undefined,
  lockToken: undefined,
} as const

const text = fc.string({ unit: 'grapheme', maxLength: 300 })
const message = fc.record(
  {
    message_id: fc.string({ minLength: 1, maxLength: 100 }),
    group_id: text,
    subject: text,
    correlation_id: text,
    ttl: fc.nat({ max: 0xffff_fff }),
    durable: fc.boolean(),
    application_properties: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__'),
      fc.oneof(text, fc.boolean(), fc.integer()),
    ),
    body: fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  },
  { requiredKeys: ['message_id', 'body'] },
)

void it('a receiver reads exactly what a sender wrote, and what the broker adds', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const envelope = parseEnvelope(rhea.message.encode(sent))
      assert.equal(envelope.messageId, sent.message_id)
      assert.equal(envelope.sessionId, sent.group_id)
      const received = rhea.message.decode(encodeStored(envelope, stamp))
      for (const field of ['message_id', 'group_id', 'subject', 'correlation_id', 'body'] as const)
        assert.deepEqual(received[field], sent[field] ?? received[field])
      assert.deepEqual({ ...received.application_properties }, { ...sent.application_properties })
      assert.equal(received.delivery_count, 3)
      assert.equal(received.ttl, 5000)
      assert.deepEqual(
        { ...received.message_annotations },
        {
          'x-opt-sequence-number': stamp.sequence,
          'x-opt-enqueued-time': new Date(stamp.enqueuedAt),
          'x-opt-locked-until': new Date(stamp.lockedUntil),
        },
      )
    }),
  )
})

void it('a changed property leaves the others and their types as they were', () => {
  const properties = { big: rhea.types.wrap_ulong(7), small: rhea.types.wrap_short(-3), gone: 'x' }
  const envelope = parseEnvelope(
    rhea.message.encode({ message_id: 'm', application_properties: properties, body: 1 }),
  )
  const bare = withApplicationProperties(envelope.bare, new Map([['added', amqp.wrap('y')]]), ['gone'])
  const reread = rhea.message.decode(bare)
  assert.deepEqual({ ...reread.application_properties }, { big: 7, small: -3, added: 'y' })
  // 0x61 is a short, 0x53 a small ulong.
  assert.ok(bare.includes(Buffer.from([0x61, 0xff, 0xfd])) && bare.includes(Buffer.from([0x53, 7])))
})

void it('bytes that are not a message are malformed, and nothing worse', () => {
  const tries = (read: () => unknown) => {
    try {
      read()
    } catch (error) {
      assert.ok(error instanceof MalformedError || error instanceof RangeError, String(error))
    }
  }
  const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))
  const cut = fc.tuple(message, fc.nat(), fc.nat({ max: 255 })).map(([sent, at, value]) => {
    const bytes = Buffer.from(rhea.message.encode(sent))
    bytes[at % bytes.length] = value
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(noise, cut), fc.constantFrom(0, 0x80013700), (bytes, format) => {
      tries(() => parseDelivery(bytes, format))
      tries(() => assertSane(bytes))
    }),
    { numRuns: 1000 },
  )
})
