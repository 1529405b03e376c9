import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import {
  type Declared,
  type ReadBytes,
  readBytes,
  type Unpack,
  unpackText,
} from '../../core/intake/body/bytes.ts'
import { type ArrivedBody, arrivedBytes, readArrived } from '../../core/intake/body/arrived.ts'
import { isContentEncoding } from '../../core/intake/body/content-type.ts'
import type { BodyTrouble, SourceMessage } from '../../core/ports.ts'
import { amqpBody } from './bodies/amqp-body.ts'
import { idIn, simpleProperties, textIn } from './simple-values.ts'

/** A message as it arrived, with what settles it. */
export interface BusMessage extends SourceMessage {
  readonly native: ServiceBusReceivedMessage
  /** Its text is made when it is asked for. Set once more when a packed body was unpacked. */
  body: ArrivedBody
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
  const { body, packed } = bodyOf(native, settings)
  return {
    native,
    entity,
    sequence: String(native.sequenceNumber ?? idIn(native.messageId) ?? ''),
    enqueuedAt: native.enqueuedTimeUtc?.getTime() ?? 0,
    messageId: idIn(native.messageId),
    sessionId: textIn(native.sessionId),
    contentType: textIn(native.contentType),
    subject: textIn(native.subject),
    correlationId: idIn(native.correlationId),
    replyTo: textIn(native.replyTo),
    properties: simpleProperties(native.applicationProperties),
    body,
    packed,
    get text() {
      return textOf(this)
    },
    get unreadable() {
      this.body = readArrived(this.body)
      return this.body.kind === 'unreadable' ? troubleOf(this.body) : null
    },
  }
}

function textOf(message: Pick<BusMessage, 'body'>): string | null {
  message.body = readArrived(message.body)
  return message.body.kind === 'text' ? message.body.text : null
}

/** Gives a message the text of its packed body, or why there is none. */
export async function unpackMessage(message: BusMessage, unpack: Unpack): Promise<void> {
  if (message.packed === null) return
  const { bytes, how } = message.packed
  message.packed = null
  message.body = await unpackText(bytes, how, unpack)
}

/** The body of a message that is still packed. */
const TO_BE_UNPACKED: ArrivedBody = {
  kind: 'unreadable',
  code: 'BodyNotUnpacked',
  description: 'the body is not unpacked yet; receive the message again',
}

function bodyOf(
  native: ServiceBusReceivedMessage,
  settings: BodySettings,
): Pick<BusMessage, 'body' | 'packed'> {
  const found = amqpBody(native)
  if (found.kind !== 'bytes') return { body: found, packed: null }
  const { bytes } = found
  const declared = { ...declaredBy(native), ...agreed(settings) }
  const later = arrivedBytes(bytes, declared)
  if (later) return { body: later, packed: null }
  const read = readBytes(bytes, declared)
  return read.kind === 'packed'
    ? { body: TO_BE_UNPACKED, packed: { bytes, how: read } }
    : { body: read, packed: null }
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
  const said = { contentType: textIn(contentType), encodings: NONE }
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
