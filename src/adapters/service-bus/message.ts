import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import {
  type Declared,
  type ReadBytes,
  readBytes,
  type Unpack,
  unpackText,
} from '../../core/intake/body/bytes.ts'
import { isContentEncoding } from '../../core/intake/body/content-type.ts'
import type { BodyTrouble, SourceMessage } from '../../core/ports.ts'
import { amqpBody } from './bodies/amqp-body.ts'

/** A message as it arrived, with what settles it. */
export interface BusMessage extends SourceMessage {
  readonly native: ServiceBusReceivedMessage
  /** Set once more when the body was unpacked. */
  text: string | null
  unreadable: BodyTrouble | null
  /** What is still to be unpacked; `null` for almost every message. */
  packed: Packed | null
}
interface Packed {
  readonly bytes: Uint8Array
  readonly how: Extract<ReadBytes, { readonly kind: 'packed' }>
}

/** What is agreed with the senders of a queue about bodies. */
export interface BodySettings {
  /** The charset of bodies that are not UTF-8 and name none. */
  readonly charset?: string
}

export function toMessage(
  entity: string,
  native: ServiceBusReceivedMessage,
  settings: BodySettings = {},
): BusMessage {
  return {
    native,
    entity,
    sequence: String(native.sequenceNumber ?? native.messageId ?? ''),
    enqueuedAt: native.enqueuedTimeUtc?.getTime() ?? 0,
    messageId: native.messageId === undefined ? null : String(native.messageId),
    sessionId: native.sessionId ?? null,
    contentType: native.contentType ?? null,
    subject: native.subject ?? null,
    correlationId: native.correlationId === undefined ? null : String(native.correlationId),
    replyTo: native.replyTo ?? null,
    properties: native.applicationProperties ?? {},
    ...bodyOf(native, settings),
  }
}

/** Gives a message the text of its packed body, or why there is none. */
export async function unpackMessage(message: BusMessage, unpack: Unpack): Promise<void> {
  if (message.packed === null) return
  const { bytes, how } = message.packed
  message.packed = null
  const read = await unpackText(bytes, how, unpack)
  if (read.kind === 'text') message.text = read.text
  message.unreadable = read.kind === 'text' ? null : troubleOf(read)
}

function bodyOf(
  native: ServiceBusReceivedMessage,
  settings: BodySettings,
): Pick<BusMessage, 'text' | 'unreadable' | 'packed'> {
  const body = amqpBody(native)
  const read =
    body.kind === 'bytes' ? readBytes(body.bytes, { ...declaredBy(native), ...agreed(settings) }) : body
  switch (read.kind) {
    case 'text':
      return { text: read.text, unreadable: null, packed: null }
    case 'unreadable':
      return { text: null, unreadable: troubleOf(read), packed: null }
    case 'packed':
      return {
        text: null,
        unreadable: null,
        packed: { bytes: body.kind === 'bytes' ? body.bytes : new Uint8Array(), how: read },
      }
  }
}

function troubleOf({ code, description, guess }: BodyTrouble): BodyTrouble {
  return { code, description, ...(guess === undefined ? {} : { guess }) }
}

function agreed({ charset }: BodySettings): Pick<Declared, 'agreed'> {
  return charset === undefined ? {} : { agreed: charset }
}

const NONE: readonly string[] = []

function declaredBy({
  contentType,
  applicationProperties,
  _rawAmqpMessage: raw,
}: ServiceBusReceivedMessage): Declared {
  const said = { contentType: contentType ?? null, encodings: NONE }
  const properties = applicationProperties ?? {}
  const written = Object.keys(properties)
    .filter(isContentEncoding)
    .map((name) => properties[name])
  written.unshift(raw.properties?.contentEncoding)
  // This is done for every message, and almost none has an encoding.
  if (written.length === 1 && written[0] === undefined) return said
  const encodings = written
    .flatMap((one) => (typeof one === 'string' ? one.split(',') : []))
    .map((name) => name.trim().toLowerCase())
  // A sender that names the encoding in both places means one.
  return { ...said, encodings: [...new Set(encodings)] }
}
