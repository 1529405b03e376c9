import { z } from 'zod'
import { DAY_MS } from '../../runtime.ts'
import { isTermination, type Json } from '../../model.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { flatten, type Write } from './flatten.ts'

/**
 * What happens to an employee who becomes active at a later moment. It applies to activations only:
 * the moment of a termination never moves, nor that of any other change.
 *
 * - `hold`: nothing is sent before the moment.
 * - `early`: the event takes effect some days sooner. A gap in employment is kept whole: when the
 *   employee left within those days, the activation keeps its own moment.
 * - `announce`: the event's attributes are sent at once, with `active: false` and the date in an
 *   attribute; the employee becomes active at the moment. An employee who is still active is not
 *   announced before the gap begins.
 */
export const ActivationSettings = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('hold') }),
  z.strictObject({ policy: z.literal('early'), days: z.int().min(1).max(365) }),
  z.strictObject({ policy: z.literal('announce'), attribute: z.string().min(1) }),
])
export type Activation = Readonly<z.output<typeof ActivationSettings>>
export const HOLD: Activation = { policy: 'hold' }

/**
 * When each event that makes its employee active comes into force, by `seq`. Every other event
 * comes into force at its effective moment.
 */
export type Activations = ReadonlyMap<number, number>

/** `ordered` are events in their total order, without those that are rescinded. */
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
      found.set(event.seq, inForceFrom(event.effectiveAt, leftAt, activation))
    }
  }
  return found
}

function inForceFrom(effectiveAt: number, leftAt: number, activation: Activation): number {
  if (activation.policy !== 'early') return effectiveAt
  const early = effectiveAt - activation.days * DAY_MS
  return leftAt > early ? effectiveAt : early
}

/**
 * The date of an activation, written to the attribute that announces it. It stays in the record
 * after the moment, so that the directory keeps it. An event that sets the attribute itself decides
 * instead.
 */
export function announcedDateWrites(event: LedgerEvent, activation: Activation): readonly Write[] {
  if (activation.policy !== 'announce') return []
  const { attribute } = activation
  if (flatten(event.worker).some(([path]) => path === attribute)) return []
  return [[attribute, announcedDate(event)]]
}

/** The date as the event spelled it, where it did. */
function announcedDate(event: LedgerEvent): Json {
  return event.effectiveRaw ?? new Date(event.effectiveAt).toISOString()
}
