import { RollcallError } from '../../core/errors.ts'
import { effectiveInstant } from '../../core/intake/event/dates.ts'

/** The instant that an option names. Throws `ArgumentInvalid`, naming the option. */
export function instantOf(option: string, text: string): number {
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? effectiveInstant(text, 'UTC') : null
  if (at === null)
    throw new RollcallError(
      'ArgumentInvalid',
      `${option} must be a day or an instant, as in 2026-11-02 or 2026-11-02T08:00:00Z`,
    )
  return at
}
