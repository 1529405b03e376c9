import { z } from 'zod'
import type { HrEvent, JsonObject, OrderValue } from '../model.ts'
import { own } from '../own.ts'
import { EVENT_TYPES, impliedActive } from './event-types.ts'
import { type Envelope, rejectField, type Rejection } from './decode.ts'
import type { Source, SourceRules } from './sources.ts'
import { effectiveInstant, instant, startOfLocalDay } from './dates.ts'

/**
 * Printable and well formed, so that every database stores it unchanged and every terminal can show
 * it.
 */
const printable = z
  .string()
  .max(1024)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
const name = printable.min(1)
const Attributes = z.looseObject({
  specversion: z.literal('1.0'),
  id: name,
  source: name,
  type: name,
  subject: name,
  time: z.string().optional(),
  sequence: z.union([printable, z.number()]).optional(),
  // An invalid trace context is no reason to refuse an event.
  traceparent: z
    .string()
    .regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)
    .optional()
    .catch(undefined),
})
const Data = z.looseObject({
  mode: z.enum(['snapshot', 'delta', 'notice']).optional(),
  effectiveDate: z.string().nullish(),
  version: z.union([z.int(), z.string().regex(/^\d{1,15}$/)]).nullish(),
  rescinds: z.union([name, z.object({ source: name.optional(), id: name })]).optional(),
  worker: z.record(z.string(), z.unknown()).optional(),
  changedFields: z.array(z.string()).nullish(),
})

/**
 * The canonical event of an envelope, or why it is rejected. `enqueuedAt` replaces a missing
 * `time`; `entity` is the queue or subscription it arrived on.
 */
export function normalise(
  envelope: Envelope,
  enqueuedAt: number,
  sources: SourceRules,
  entity = '',
): HrEvent | Rejection {
  const attributes = Attributes.safeParse(envelope.attributes)
  if (!attributes.success) return invalid(attributes.error, '', envelope.attributes)
  const { id, source: sourceName, type: given, subject, time, sequence, traceparent } = attributes.data
  const source = sources(sourceName, entity)
  if (source === null)
    return rejectField(
      'SourceUnknown',
      'source',
      'is none of those configured for this queue; add it under sources, or widen the match of one',
    )
  const type = (source.types && own(source.types, given)) ?? given
  if (!EVENT_TYPES.includes(type))
    return rejectField(
      'UnknownType',
      'type',
      `is none of ${EVENT_TYPES.join(', ')}; rename it at the source or give it an alias`,
    )
  const data = Data.safeParse(envelope.data)
  if (!data.success) return invalid(data.error, 'data', envelope.data)
  const { effectiveDate, version, rescinds, worker: attributesGiven, changedFields } = data.data

  const recordedAt = time === undefined ? enqueuedAt : instant(time, source.zone)
  if (recordedAt === null)
    return rejectField('FieldInvalid', 'time', 'is not an RFC 3339 instant such as 2026-11-02T08:15:00Z')
  const inclusive = source.lastDay === 'inclusive' && impliedActive(type) === false
  const said = effectiveDate ?? null
  const effectiveAt =
    said !== null
      ? effectiveInstant(said, source.zone, inclusive ? 1 : 0)
      : startOfLocalDay(recordedAt, source.zone)
  if (effectiveAt === null)
    return rejectField(
      'FieldInvalid',
      'data.effectiveDate',
      'is neither a date such as 2026-12-01 nor a date-time',
    )

  const mode = data.data.mode ?? (type === 'worker.snapshot' ? 'snapshot' : 'delta')
  if (mode === 'notice' && !source.notices)
    return rejectField(
      'NoticeUnsupported',
      'data.mode',
      'is notice, but no HR system to read from is configured; send snapshot or delta',
    )
  // The value was parsed from JSON, so it is JSON.
  const worker =
    mode === 'notice' ? noticed(type) : workerOf(type, mode, attributesGiven as JsonObject | undefined)
  if (worker.kind === 'rejected') return worker
  if (type === 'worker.rescinded' && rescinds === undefined)
    return rejectField(
      'FieldMissing',
      'data.rescinds',
      'is missing; a rescind names the id of the event it cancels',
    )

  return {
    source: sourceName,
    id,
    type,
    employeeId: subject,
    recordedAt,
    effectiveAt,
    effectiveRaw: said,
    order: orderValue(source, version ?? null, sequence ?? null, recordedAt),
    rank: source.rank,
    mode,
    worker: worker.attributes,
    ...(mode === 'notice' && changedFields ? { changedFields } : {}),
    rescinds:
      rescinds === undefined
        ? null
        : typeof rescinds === 'string'
          ? { source: sourceName, id: rescinds }
          : { source: rescinds.source ?? sourceName, id: rescinds.id },
    traceparent: traceparent ?? null,
  }
}

type Worker = { readonly kind: 'worker'; readonly attributes: JsonObject }
/**
 * A notice only says that HR has news. A notice about a leaver also deactivates, even if the
 * employee can never be read.
 */
function noticed(type: string): Worker {
  return { kind: 'worker', attributes: impliedActive(type) === false ? { active: false } : {} }
}

function workerOf(
  type: string,
  mode: 'snapshot' | 'delta',
  given: JsonObject | undefined,
): Worker | Rejection {
  const worker = (attributes: JsonObject): Worker => ({ kind: 'worker', attributes })
  const implied = impliedActive(type)
  if (given === undefined) {
    if (mode === 'snapshot' || (implied !== false && type !== 'worker.rescinded'))
      return rejectField('FieldMissing', 'data.worker', 'is missing; it holds the attributes')
    return worker(implied === false ? { active: false } : {})
  }
  const active = own(given, 'active')
  if (active === undefined) return worker(implied === undefined ? given : { ...given, active: implied })
  // Access never follows a guess: neither null nor a word that looks like a boolean decides it.
  return typeof active === 'boolean'
    ? worker(given)
    : rejectField('FieldInvalid', 'data.worker.active', 'is neither true nor false')
}

function orderValue(
  source: Source,
  version: number | string | null,
  sequence: string | number | null,
  recordedAt: number,
): OrderValue {
  switch (source.order) {
    case 'version':
      return version === null ? null : Number(version)
    case 'sequence':
      return sequence === null ? null : String(sequence)
    case 'time':
      return recordedAt
  }
}

/** The first error, by the path of its field. */
function invalid(error: z.ZodError, prefix: string, value: unknown): Rejection {
  const issue = error.issues[0]
  const keys = issue?.path ?? []
  const path = [prefix, ...keys.map(String)].filter((part) => part !== '').join('.')
  const field = path === '' ? null : path.replaceAll(/\.\d+(?=\.|$)/g, '[]')
  const isMissing =
    keys.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      value,
    ) === undefined
  const what = isMissing ? 'is missing' : `has the wrong form: ${expectation(issue)}`
  return {
    kind: 'rejected',
    code: isMissing ? 'FieldMissing' : 'FieldInvalid',
    field,
    description: `${path || 'the event'} ${what}`,
  }
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_type') return `expected ${issue.expected}`
  if (issue?.code === 'invalid_value') return `expected one of ${issue.values.map(String).join(', ')}`
  if (issue?.code === 'invalid_format') return 'it has characters that are not allowed'
  if (issue?.code === 'too_small' || issue?.code === 'too_big') return 'its length is out of bounds'
  return 'see the description of the canonical event'
}
