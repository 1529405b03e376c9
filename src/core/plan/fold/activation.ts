import { z } from 'zod'
import { DAY_MS } from '../../runtime.ts'
import type { Json } from '../../model.ts'
import { isTermination } from '../../model.ts'
import type { LedgerEvent } from './fold.ts'

/**
 * What happens to somebody who is to become active at a later moment. For activations only: a leaver's moment is never moved, and neither is
 * that of any other change.
 *
 * - `hold`: nothing is sent before the moment.
 * - `early`: what the event says takes effect some days sooner. A gap is kept whole: where a leaver's moment lies inside those days, the
 *   activation waits for its own.
 * - `announce`: what the event says is sent at once, disabled, with the date in an attribute; it becomes active at its moment. Somebody who is
 *   active still is not announced before the gap begins.
 */
export const ActivationSettings = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('hold') }),
  z.strictObject({ policy: z.literal('early'), days: z.int().min(1).max(365) }),
  z.strictObject({ policy: z.literal('announce'), attribute: z.string().min(1) }),
])
export type Activation = Readonly<z.output<typeof ActivationSettings>>
export const HOLD: Activation = { policy: 'hold' }

/** When each event that makes its person active comes into force, by `seq`. The others come into force at their effective moment. */
export type Activations = ReadonlyMap<number, number>

/** `ordered` are events in their total order, without what is rescinded. */
export function activationsOf(ordered: readonly LedgerEvent[], activation: Activation): Activations {
  const found = new Map<number, number>()
  let active = false
  let leftAt = Number.NEGATIVE_INFINITY
  for (const event of ordered) {
    if (isTermination(event)) {
      active = false
      leftAt = event.effectiveAt
    } else if (!event.dead && event.worker['active'] === true && !active) {
      active = true
      found.set(event.seq, comesIntoForce(event.effectiveAt, leftAt, activation))
    }
  }
  return found
}

function comesIntoForce(effectiveAt: number, leftAt: number, activation: Activation): number {
  if (activation.policy !== 'early') return effectiveAt
  const early = effectiveAt - activation.days * DAY_MS
  return leftAt > early ? effectiveAt : early
}

/** The date as it goes into the announced attribute: in the event's own words where it has any. */
export function announcedDate(event: LedgerEvent): Json {
  return event.effectiveRaw ?? new Date(event.effectiveAt).toISOString()
}
