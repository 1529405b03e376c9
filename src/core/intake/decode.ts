import { isObject } from '../json.ts'
import type { Json, JsonObject } from '../model.ts'
import { bare } from '../own.ts'
import type { SourceMessage } from '../ports.ts'
import type { RejectionCode } from '../reasons.ts'
import { readBytes } from './body/bytes.ts'
import { readFields } from './body/form.ts'
import { guessBody } from './body/guess.ts'
import { readText, unwrapped } from './body/text.ts'

/** A CloudEvent as it was found, before anything is known of its data. */
export interface Envelope {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly data: unknown
  /** Where it is among several, to begin a description with: `[3].`. Absent where it is alone. */
  readonly at?: string
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
  for (const [index, event] of events.entries()) {
    const at = events.length > 1 ? `[${index}].` : ''
    const what = at === '' ? 'the body' : `[${index}]`
    if (!isObject(event)) return reject('NotACloudEvent', `${what} is not a JSON object; send a CloudEvent`)
    if (!structured && event['specversion'] === undefined)
      return reject(
        'NotACloudEvent',
        `neither the content type nor the application properties nor ${what} mark this as a CloudEvent; set the content type application/cloudevents+json`,
      )
    const data = dataOf(event)
    if (data.kind === 'rejected') return { ...data, description: at + data.description }
    envelopes.push({ attributes: event, data: data.data, ...(at === '' ? {} : { at }) })
  }
  return { kind: 'envelopes', envelopes }
}

/**
 * The data of a CloudEvent in JSON format. `data_base64` holds its bytes
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#31-handling-of-data);
 * a text that holds an object was written out twice.
 */
function dataOf(event: JsonObject): { readonly kind: 'data'; readonly data: Json | undefined } | Rejection {
  const { data, data_base64: base64, datacontenttype: type } = event
  if (base64 === undefined || base64 === null)
    return { kind: 'data', data: data === undefined ? undefined : unwrapped(data) }
  const wrong = (what: string): Rejection => rejectField('FieldInvalid', 'data_base64', what)
  if (data !== undefined && data !== null) return wrong('is there beside data; send one of them')
  const bytes = typeof base64 === 'string' ? bytesOfBase64(base64) : null
  if (bytes === null) return wrong('is not base64')
  const contentType = typeof type === 'string' ? type : null
  const read = readBytes(bytes, { contentType, encodings: [] })
  if (read.kind === 'packed') return wrong('is compressed; send JSON in it')
  const body = read.kind === 'text' ? readText(read.text, contentType) : read
  return body.kind === 'body'
    ? { kind: 'data', data: body.body }
    : wrong(`cannot be read: ${body.description.replace(/^the body/, 'its content')}`)
}

function bytesOfBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

/**
 * The body of a message as JSON, before its content is checked. With `form`, the fields of a form
 * post are an object of texts.
 */
export function parseBody(
  message: SourceMessage,
  { form = false }: { readonly form?: boolean } = {},
): { readonly kind: 'body'; readonly body: Json } | Rejection {
  const { text, unreadable, contentType } = message
  if (text === null)
    return reject(
      unreadable?.code ?? 'BodyNotText',
      unreadable?.description ?? 'the body is not UTF-8 text; send JSON',
    )
  const read = (form ? readFields(text, contentType) : null) ?? readText(text, contentType)
  return read.kind === 'body'
    ? read
    : { kind: 'rejected', code: read.code, field: read.field ?? null, description: read.description }
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

/** Any value but `true` may mean no. */
const SAYS_LEAVING = /"active"\s*:\s*(?!true\b)|"type"\s*:\s*"[^"]*(?:terminated|deleted)"/i

/**
 * What a message that cannot be decoded seems to contain, without any check: only to see whether an
 * employee in it may be leaving. Empty when nothing can be made out.
 */
export function suspectedEnvelopes(message: SourceMessage, rejection: Rejection): readonly Envelope[] {
  const binary = binaryAttributes(message.properties)
  const envelopes = guessBody(message).flatMap((event): Envelope[] => {
    if (!isObject(event)) return []
    const data = binary ? event : unwrapped(event['data'] ?? null)
    return [{ attributes: binary ?? event, data }]
  })
  return readTwice(envelopes, message, rejection)
}

/**
 * If a key occurs twice, either value may be meant. If one of the readings is a termination, a
 * leaver case opens for each employee that is named, and no time in the message can show that it is
 * past.
 */
export function readTwice(
  envelopes: readonly Envelope[],
  { text }: SourceMessage,
  { code }: Rejection,
): readonly Envelope[] {
  if (code !== 'DuplicateKey') return envelopes
  const isLeaving = SAYS_LEAVING.test(withoutEscapes(text ?? ''))
  return envelopes.map(({ attributes: { time: _time, ...attributes }, data }) => ({
    attributes,
    data: isLeaving
      ? { ...(isObject(data as Json) ? (data as JsonObject) : {}), worker: { active: false } }
      : data,
  }))
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\\u([\da-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
