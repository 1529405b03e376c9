import type { z } from 'zod'
import { findingAboutEvent, type NewFinding } from '../../findings/finding.ts'
import { BLOCKED, type EventName, type HrEvent, isBlockType, type JsonObject } from '../../model.ts'
import { own } from '../../own.ts'
import { type Envelope, rejectField, type Rejection } from '../decode.ts'
import { blockEnd, blockRefusal } from './block.ts'
import { EventAttributes, EventData, PRINTABLE } from './canonical.ts'
import { employeeIdOf } from './employee-id.ts'
import { EVENT_TYPES, impliedActive, isEventType } from './event-types.ts'
import { momentsOf, PLACEHOLDER_DATES } from './moments.ts'
import { orderValue } from './order-value.ts'
import type { Source, SourceRules } from '../sources.ts'
import { workerOf } from './worker.ts'

export type Normalised =
  | {
      readonly kind: 'event'
      readonly event: HrEvent
      /** Findings about the event, although it is accepted. */
      readonly findings: readonly NewFinding[]
    }
  | Rejection

/**
 * The canonical event of an envelope, or why there is none. `enqueuedAt` stands in for a missing
 * `time`; `entity` is where it arrived.
 */
export function normalise(
  envelope: Envelope,
  enqueuedAt: number,
  sources: SourceRules,
  entity = '',
): Normalised {
  const attributes = EventAttributes.safeParse(envelope.attributes)
  if (!attributes.success) return invalid(attributes.error, '', envelope.attributes)
  const source = sources(attributes.data.source, entity)
  if (source === null)
    return rejectField(
      'SourceUnknown',
      'source',
      'is not one of those configured for this queue; add it under sources, or widen the match of one',
    )
  const type = (source.types && own(source.types, attributes.data.type)) ?? attributes.data.type
  if (!isEventType(type))
    return rejectField(
      'UnknownType',
      'type',
      `is not one of ${EVENT_TYPES.join(', ')}; rename it at the source or give it an alias`,
    )
  const data = EventData.safeParse(envelope.data ?? (isBlockType(type) ? {} : envelope.data))
  if (!data.success) return invalid(data.error, 'data', envelope.data)
  const refusal = blockRefusal(type, data.data, source)
  if (refusal) return refusal
  return eventOf(type, { attributes: attributes.data, data: data.data, source, enqueuedAt })
}

interface Checked {
  readonly attributes: EventAttributes
  readonly data: EventData
  readonly source: Source
  readonly enqueuedAt: number
}

function eventOf(type: string, { attributes, data, source, enqueuedAt }: Checked): Normalised {
  const { id, source: sourceName, subject, sequence = null, traceparent = null } = attributes
  const employeeId = employeeIdOf(subject, source.employeeId)
  if (employeeId === '')
    return rejectField('FieldInvalid', 'subject', 'has no visible character; send the employee id')
  if (!PRINTABLE.test(employeeId))
    return rejectField('FieldInvalid', 'subject', 'has control characters in it; send the employee id')
  const mode = data.mode ?? (type === 'worker.snapshot' ? 'snapshot' : 'delta')
  if (mode === 'notice' && !source.notices)
    return rejectField(
      'NoticeUnsupported',
      'data.mode',
      'is notice, and the source has no HR system to read from; send snapshot or delta',
    )
  // What was parsed from JSON is JSON.
  const given = (data.worker ?? null) as JsonObject | null
  const worker = workerOf(type, mode, given, source)
  if (worker.kind === 'rejected') return worker
  const moments = momentsOf(
    {
      time: attributes.time ?? null,
      effectiveDate: data.effectiveDate ?? null,
      enqueuedAt,
      active: accessOf(type, worker.attributes),
    },
    {
      zone: data.zone ?? source.zone,
      isLastDay: source.lastDay === 'inclusive' && impliedActive(type) === false,
      placeholders: source.placeholderDates ?? PLACEHOLDER_DATES,
    },
  )
  if (moments.kind === 'rejected') return moments
  const rescinds = rescindedName(data, sourceName)
  if (type === 'worker.rescinded' && rescinds === null)
    return rejectField('FieldMissing', 'data.rescinds', 'is missing; name the id of the event to cancel')
  const { recordedAt, effectiveAt, effectiveRaw } = moments
  const end = type === BLOCKED ? blockEnd(data, effectiveAt, source) : null
  if (end?.kind === 'rejected') return end
  const event: HrEvent = {
    source: sourceName,
    id,
    type,
    employeeId,
    recordedAt,
    effectiveAt,
    effectiveRaw,
    order: orderValue(source.order, { version: data.version ?? null, sequence, recordedAt }),
    rank: source.rank,
    mode,
    worker: worker.attributes,
    ...(mode === 'notice' && data.changedFields ? { changedFields: data.changedFields } : {}),
    ...(end ? { blockUntil: end.until } : {}),
    rescinds,
    traceparent,
  }
  return { kind: 'event', event, findings: findingsOf(event, worker.contradicts, moments.placeholders) }
}

/** What an event says about access, to whatever it is applied: an unblock may bring it back. */
function accessOf(type: string, attributes: JsonObject): boolean | null {
  if (isBlockType(type)) return type !== BLOCKED
  const active = attributes['active']
  return typeof active === 'boolean' ? active : null
}

function rescindedName({ rescinds }: EventData, source: string): EventName | null {
  if (rescinds === undefined) return null
  return typeof rescinds === 'string'
    ? { source, id: rescinds }
    : { source: rescinds.source ?? source, id: rescinds.id }
}

const NO_FINDINGS: readonly NewFinding[] = []

function findingsOf(
  event: HrEvent,
  contradicts: boolean,
  placeholders: readonly string[],
): readonly NewFinding[] {
  if (!contradicts && placeholders.length === 0) return NO_FINDINGS
  return [
    ...(contradicts
      ? [findingAboutEvent('AccessContradiction', event, `${event.type} with data.worker.active true`)]
      : []),
    ...(placeholders.length > 0
      ? [findingAboutEvent('PlaceholderDate', event, `${placeholders.join(', ')} stands for no date`)]
      : []),
  ]
}

/** The first thing that is wrong, by the path of its field. */
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
  if (issue?.code === 'invalid_format') return 'it has characters that may not stand there'
  if (issue?.code === 'custom') return 'it is not an IANA time zone such as Europe/Berlin'
  if (issue?.code === 'too_small' || issue?.code === 'too_big') return 'its length is out of bounds'
  return 'see the description of the canonical event'
}
