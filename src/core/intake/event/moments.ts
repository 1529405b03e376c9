import { effectiveInstant, instant, startOfLocalDay } from './dates.ts'
import { rejectField, type Rejection } from '../decode.ts'

/**
 * Dates that HR systems write where they have none: the least and the greatest date of .NET, SQL
 * Server, Oracle and Excel, and the beginning of Unix time.
 */
export const PLACEHOLDER_DATES: readonly string[] = [
  '0000-00-00',
  '0001-01-01',
  '1753-01-01',
  '1899-12-30',
  '1900-01-01',
  '1970-01-01',
  '2999-12-31',
  '4712-12-31',
  '9999-12-31',
]

export interface MomentRules {
  readonly zone: string
  /** A plain date is the last day worked, so the event takes effect on the day after. */
  readonly isLastDay: boolean
  readonly placeholders: readonly string[]
}
export interface WrittenMoments {
  readonly time: string | null
  readonly effectiveDate: string | null
  readonly enqueuedAt: number
  /**
   * What the event says about access: in doubt, an activation counts later and nothing else does.
   */
  readonly active: boolean | null
}
export interface Moments {
  readonly kind: 'moments'
  readonly recordedAt: number
  readonly effectiveAt: number
  readonly effectiveRaw: string | null
  /** The fields that hold a placeholder instead of a date. */
  readonly placeholders: readonly string[]
}

/** When HR recorded an event and from when on it holds. */
export function momentsOf(written: WrittenMoments, rules: MomentRules): Moments | Rejection {
  const { effectiveDate } = written
  const placeholders: string[] = []
  const recordedAt = recordedMoment(written, rules, placeholders)
  if (recordedAt === null)
    return rejectField(
      'FieldInvalid',
      'time',
      'is not a time; send an RFC 3339 date-time such as 2026-11-02T08:15:00Z',
    )
  const effectiveAt = effectiveMoment(written, recordedAt, rules, placeholders)
  if (effectiveAt === null)
    return rejectField(
      'FieldInvalid',
      'data.effectiveDate',
      'is not a date; send a date such as 2026-12-01, or a date-time',
    )
  return { kind: 'moments', recordedAt, effectiveAt, effectiveRaw: effectiveDate, placeholders }
}

function recordedMoment(
  { time, enqueuedAt, active }: WrittenMoments,
  { zone, placeholders }: MomentRules,
  found: string[],
): number | null {
  if (time === null) return enqueuedAt
  const at = instant(time, zone)
  if (!isPlaceholder(time, placeholders)) return at
  found.push('time')
  // An activation must not seem to be recorded after a termination that in truth came later.
  return active === true ? Math.min(at ?? enqueuedAt, enqueuedAt) : enqueuedAt
}

function effectiveMoment(
  { effectiveDate, active }: WrittenMoments,
  recordedAt: number,
  { zone, isLastDay, placeholders }: MomentRules,
  found: string[],
): number | null {
  if (effectiveDate === null) return startOfLocalDay(recordedAt, zone)
  if (isPlaceholder(effectiveDate, placeholders)) {
    found.push('data.effectiveDate')
    const at = effectiveInstant(effectiveDate, zone)
    // A start that lies at the end of time is not a start: it does not open access today.
    if (active === true && at !== null && at > recordedAt) return at
    return startOfLocalDay(recordedAt, zone)
  }
  return effectiveInstant(effectiveDate, zone, isLastDay ? 1 : 0)
}

function isPlaceholder(text: string, placeholders: readonly string[]): boolean {
  return placeholders.includes(text.slice(0, 10)) || (placeholders.includes('1970-01-01') && isEpoch(text))
}

/** The beginning of Unix time in some other zone: 1969-12-31T19:00:00-05:00. */
function isEpoch(text: string): boolean {
  return text.startsWith('1969-12-31T') && Date.parse(text) === 0
}
