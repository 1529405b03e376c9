import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import { bare } from '../../own.ts'
import type { SourceMessage } from '../../ports.ts'
import { asUtf8, isContentEncoding } from '../body/content-type.ts'

/**
 * The application property of a copy that holds the names of its original as JSON: a copy is sent
 * under another message id and at another time, and must become the same events.
 */
export const ORIGINAL = 'rollcall-original'

type Named = Pick<
  SourceMessage,
  'messageId' | 'enqueuedAt' | 'sequence' | 'subject' | 'correlationId' | 'replyTo' | 'properties'
>

/** What the paths and expressions of a shape see of the message around the body, as `$message`. */
export function messageView(message: SourceMessage): JsonObject {
  const { messageId, enqueuedAt, sequence, subject, correlationId, replyTo } = originalNames(message)
  return {
    ...present({ messageId, correlationId, subject, replyTo, contentType: asUtf8(message.contentType) }),
    enqueuedTime: new Date(enqueuedAt).toISOString(),
    sequenceNumber: sequence,
    properties: propertiesOf(message),
  }
}

/** When the message, or the original of a copy, was received. */
export function originallyEnqueuedAt(message: SourceMessage): number {
  return ORIGINAL in message.properties ? originalNames(message).enqueuedAt : message.enqueuedAt
}

/** The names of a message, or of its original, for the property `ORIGINAL` of a copy. */
export function writeOriginal(message: Named): string {
  const { messageId, enqueuedAt, sequence, subject, correlationId, replyTo } = originalNames(message)
  return JSON.stringify({
    ...present({ messageId, subject, correlationId, replyTo }),
    enqueuedAt,
    sequence,
  })
}

function originalNames(message: Named): Omit<Named, 'properties'> {
  const mark = message.properties[ORIGINAL]
  const original = typeof mark === 'string' ? parseObject(mark) : null
  if (original === null) return message
  const { enqueuedAt, sequence } = original
  return {
    messageId: textOf(original['messageId']),
    subject: textOf(original['subject']) ?? message.subject ?? null,
    correlationId: textOf(original['correlationId']),
    replyTo: textOf(original['replyTo']),
    enqueuedAt: typeof enqueuedAt === 'number' && isTime(enqueuedAt) ? enqueuedAt : message.enqueuedAt,
    sequence: textOf(sequence) ?? message.sequence,
  }
}

/** Those of the sender: what the bus, a dead letter or a copy adds would make one message two. */
function propertiesOf({ properties }: SourceMessage): JsonObject {
  const seen = bare<Json>()
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('rollcall-') || name.startsWith('DeadLetter') || isContentEncoding(name)) continue
    if (value instanceof Date) seen[name] = value.toISOString()
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      seen[name] = value
  }
  return seen
}

function present(values: Readonly<Record<string, string | null | undefined>>): JsonObject {
  const found = bare<Json>()
  for (const [name, value] of Object.entries(values)) if (typeof value === 'string') found[name] = value
  return found
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function isTime(value: number): boolean {
  return !Number.isNaN(new Date(value).getTime())
}

function parseObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
