import { randomBytes } from 'node:crypto'
import { ByteReader, MalformedError } from './reader.ts'
import { SECTIONS } from './sections.ts'

/**
 * A message as a sender gave it, parsed once. `bare` keeps properties, application properties, body
 * and footer byte for byte, so that no AMQP type is lost between sender and receiver; header and
 * annotations are the broker's to write.
 */
export interface Envelope {
  readonly bare: Buffer
  readonly durable: boolean
  readonly priority: number | undefined
  /** Time to live the sender asked for, in milliseconds; undefined when it did not. */
  readonly ttlMs: number | undefined
  readonly messageId: string
  readonly sessionId: string | undefined
  readonly partitionKey: string | undefined
  /** Epoch milliseconds of `x-opt-scheduled-enqueue-time`. */
  readonly scheduledAt: number | undefined
  /** Message annotations the broker does not own, encoded key and value after key and value. */
  readonly annotations: Buffer | undefined
  readonly annotationCount: number
  /**
   * The sender's delivery annotations, encoded in the same way; the lock token is the broker's to
   * write.
   */
  readonly deliveryAnnotations: Buffer | undefined
  readonly deliveryAnnotationCount: number
  /** Bytes of the message as sent. */
  readonly size: number
}

/**
 * The message-format of a batch: one delivery whose data sections are complete messages (read in
 * `@azure/service-bus` 7.9.5).
 */
export const BATCH_FORMAT = 0x80013700

/** Annotations the broker writes itself; what a sender put there is dropped. */
const OWN_ANNOTATIONS = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-enqueue-sequence-number',
  'x-opt-deadletter-source',
  'x-opt-message-state',
  'x-opt-lock-token',
])

/** What happens to a message without an id. */
export type MissingId = 'generate' | 'leave'

/**
 * The messages of one delivery. Throws MalformedError for bytes that are not a message, and for an
 * empty batch.
 */
export function parseDelivery(
  payload: Buffer,
  format: number,
  missingId: MissingId = 'generate',
): Envelope[] {
  if (format !== BATCH_FORMAT) return [parseEnvelope(payload, missingId)]
  const envelopes: Envelope[] = []
  const reader = new ByteReader(payload)
  while (!reader.done) {
    if (reader.descriptor() === SECTIONS.data) envelopes.push(parseEnvelope(reader.binary(), missingId))
    else reader.skip()
  }
  if (envelopes.length === 0) throw new MalformedError('received a batch message with no data in it')
  return envelopes
}

/**
 * Parses one encoded message. An absent message id is replaced by a generated one of 32 hexadecimal
 * digits, or left absent.
 */
export function parseEnvelope(payload: Buffer, missingId: MissingId = 'generate'): Envelope {
  const parsed = parseSections(payload)
  const { header, properties, annotations, deliveryAnnotations } = parsed
  const given = payload.subarray(parsed.bareStart)
  const generated =
    properties.messageId === undefined && missingId === 'generate'
      ? randomBytes(16).toString('hex')
      : undefined
  return {
    bare:
      generated === undefined ? Buffer.from(given) : withMessageId(given, parsed.hasProperties, generated),
    ...header,
    messageId: properties.messageId ?? generated ?? '',
    sessionId: properties.sessionId,
    partitionKey: annotations.partitionKey,
    scheduledAt: annotations.scheduledAt,
    annotations: annotations.kept,
    annotationCount: annotations.count,
    deliveryAnnotations: deliveryAnnotations.kept,
    deliveryAnnotationCount: deliveryAnnotations.count,
    size: payload.length,
  }
}

interface Header {
  readonly durable: boolean
  readonly priority: number | undefined
  readonly ttlMs: number | undefined
}

interface MessageProperties {
  readonly messageId: string | undefined
  readonly sessionId: string | undefined
}

/** What the sections of an encoded message say. */
interface Parsed {
  header: Header
  properties: MessageProperties
  hasProperties: boolean
  annotations: Annotations
  deliveryAnnotations: Annotations
  /** Where the bare message begins; -1 before it was found. */
  bareStart: number
}

/** Throws MalformedError for an unknown section and for a message without a body. */
function parseSections(payload: Buffer): Parsed {
  const reader = new ByteReader(payload)
  const parsed: Parsed = {
    header: { durable: false, priority: undefined, ttlMs: undefined },
    properties: { messageId: undefined, sessionId: undefined },
    hasProperties: false,
    annotations: NO_ANNOTATIONS,
    deliveryAnnotations: NO_ANNOTATIONS,
    bareStart: -1,
  }
  while (!reader.done) {
    const start = reader.position
    parseSection(reader, reader.descriptor(), start, parsed)
  }
  if (parsed.bareStart < 0) throw new MalformedError('the message has no body')
  return parsed
}

function parseSection(reader: ByteReader, code: number, start: number, parsed: Parsed): void {
  if (code === SECTIONS.header) parsed.header = readHeader(reader)
  else if (code === SECTIONS.messageAnnotations) parsed.annotations = readAnnotations(reader)
  else if (code === SECTIONS.deliveryAnnotations) parsed.deliveryAnnotations = readAnnotations(reader)
  else {
    if (parsed.bareStart < 0) parsed.bareStart = start
    if (code === SECTIONS.properties) {
      parsed.hasProperties = true
      parsed.properties = readProperties(reader)
    } else if (code < SECTIONS.header || code > SECTIONS.footer) {
      throw new MalformedError(`unknown message section 0x${code.toString(16)}`)
    } else {
      reader.skip()
    }
  }
}

function readHeader(reader: ByteReader): Header {
  let durable = false
  let priority: number | undefined
  let ttlMs: number | undefined
  const count = reader.list()
  for (let index = 0; index < count; index += 1) {
    if (index === 0) durable = reader.boolean()
    else if (index === 1) priority = reader.uint()
    else if (index === 2) ttlMs = reader.uint()
    else reader.skip()
  }
  return { durable, priority, ttlMs }
}

function readProperties(reader: ByteReader): MessageProperties {
  let messageId: string | undefined
  let sessionId: string | undefined
  const count = reader.list()
  for (let index = 0; index < count; index += 1) {
    if (index === 0) messageId = readMessageId(reader)
    else if (index === 10) sessionId = reader.text()
    else reader.skip()
  }
  return { messageId, sessionId }
}

interface Annotations {
  readonly kept: Buffer | undefined
  readonly count: number
  readonly scheduledAt: number | undefined
  readonly partitionKey: string | undefined
}

const NO_ANNOTATIONS: Annotations = {
  kept: undefined,
  count: 0,
  scheduledAt: undefined,
  partitionKey: undefined,
}

function readAnnotations(reader: ByteReader): Annotations {
  const pairs = reader.map() / 2
  const kept: Buffer[] = []
  let scheduledAt: number | undefined
  let partitionKey: string | undefined
  for (let pair = 0; pair < pairs; pair += 1) {
    const start = reader.position
    const key = reader.text() ?? ''
    const valueAt = reader.position
    reader.skip()
    const value = new ByteReader(reader.bytes, valueAt, reader.position)
    if (key === 'x-opt-scheduled-enqueue-time') scheduledAt = value.long()
    else if (key === 'x-opt-partition-key') partitionKey = value.text()
    if (!OWN_ANNOTATIONS.has(key) && key !== 'x-opt-scheduled-enqueue-time')
      kept.push(reader.bytes.subarray(start, reader.position))
  }
  return {
    kept: kept.length === 0 ? undefined : Buffer.concat(kept),
    count: kept.length * 2,
    scheduledAt,
    partitionKey,
  }
}

/**
 * A message id as text. Ids that are not strings keep their type by a prefix, so that the number 1
 * and the text '1' differ.
 */
function readMessageId(reader: ByteReader): string | undefined {
  const start = reader.position
  if (reader.skipNull()) return undefined
  const code = reader.bytes[start]
  if (code === 0xa1 || code === 0xb1) return reader.text()
  reader.skip()
  return `amqp:${reader.bytes.toString('hex', start, reader.position)}`
}

function withMessageId(bare: Buffer, hasProperties: boolean, id: string): Buffer {
  const idBytes = Buffer.concat([Buffer.from([0xa1, id.length]), Buffer.from(id, 'latin1')])
  const reader = new ByteReader(bare)
  let rest: Buffer = Buffer.alloc(0)
  let count = 1
  let after = 0
  if (hasProperties) {
    reader.descriptor()
    count = Math.max(1, reader.list())
    const elements = reader.position
    const whole = new ByteReader(bare)
    whole.descriptor()
    whole.skip()
    after = whole.position
    if (after > elements) {
      reader.skip()
      rest = bare.subarray(reader.position, after)
    }
  }
  const size = Buffer.alloc(8)
  size.writeUInt32BE(4 + idBytes.length + rest.length, 0)
  size.writeUInt32BE(count, 4)
  return Buffer.concat([
    Buffer.from([0x00, 0x53, SECTIONS.properties, 0xd0]),
    size,
    idBytes,
    rest,
    bare.subarray(after),
  ])
}
