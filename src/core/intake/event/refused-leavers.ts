import type { RefusedLeaver } from '../../ledger/port/leavers.ts'
import { isObject } from '../../json.ts'
import type { Json } from '../../model.ts'
import { own } from '../../own.ts'
import type { SourceMessage } from '../../ports.ts'
import type { Envelope } from '../decode.ts'
import { employeeIdOf } from './employee-id.ts'
import { impliedActive, isEventType } from './event-types.ts'
import { momentsOf, PLACEHOLDER_DATES } from './moments.ts'
import { DEFAULT_SOURCE, type SourceRules } from '../sources.ts'

/** More leavers than one message has; the rest of a hostile one opens no cases. */
const MOST = 1_000
/** In a type that is not known, words of the trade for an end of employment or of access. */
const LEAVING =
  /terminat|delet|leaver|offboard|separat|resign|retire|dismiss|layoff|fired|departed|deactivat|disabl|inactiv|exit|discharg|cessat|austritt|k(?:ü|ue)ndig|sortie|(?:^|[^a-z])(?:left|quit)(?![a-z])|(?:employ|contract|assignment|access)\S*\bend/i

/**
 * The leavings that a refused message seems to contain: by type, by `active`, or by a word in a
 * type that is not known. It errs towards opening a case, because a leaver may keep access
 * otherwise.
 */
export function refusedLeavers(
  envelopes: readonly Envelope[],
  message: SourceMessage,
  sources: SourceRules,
): readonly RefusedLeaver[] {
  const leavers = envelopes
    .slice(0, MOST)
    .flatMap((envelope, index) => leavingOf(envelope, index, message, sources) ?? [])
  // Two readings of one event mostly say the same.
  return [...new Map(leavers.map((one) => [`${one.employeeId}\n${one.source}\n${one.id}`, one])).values()]
}

function leavingOf(
  { attributes, data }: Envelope,
  index: number,
  message: SourceMessage,
  sources: SourceRules,
): RefusedLeaver | null {
  const sourceName = textOf(attributes['source'])
  const source = (sourceName === null ? null : sources(sourceName, message.entity)) ?? DEFAULT_SOURCE
  const given = textOf(attributes['type']) ?? ''
  const type = (source.types && own(source.types, given)) ?? given
  // What was parsed from JSON is JSON.
  const fields = isObject(data as Json) ? (data as Readonly<Record<string, Json>>) : {}
  const worker = fields['worker']
  const isLeaving = saysLeaving(type) || (isObject(worker) && saysInactive(own(worker, 'active')))
  if (!isLeaving) return null
  const place = `${message.entity}#${message.sequence}${index === 0 ? '' : `.${index + 1}`}`
  const subject = attributes['subject']
  const employeeId =
    typeof subject === 'string' || typeof subject === 'number' ? employeeIdOf(subject, source.employeeId) : ''
  const { enqueuedAt } = message
  const moments = momentsOf(
    {
      time: textOf(attributes['time']),
      effectiveDate: textOf(fields['effectiveDate']),
      enqueuedAt,
      active: false,
    },
    {
      zone: source.zone,
      isLastDay: source.lastDay === 'inclusive',
      placeholders: source.placeholderDates ?? PLACEHOLDER_DATES,
    },
  )
  const { recordedAt, effectiveAt } =
    moments.kind === 'moments' ? moments : { recordedAt: enqueuedAt, effectiveAt: enqueuedAt }
  return {
    employeeId: employeeId === '' ? `unknown:${place}` : employeeId,
    source: sourceName ?? message.entity,
    id: textOf(attributes['id']) ?? place,
    recordedAt,
    effectiveAt,
  }
}

function saysLeaving(type: string): boolean {
  return isEventType(type) ? impliedActive(type) === false : LEAVING.test(type)
}

/** Anything but a plain yes: what is not a boolean is refused, and its sender may have meant no. */
function saysInactive(active: Json | undefined): boolean {
  if (active === undefined || active === true || active === 1) return false
  return typeof active !== 'string' || !/^\s*(?:true|1|yes|active)\s*$/i.test(active)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 1024) : null
}
