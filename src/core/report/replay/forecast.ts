import type { Ledger } from '../../ledger/ledger.ts'
import type { DestinationName } from '../../ledger/port/figures.ts'
import type { CallLimits } from '../../ledger/port/submit.ts'
import { forecast } from '../../provision/pace.ts'
import type { ReplayPlan } from './plan-replay.ts'

/** What a replay costs, and when its operations will have been sent. */
export interface ReplayForecast {
  readonly calls: number
  /** The part of a day's calls that it takes, from 0; `null` when calls are not limited. */
  readonly shareOfQuota: number | null
  readonly doneAt: number
}

export interface ForecastSettings {
  /** Of the only destination, or of the first. */
  readonly limits: CallLimits
  /** Those of the configuration. */
  readonly destinations: readonly (DestinationName & { readonly limits: CallLimits })[]
  readonly maxOperations: number
  /** Dead letters a second; `null` for no limit. */
  readonly perSecond: number | null
}

/**
 * Where an employee will belong is known only once the events are planned: with several destinations
 * the forecast is that of the busiest, as if all went there.
 */
export async function forecastReplay(
  { counts }: Pick<ReplayPlan, 'counts'>,
  ledger: Pick<Ledger, 'readSubmissionStatus'>,
  { limits, destinations, maxOperations, perSecond }: ForecastSettings,
  now: number,
): Promise<ReplayForecast> {
  const calls = Math.ceil(counts.operations / maxOperations)
  const sentAt = now + (perSecond === null ? 0 : ((counts.bus + counts.ledger) / perSecond) * 1_000)
  let doneAt = sentAt
  for (const one of destinations) {
    const { callTimes, pending } = await ledger.readSubmissionStatus(now, one.name, one.quota)
    const there = forecast(pending + counts.operations, maxOperations, callTimes, one.limits, sentAt)
    doneAt = Math.max(doneAt, there.doneAt ?? sentAt)
  }
  const shareOfQuota = Number.isFinite(limits.perDay) ? calls / limits.perDay : null
  return { calls, shareOfQuota, doneAt }
}
