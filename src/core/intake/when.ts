import { DateTime } from 'luxon'
import { DAY_MS } from '../runtime.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const ZONED = /(?:[zZ]|[+-]\d{2}:?\d{2})$/
const INSTANT = /^(\d{4}-\d{2}-\d{2})[tT]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[zZ]|[+-]\d{2}:?\d{2})?$/

/** The instant something holds from: the start of a plain date in `zone`, a date-time as it is. `null` when it is no date. */
export function effectiveInstant(text: string, zone: string, addDays = 0): number | null {
  if (DAY.test(text)) return startOfDay(text, zone, addDays)
  const at = DateTime.fromISO(text, { zone: ZONED.test(text) ? 'utc' : zone })
  return at.isValid && text.includes('T') ? at.plus({ days: addDays }).toMillis() : null
}

/** The start of the local day an instant falls on. */
export function startOfLocalDay(at: number, zone: string): number {
  if (zone === 'UTC') return at - (((at % DAY_MS) + DAY_MS) % DAY_MS)
  return DateTime.fromMillis(at, { zone }).startOf('day').toMillis()
}

function startOfDay(date: string, zone: string, addDays: number): number | null {
  // The calendar of UTC first: it says whether there is such a day, and for UTC it is the answer.
  const utc = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(utc) || new Date(utc).getUTCDate() !== Number(date.slice(8))) return null
  if (zone === 'UTC') return utc + addDays * DAY_MS
  return DateTime.fromISO(date, { zone }).plus({ days: addDays }).startOf('day').toMillis()
}

/** An RFC 3339 instant, as CloudEvents `time` is; one that names no zone is meant in `zone`, not in that of the machine. `null` when it is none. */
export function instant(text: string, zone: string): number | null {
  const day = INSTANT.exec(text)?.[1]
  if (day === undefined || startOfDay(day, 'UTC', 0) === null) return null
  if (!ZONED.test(text)) return DateTime.fromISO(text, { zone }).toMillis()
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}
