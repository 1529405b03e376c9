import { amqp, type DecodedMessage, type Typed } from '../amqp/rhea-types.ts'
import { MalformedError } from './reader.ts'
import { assertSane } from './sane.ts'
import { isTyped, withBooleans } from './typed.ts'

const SECTIONS = { properties: 0x73, application: 0x74, value: 0x77 }

/** Reads a request to a control node. Throws MalformedError for bytes that are not a message. */
export function decodeRequest(payload: Buffer): DecodedMessage {
  assertSane(payload)
  const found = new Map<unknown, Typed>()
  try {
    const reader = new amqp.Reader(payload)
    while (reader.remaining() > 0) {
      const section = withBooleans(reader.read())
      found.set(section.descriptor?.value, section)
    }
  } catch (error) {
    throw new MalformedError(error instanceof Error ? error.message : 'not a message')
  }
  if (found.size === 0 || found.has(undefined)) throw new MalformedError('expected the sections of a message')
  const properties: unknown = found.get(SECTIONS.properties)?.value
  const messageId: unknown = Array.isArray(properties) ? properties[0] : undefined
  return {
    ...(isTyped(messageId) && messageId.value !== null && { message_id: messageId }),
    application_properties: plainMap(found.get(SECTIONS.application)),
    body: amqp.unwrap(found.get(SECTIONS.value)),
  }
}

function plainMap(section: Typed | undefined): Record<string, unknown> {
  const map = section === undefined ? {} : amqp.unwrap(section)
  return typeof map === 'object' && map !== null ? { ...map } : {}
}
