import { DAY_MS } from '../../runtime.ts'
import { isTermination, type Json } from '../../model.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import type { Activation } from '../settings.ts'
import { flatten, type Write } from './flatten.ts'

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
  return leftAt >= early ? effectiveAt : early
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
