import { isObject, isShallow, MAX_DEPTH } from '../json.ts'
import type { Json } from '../model.ts'
import { bare } from '../own.ts'
import type { SourceMessage } from '../ports.ts'
import type { RejectionCode } from '../reasons.ts'

/** A CloudEvent as it was found, before anything is known of its data. */
export interface Envelope {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly data: unknown
}
export type Decoded = { readonly kind: 'envelopes'; readonly envelopes: readonly Envelope[] } | Rejection

/**
 * Why intake refuses a message. The code becomes its dead-letter reason, and the description says
 * what to do. It names fields and never quotes a value.
 */
export interface Rejection {
  readonly kind: 'rejected'
  readonly code: RejectionCode
  /**
   * The path of the field that is wrong, `[]` for any place in a list; `null` when it is not about
   * one field.
   */
  readonly field: string | null
  readonly description: string
}

/** A rejection of the whole message. */
export function reject(code: RejectionCode, description: string): Rejection {
  return { kind: 'rejected', code, field: null, description }
}

/** A rejection because of one field. The description begins with the field's path. */
export function rejectField(code: RejectionCode, field: string, what: string): Rejection {
  return { kind: 'rejected', code, field, description: `${field} ${what}` }
}

const PREFIXES = ['cloudEvents:', 'cloudEvents_']

/**
 * The CloudEvents of a message, by the AMQP binding: structured when the content type says so,
 * binary when the attributes are application properties (both prefixes are accepted). A plain JSON
 * body that has the attributes of a CloudEvent is one too. A list contains many events.
 */
export function decode(message: SourceMessage): Decoded {
  const parsed = parseBody(message)
  if (parsed.kind === 'rejected') return parsed
  const { body } = parsed
  const structured = isStructured(message)
  const binary = structured ? null : binaryAttributes(message.properties)
  if (binary) return { kind: 'envelopes', envelopes: [{ attributes: binary, data: body }] }
  const events = Array.isArray(body) ? body : [body]
  if (events.length === 0) return reject('BodyEmpty', 'the body is an empty list; send at least one event')
  const envelopes: Envelope[] = []
  for (const event of events) {
    if (!isObject(event)) return reject('NotACloudEvent', 'the body is not a JSON object; send a CloudEvent')
    if (!structured && event['specversion'] === undefined)
      return reject(
        'NotACloudEvent',
        'neither the content type nor the application properties nor the body mark this as a CloudEvent; set the content type application/cloudevents+json',
      )
    envelopes.push({ attributes: event, data: event['data'] })
  }
  return { kind: 'envelopes', envelopes }
}

/** The body of a message as JSON, before its content is checked. */
export function parseBody(
  message: SourceMessage,
): { readonly kind: 'body'; readonly body: Json } | Rejection {
  if (message.text === null) return reject('BodyNotText', 'the body is not UTF-8 text; send JSON')
  const body = parse(message.text)
  if (body === undefined) return reject('BodyNotJson', 'the body is not JSON; send a CloudEvent as JSON')
  if (!isShallow(body, MAX_DEPTH))
    return reject('BodyTooDeep', `the body is nested deeper than ${MAX_DEPTH} levels`)
  return { kind: 'body', body }
}

/** True when the content type or the application properties mark the message as a CloudEvent. */
export function isCloudEvent(message: SourceMessage): boolean {
  return (
    isStructured(message) ||
    Object.keys(message.properties).some((key) => PREFIXES.some((prefix) => key.startsWith(prefix)))
  )
}

function isStructured(message: SourceMessage): boolean {
  return message.contentType?.toLowerCase().startsWith('application/cloudevents') ?? false
}

function binaryAttributes(properties: SourceMessage['properties']): Record<string, unknown> | null {
  const attributes = bare<unknown>()
  let any = false
  for (const [key, value] of Object.entries(properties)) {
    const prefix = PREFIXES.find((prefix) => key.startsWith(prefix))
    if (prefix === undefined) continue
    any = true
    attributes[key.slice(prefix.length)] = value instanceof Date ? value.toISOString() : value
  }
  return any ? attributes : null
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
