import { randomBytes } from 'node:crypto'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import { ByteReader, MalformedError } from './reader.ts'
import { assertSane } from './sane.ts'
import { readTyped } from './typed.ts'

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

const SECTIONS = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  application: 0x74,
  data: 0x75,
}

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
  const reader = new ByteReader(payload)
  let durable = false
  let priority: number | undefined
  let ttlMs: number | undefined
  let messageId: string | undefined
  let sessionId: string | undefined
  let annotations: Annotations = NO_ANNOTATIONS
  let deliveryAnnotations: Annotations = NO_ANNOTATIONS
  let bareStart = -1
  let propertiesStart = -1
  while (!reader.done) {
    const start = reader.position
    const code = reader.descriptor()
    if (code === SECTIONS.header) {
      const count = reader.list()
      for (let index = 0; index < count; index += 1) {
        if (index === 0) durable = reader.boolean()
        else if (index === 1) priority = reader.uint()
        else if (index === 2) ttlMs = reader.uint()
        else reader.skip()
      }
    } else if (code === SECTIONS.messageAnnotations) {
      annotations = readAnnotations(reader)
    } else if (code === SECTIONS.deliveryAnnotations) {
      deliveryAnnotations = readAnnotations(reader)
    } else {
      if (bareStart < 0) bareStart = start
      if (code === SECTIONS.properties) {
        propertiesStart = start
        const count = reader.list()
        for (let index = 0; index < count; index += 1) {
          if (index === 0) messageId = readMessageId(reader)
          else if (index === 10) sessionId = reader.text()
          else reader.skip()
        }
      } else if (code < SECTIONS.header || code > 0x78) {
        throw new MalformedError(`unknown message section 0x${code.toString(16)}`)
      } else {
        reader.skip()
      }
    }
  }
  if (bareStart < 0) throw new MalformedError('the message has no body')
  const given = payload.subarray(bareStart)
  const generated =
    messageId === undefined && missingId === 'generate' ? randomBytes(16).toString('hex') : undefined
  return {
    bare:
      generated === undefined ? Buffer.from(given) : withMessageId(given, propertiesStart >= 0, generated),
    durable,
    priority,
    ttlMs,
    messageId: messageId ?? generated ?? '',
    sessionId,
    partitionKey: annotations.partitionKey,
    scheduledAt: annotations.scheduledAt,
    annotations: annotations.kept,
    annotationCount: annotations.count,
    deliveryAnnotations: deliveryAnnotations.kept,
    deliveryAnnotationCount: deliveryAnnotations.count,
    size: payload.length,
  }
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

/** The application properties of a bare message with their AMQP types, keys in the order sent. */
export function applicationProperties(bare: Buffer): Map<string, Typed> {
  const bounds = sectionBounds(bare, SECTIONS.application)
  const properties = new Map<string, Typed>()
  if (bounds === undefined) return properties
  assertSane(bare, bounds.start, bounds.end)
  const section = readTyped(bare.subarray(bounds.start, bounds.end))
  const elements = Array.isArray(section.value) ? (section.value as readonly Typed[]) : []
  for (let index = 0; index + 1 < elements.length; index += 2) {
    const value = elements[index + 1]
    if (value !== undefined) properties.set(String(elements[index]?.value), value)
  }
  return properties
}

/**
 * The bare message with `changes` merged into its application properties; everything else stays
 * byte for byte.
 */
export function withApplicationProperties(
  bare: Buffer,
  changes: ReadonlyMap<string, Typed>,
  removals: readonly string[] = [],
): Buffer {
  if (changes.size === 0 && removals.length === 0) return bare
  const properties = applicationProperties(bare)
  for (const name of removals) properties.delete(name)
  for (const [name, value] of changes) properties.set(name, value)
  const elements = [...properties].flatMap(([name, value]) => [amqp.wrap_string(name), value])
  const writer = new amqp.Writer()
  writer.write(amqp.described(amqp.wrap_ulong(SECTIONS.application), amqp.Map32(elements)))
  const bounds = sectionBounds(bare, SECTIONS.application)
  const start = bounds?.start ?? sectionBounds(bare, SECTIONS.properties)?.end ?? 0
  return Buffer.concat([bare.subarray(0, start), writer.toBuffer(), bare.subarray(bounds?.end ?? start)])
}

/** Where a section of a bare message lies, descriptor included; undefined when there is none. */
export function sectionBounds(
  bare: Buffer,
  wanted: number,
): { readonly start: number; readonly end: number } | undefined {
  const reader = new ByteReader(bare)
  while (!reader.done) {
    const start = reader.position
    const code = reader.descriptor()
    reader.skip()
    if (code === wanted) return { start, end: reader.position }
  }
  return undefined
}

/**
 * Bytes of the properties of a bare message: of its two sections together, and of each application
 * property with its name.
 */
export function propertySizes(bare: Buffer): {
  readonly sections: number
  readonly application: readonly number[]
} {
  const properties = sectionBounds(bare, SECTIONS.properties)
  const bounds = sectionBounds(bare, SECTIONS.application)
  const application: number[] = []
  if (bounds !== undefined) {
    const reader = new ByteReader(bare, bounds.start, bounds.end)
    reader.descriptor()
    for (let pairs = reader.map() / 2; pairs > 0; pairs -= 1) {
      const start = reader.position
      reader.skip()
      reader.skip()
      application.push(reader.position - start)
    }
  }
  const sizeOf = (section: typeof bounds) => (section === undefined ? 0 : section.end - section.start)
  return { sections: sizeOf(properties) + sizeOf(bounds), application }
}
