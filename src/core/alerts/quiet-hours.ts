import { DateTime } from 'luxon'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Times of the day at which only urgent alerts are notified. */
export interface QuietHours {
  /** IANA zone of the times. */
  readonly zone: string
  /** Minutes after midnight: quiet from here … */
  readonly from: number
  /** … until here, on the next day where it is not later. Equal: no hours, only whole days. */
  readonly to: number
  /** Days that are quiet from midnight to midnight. */
  readonly days: readonly Weekday[]
}

/** Whether an instant is in quiet hours. */
export function isQuiet(at: number, { zone, from, to, days }: QuietHours): boolean {
  const local = DateTime.fromMillis(at, { zone })
  const day = WEEKDAYS[local.weekday - 1]
  if (day !== undefined && days.includes(day)) return true
  const minute = local.hour * 60 + local.minute
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to
}

/** Minutes after midnight of a time such as `22:30`; `null` for anything else. */
export function minuteOf(text: string): number | null {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hour === undefined || minute === undefined ? null : Number(hour) * 60 + Number(minute)
}
