import { effectiveInstant } from './intake/event/dates.ts'
import { DAY_MS } from './runtime.ts'

const UNITS_MS = { m: 60_000, h: 3_600_000, d: DAY_MS } as const

/** A duration in milliseconds, as in `30m`, `24h` or `7d`; `null` for any other text. */
export function durationIn(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text.trim()) ?? []
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number(count) * UNITS_MS[unit] : null
}

/**
 * A day in UTC or an instant, as in `2026-11-02` or `2026-11-02T08:00:00Z`; `null` for any other
 * text.
 */
export function instantIn(text: string): number | null {
  return /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? effectiveInstant(text, 'UTC') : null
}

/** An instant, or how long it is ago. `null` for a text that is neither. */
export function pastInstantIn(text: string, now: number): number | null {
  const ms = durationIn(text)
  return ms === null ? instantIn(text) : now - ms
}

/** An instant in the future, or how far away it is. `null` for a text that is neither. */
export function futureInstantIn(text: string, now: number): number | null {
  const ms = durationIn(text)
  const at = ms === null ? instantIn(text) : now + ms
  return at !== null && at > now ? at : null
}
