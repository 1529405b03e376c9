import { DateTime } from 'luxon'
import { DAY_MS } from '../../runtime.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const ZONED = /(?:[zZ]|[+-]\d{2}:?\d{2})$/
const INSTANT = /^(\d{4}-\d{2}-\d{2})[tT]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[zZ]|[+-]\d{2}:?\d{2})?$/
/** What Luxon and `Date.parse` read alike, if the day exists. */
const EXACT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/**
 * An offset at the end of a time. Luxon and `Date.parse` accept offsets that do not exist, such as
 * +99:99.
 */
const OFFSET = /[tT].*[+-](\d{2})(?::?(\d{2}))?$/
/** The largest existing offset in hours (Kiribati is at +14:00). */
const LARGEST_OFFSET = 14

function isOffsetSomewhere(text: string): boolean {
  const [, hours, minutes = '0'] = OFFSET.exec(text) ?? []
  if (hours === undefined) return true
  const total = Number(hours) * 60 + Number(minutes)
  return Number(minutes) < 60 && total <= LARGEST_OFFSET * 60
}

/** True for a date without a time of day. */
export function isPlainDate(text: string): boolean {
  return DAY.test(text)
}

/**
 * The instant from which a change holds: the start of a plain date in `zone`, so many days later, or
 * a date-time unchanged. `null` when the text is not a date.
 */
export function effectiveInstant(text: string, zone: string, addDays = 0): number | null {
  if (DAY.test(text)) return startOfDay(text, zone, addDays)
  if (!isOffsetSomewhere(text)) return null
  if (EXACT.test(text)) return exactInstant(text)
  const at = DateTime.fromISO(text, { zone: ZONED.test(text) ? 'utc' : zone })
  return at.isValid && text.includes('T') ? at.toMillis() : null
}

/** Most events have such an instant, and Luxon takes six times as long to read one. */
function exactInstant(text: string): number | null {
  const at = Date.parse(text)
  return Number.isNaN(at) || startInUtc(text.slice(0, 10)) === null ? null : at
}

/** The start of the local day that contains the instant. */
export function startOfLocalDay(at: number, zone: string): number {
  if (zone === 'UTC') return at - (((at % DAY_MS) + DAY_MS) % DAY_MS)
  return DateTime.fromMillis(at, { zone }).startOf('day').toMillis()
}

function startOfDay(date: string, zone: string, addDays: number): number | null {
  const utc = startInUtc(date)
  if (utc === null) return null
  if (zone === 'UTC') return utc + addDays * DAY_MS
  return DateTime.fromISO(date, { zone }).plus({ days: addDays }).startOf('day').toMillis()
}

/** The start of a day in UTC; `null` when there is no such day. */
function startInUtc(date: string): number | null {
  const at = new Date(`${date}T00:00:00Z`)
  return at.getUTCDate() === Number(date.slice(8)) ? at.getTime() : null
}

/**
 * An RFC 3339 instant, such as CloudEvents `time`. Without an offset it is read in `zone`, not in
 * the zone of the machine. `null` when the text is not an instant.
 */
export function instant(text: string, zone: string): number | null {
  const day = INSTANT.exec(text)?.[1]
  if (day === undefined || startInUtc(day) === null || !isOffsetSomewhere(text)) return null
  if (!ZONED.test(text)) {
    const local = DateTime.fromISO(text, { zone })
    return local.isValid ? local.toMillis() : null
  }
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}
