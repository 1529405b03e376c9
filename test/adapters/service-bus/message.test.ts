import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { sendable } from '../../../src/adapters/intake-thread/messages.ts'
import { toMessage } from '../../../src/adapters/service-bus/message.ts'

interface Rhea {
  readonly types: {
    described(descriptor: unknown, value: unknown): unknown
    wrap_symbol(value: string): unknown
    wrap_long(value: number): unknown
    wrap_string(value: string): unknown
  }
}
const { types } = createRequire(import.meta.url)('rhea') as Rhea

/** A received message with these heads, as the client hands it over. */
const received = (more: object): ServiceBusReceivedMessage =>
  ({ body: Buffer.from('{}'), _rawAmqpMessage: {}, ...more }) as ServiceBusReceivedMessage

/**
 * As .NET writes a `TimeSpan` or a `Uri`, and the client leaves it: with the types of its AMQP
 * library.
 */
const described = (name: string, value: unknown): unknown =>
  types.described(types.wrap_symbol(`com.microsoft:${name}`), value)

void it('a property that .NET wrote with a descriptor counts as its value, and the message goes into the thread', () => {
  const applicationProperties = {
    wait: described('timespan', types.wrap_long(5)),
    from: described('uri', types.wrap_string('https://hr.example/1')),
    plain: 'kept',
  }
  const message = toMessage('hr-events', received({ applicationProperties }))
  const [head] = structuredClone(sendable([message])).heads
  assert.deepEqual({ ...head?.[9] }, { wait: 5, from: 'https://hr.example/1', plain: 'kept' })
})

void it('a property with bytes, a list or a map counts as null', () => {
  const applicationProperties = { bytes: { 0: 1, 1: 2 }, list: [1], map: { a: () => 1 } }
  const { properties } = toMessage('hr-events', received({ applicationProperties }))
  assert.deepEqual({ ...properties }, { bytes: null, list: null, map: null })
})

void it('what stands in the place of a text and is none counts as none', () => {
  const like = Object.create(Buffer.prototype) as object
  const message = toMessage(
    'hr-events',
    received({
      contentType: 5,
      subject: true,
      sessionId: like,
      replyTo: [],
      messageId: like,
      correlationId: 7,
    }),
  )
  const { contentType, subject, sessionId, replyTo, messageId, correlationId } = message
  assert.deepEqual(
    { contentType, subject, sessionId, replyTo, messageId, correlationId },
    { contentType: null, subject: null, sessionId: null, replyTo: null, messageId: null, correlationId: '7' },
  )
})

void it('a described value in a body, of which the client leaves an object that looks like bytes or a date, is refused or read, and never fails', () => {
  for (const prototype of [Buffer.prototype, Date.prototype, Uint8Array.prototype]) {
    const like = Object.create(prototype) as object
    for (const body of [like, [like], { at: like }]) {
      const message = toMessage('hr-events', received({ body }))
      assert.notEqual(message.text === null, message.unreadable == null)
    }
  }
})
