import { type Markup, markup } from './markup.ts'

/** How a page shows instants: in one zone, and as an age at the moment the page is made for. */
export interface Times {
  readonly at: number
  /** `29 Nov 08:31 CET` */
  local(at: number): string
  /** `29 Nov 08:31 CET (2 h ago)` */
  text(at: number): string
  /** The same as an element that holds the exact instant. */
  element(at: number): Markup
  /** An element without the age, for lists in which the order says enough. */
  plain(at: number): Markup
}

/** `null`: the zone of the machine, as `TZ` sets it. */
export function timesAt(at: number, zone: string | null = null): Times {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(zone === null ? {} : { timeZone: zone }),
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  const year = new Date(at).getUTCFullYear()
  const local = (instant: number): string => {
    const { day, month, hour, minute, timeZoneName } = Object.fromEntries(
      format.formatToParts(instant).map(({ type, value }) => [type, value]),
    )
    const ofInstant = new Date(instant).getUTCFullYear()
    const date = `${day} ${month}${ofInstant === year ? '' : ` ${ofInstant}`}`
    return `${date} ${hour}:${minute} ${timeZoneName}`
  }
  const text = (instant: number): string => `${local(instant)} (${age(instant, at)})`
  const element = (instant: number, shown: string): Markup => {
    const iso = new Date(Math.round(instant)).toISOString()
    return markup`<time datetime="${iso}" title="${iso}">${shown}</time>`
  }
  return {
    at,
    local,
    text,
    element: (instant) => element(instant, text(instant)),
    plain: (instant) => element(instant, local(instant)),
  }
}

function age(instant: number, at: number): string {
  if (Math.abs(at - instant) < 1_000) return 'now'
  return instant < at ? `${lasting(at - instant)} ago` : `in ${lasting(instant - at)}`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/**
 * A duration in the largest unit of which it has two: `40 min`, `47 h`, `2 d`. Never zero or below:
 * less than a second says so.
 */
export function lasting(ms: number): string {
  if (ms < 1_000) return 'under 1 s'
  const [unit, length] = UNITS.find(([, length]) => ms >= 2 * length) ?? ['s', 1_000]
  return `${Math.floor(ms / length)} ${unit}`
}
