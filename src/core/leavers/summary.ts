import type { EndedLeaver } from '../ledger/port/leavers.ts'
import type { ClosedAs } from './causes.ts'

/** How long it took, in milliseconds; `null` when there was no case. */
export interface Durations {
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly worstMs: number | null
}

/** How closed leaver cases ended, and how long those that were proven took. */
export interface LeaverSummary {
  readonly ended: Readonly<Record<ClosedAs, number>>
  /** Of the proven ones, those that an answer to the emergency lane proved first. */
  readonly byEmergency: number
  /**
   * From each moment to the proof that the directory holds the account disabled. The time before
   * the effective date does not count, because the account is meant to be active until then.
   */
  readonly toProven: {
    readonly recorded: Durations
    readonly effective: Durations
    readonly received: Durations
  }
}

/** Summarises closed cases. Pure. */
export function summarizeLeavers(cases: readonly EndedLeaver[]): LeaverSummary {
  const proven = cases.filter((one) => one.as === 'proven')
  const from = (startOf: (one: EndedLeaver) => number): Durations =>
    durationsOf(proven.map((one) => toProof(one, startOf(one))))
  const counted = (as: ClosedAs): number => cases.filter((one) => one.as === as).length
  return {
    ended: {
      proven: proven.length,
      superseded: counted('superseded'),
      rescinded: counted('rescinded'),
      discarded: counted('discarded'),
      acknowledged: counted('acknowledged'),
    },
    byEmergency: proven.filter((one) => one.byEmergency).length,
    toProven: {
      recorded: from((one) => one.recordedAt),
      effective: from((one) => one.effectiveAt),
      received: from((one) => one.receivedAt),
    },
  }
}

/**
 * How long the proof took after a moment, in milliseconds; the time before the effective date does
 * not count.
 */
export function toProof(
  { endedAt, effectiveAt }: Pick<EndedLeaver, 'endedAt' | 'effectiveAt'>,
  start: number,
): number {
  return Math.max(0, endedAt - Math.max(start, effectiveAt))
}

/** By nearest rank: each figure is the time of a case that was there. */
export function durationsOf(durations: readonly number[]): Durations {
  const sorted = Float64Array.from(durations).sort()
  const at = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null
  return { p50Ms: at(0.5), p95Ms: at(0.95), worstMs: at(1) }
}
