import { RollcallError } from '../../../core/errors.ts'
import { span } from '../../../core/display/span.ts'
import type { Column } from '../rows.ts'

/**
 * Instants for people: in UTC, as every option takes them, then the local time and how long ago it
 * was. JSON has only UTC.
 */

/** The zone of the machine, as Node and `TZ` say. */
const MACHINE = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

let inZone: { readonly zone: string; readonly format: Intl.DateTimeFormat } | null = null

/**
 * The zone of local times from here on; `null` for that of the machine. Throws `ArgumentInvalid`.
 */
export function showTimesIn(zone: string | null): void {
  inZone = zone === null ? null : { zone, format: formatIn(zone) }
}

function formatIn(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    })
  } catch (error) {
    throw new RollcallError(
      'ArgumentInvalid',
      '--tz must be a time zone, as in Europe/Berlin or UTC or +02:00',
      { cause: error },
    )
  }
}

/**
 * An instant, as in `2026-11-29T02:58:07Z (03:58 +01:00, 2.1 h ago)`. The local time is left out
 * where it is UTC, and has its day where that is another one. `''` for `null`.
 */
export function when(at: number | null, now: number = Date.now()): string {
  if (at === null) return ''
  const utc = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
  const local = localTime(at, utc)
  return `${utc} (${local === '' ? '' : `${local}, `}${age(at, now)})`
}

/** How long ago, as in `2.1 h ago`, or `in 2.1 h`. */
export function age(at: number, now: number = Date.now()): string {
  return at <= now ? `${span(now - at)} ago` : `in ${span(at - now)}`
}

function localTime(at: number, utc: string): string {
  inZone ??= { zone: MACHINE(), format: formatIn(MACHINE()) }
  const parts = Object.fromEntries(inZone.format.formatToParts(at).map(({ type, value }) => [type, value]))
  const { month = '', day = '', hour = '', minute = '', timeZoneName = '' } = parts
  const offset = timeZoneName.replace('GMT', '')
  if (offset === '' || offset === '+00:00') return ''
  const date = `${month}-${day}` === utc.slice(5, 10) ? '' : `${month}-${day} `
  return `${date}${hour}:${minute} ${offset}`
}

/** Wide enough for most; a wider one moves only its own row. Known when `--tz` is. */
const width = (): number => (localTime(Date.now(), '') === '' ? 34 : 49)

/** A column of instants for `rowWriter`. `without` is shown for `null`. */
export const whenColumn = <T>(name: string, of: (row: T) => number | null, without = ''): Column<T> => [
  name,
  width,
  (row) => when(of(row)) || without,
  of,
]
