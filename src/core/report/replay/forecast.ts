import type { Ledger } from '../../ledger/ledger.ts'
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
  readonly limits: CallLimits
  readonly maxOperations: number
  /** Dead letters a second; `null` for no limit. */
  readonly perSecond: number | null
}

export async function forecastReplay(
  { counts }: ReplayPlan,
  ledger: Pick<Ledger, 'readSubmissionStatus'>,
  { limits, maxOperations, perSecond }: ForecastSettings,
  now: number,
): Promise<ReplayForecast> {
  const { callTimes, pending } = await ledger.readSubmissionStatus(now)
  const calls = Math.ceil(counts.operations / maxOperations)
  const sentAt = now + (perSecond === null ? 0 : ((counts.bus + counts.ledger) / perSecond) * 1_000)
  const { doneAt } = forecast(pending + counts.operations, maxOperations, callTimes, limits, sentAt)
  const shareOfQuota = Number.isFinite(limits.perDay) ? calls / limits.perDay : null
  return { calls, shareOfQuota, doneAt: doneAt ?? sentAt }
}
