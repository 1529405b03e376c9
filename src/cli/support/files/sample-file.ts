import { readFileSync } from 'node:fs'
import type { SampleRules } from '../../../compose/samples/sample-rules.ts'
import { isObject } from '../../../core/json.ts'
import { readBytes, unpackText } from '../../../core/intake/body/bytes.ts'
import { instant } from '../../../core/intake/event/dates.ts'
import { RollcallError } from '../../../core/errors.ts'
import type { Json, JsonObject } from '../../../core/model.ts'
import { own } from '../../../core/own.ts'
import { readJson } from '../../../core/parse-json.ts'
import type { SourceMessage } from '../../../core/ports.ts'

/** One message, or one answer of an HR system, as a file describes it. */
export interface Sample {
  readonly file: string
  readonly message: SourceMessage
  /** The body as JSON, where the file gives it as JSON; `null` for any other body. */
  readonly json: Json | null
  /** For an answer: the employee it is about, and the answers of further calls by their names. */
  readonly employeeId: string
  readonly calls: Readonly<Record<string, Json>>
}

/** The time of a sample that has none: fixed, so that its result is the same on every day. */
const ENQUEUED = '2026-01-01T00:00:00.000Z'
const EMPLOYEE = 'sample'
const ENVELOPE_KEYS: ReadonlySet<string> = new Set(['message', 'body', 'employee', 'calls'])

/**
 * Reads a sample. A file is the body of a message in its own bytes, also packed, or an envelope:
 * `{ "message": { … }, "body": … }`, or `{ "employee": …, "body": …, "calls": { … } }` for an
 * answer. A body that is a text is the body as it is. Throws `FileInvalid` for an envelope that is
 * not right.
 */
export async function readSample(
  file: string,
  { source: { entity }, unpack }: Pick<SampleRules, 'source' | 'unpack'>,
): Promise<Sample> {
  const bytes = readFileSync(file)
  const first = readBytes(bytes, { contentType: null, encodings: [] })
  const read = first.kind === 'packed' ? await unpackText(bytes, first, unpack) : first
  const parsed = read.kind === 'text' ? readJson(read.text) : null
  const json = parsed?.kind === 'json' ? parsed.value : null
  const envelope = json !== null && isEnvelope(json) ? json : null
  const body = envelope === null ? json : (own(envelope, 'body') ?? null)
  const said = envelope?.['message'] ?? {}
  if (!isObject(said)) throw invalid(file, 'message', 'is not an object')
  const unreadable = read.kind === 'unreadable' ? { code: read.code, description: read.description } : null
  const text = envelope === null ? (read.kind === 'text' ? read.text : null) : textOf(body)
  return {
    file,
    json: typeof body === 'string' ? null : body,
    employeeId: textIn(envelope ?? {}, 'employee', file) ?? EMPLOYEE,
    calls: callsOf(envelope ?? {}, file),
    message: { ...messageOf(said, file), entity, text, unreadable },
  }
}

function isEnvelope(value: Json): value is JsonObject {
  return (
    isObject(value) &&
    'body' in value &&
    ('message' in value || 'employee' in value || 'calls' in value) &&
    Object.keys(value).every((key) => ENVELOPE_KEYS.has(key))
  )
}

function textOf(body: Json): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function messageOf(said: JsonObject, file: string): Omit<SourceMessage, 'entity' | 'text' | 'unreadable'> {
  const text = (name: string): string | null => textIn(said, name, file)
  const enqueuedAt = instant(text('enqueuedTime') ?? ENQUEUED, 'UTC')
  if (enqueuedAt === null)
    throw invalid(file, 'message.enqueuedTime', 'is not a time such as 2026-11-02T08:15:00Z')
  return {
    sequence: text('sequenceNumber') ?? '1',
    enqueuedAt,
    messageId: text('messageId'),
    sessionId: text('sessionId'),
    contentType: text('contentType') ?? 'application/json',
    subject: text('subject'),
    correlationId: text('correlationId'),
    replyTo: text('replyTo'),
    properties: propertiesOf(said['properties'] ?? {}, file),
  }
}

function propertiesOf(properties: Json, file: string): SourceMessage['properties'] {
  if (!isObject(properties)) throw invalid(file, 'message.properties', 'is not an object')
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      if (typeof value === 'object' && value !== null)
        throw invalid(file, `message.properties.${name}`, 'is neither a text nor a number nor a boolean')
      return [name, value]
    }),
  )
}

function callsOf(envelope: JsonObject, file: string): Readonly<Record<string, Json>> {
  const calls = envelope['calls'] ?? {}
  if (!isObject(calls)) throw invalid(file, 'calls', 'is not an object')
  return calls
}

function textIn(of: JsonObject, name: string, file: string): string | null {
  const value = own(of, name) ?? null
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw invalid(file, name, 'is not a text')
}

function invalid(file: string, field: string, what: string): RollcallError {
  return new RollcallError('FileInvalid', `${file}: ${field} ${what}`)
}
