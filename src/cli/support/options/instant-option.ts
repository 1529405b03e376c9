import { RollcallError } from '../../../core/errors.ts'
import { durationIn, instantIn } from '../../../core/instants.ts'

/**
 * The duration that an option names, in milliseconds. Throws `ArgumentInvalid`, naming the option.
 */
export function durationOf(option: string, text: string): number {
  const ms = durationIn(text)
  if (ms === null)
    throw new RollcallError(
      'ArgumentInvalid',
      `${option} must be minutes, hours or days, as in 30m, 24h or 7d`,
    )
  return ms
}

/**
 * An option that names an instant in the past or how long it is ago, as in `2h`, `7d`,
 * `2026-11-02`. Throws `ArgumentInvalid`, naming the option.
 */
export function sinceOf(option: string, text: string, now: number): number {
  const ms = durationIn(text)
  return ms === null ? instantOf(option, text) : now - ms
}

/** The same for an option that may be missing: `null`. */
export function sinceOrNull(option: string, text: string | undefined, now: number): number | null {
  return text === undefined ? null : sinceOf(option, text, now)
}

/**
 * An option that names an instant in the future or how far away it is. Throws `ArgumentInvalid`,
 * naming the option, for one that has passed.
 */
export function untilOf(option: string, text: string, now: number): number {
  const ms = durationIn(text)
  const at = ms === null ? instantOf(option, text) : now + ms
  if (at > now) return at
  throw new RollcallError('ArgumentInvalid', `${option} is in the past; give an instant in the future`)
}

/** The instant that an option names. Throws `ArgumentInvalid`, naming the option. */
export function instantOf(option: string, text: string): number {
  const at = instantIn(text)
  if (at === null)
    throw new RollcallError(
      'ArgumentInvalid',
      `${option} must be a day, an instant or a duration, as in 2026-11-02, 2026-11-02T08:00:00Z, 30m, 24h or 7d`,
    )
  return at
}
