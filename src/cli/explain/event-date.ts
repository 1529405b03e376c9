import { effectiveInstant, isPlainDate } from '../../core/intake/event/dates.ts'
import type { EventExplanation } from '../../core/plan/explain.ts'

/** What the effective date of an event means. `zone` is that of its source. */
export function describeDate(
  { effectiveRaw, effectiveAt }: Pick<EventExplanation, 'effectiveRaw' | 'effectiveAt'>,
  zone: string,
): string {
  if (effectiveRaw === null) return `no date given: the day of its recording in ${zone}`
  if (!isPlainDate(effectiveRaw)) return `given as ${effectiveRaw}`
  if (effectiveAt === effectiveInstant(effectiveRaw, zone))
    return `given as ${effectiveRaw}: the start of that day in ${zone}`
  if (effectiveAt === effectiveInstant(effectiveRaw, zone, 1))
    return `given as ${effectiveRaw}, the last day worked: the end of that day in ${zone}`
  return `given as ${effectiveRaw}: a day in another zone, or a date that stands for none`
}
