import type { Config } from '../../config/load.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { DestinationFigures } from '../../core/ledger/port/figures.ts'
import type { SeenJobReport, SubmissionStatus } from '../../core/ledger/port/submit.ts'
import { backlogForecast, type Forecast } from '../../core/provision/pace.ts'
import { disabledAt, type LimitUse, limitUsesIn } from '../../core/provision/quarantine.ts'
import { type DirectSpending, readDirectSpending } from '../commands/emergency/spending.ts'
import { iso } from '../support/instants.ts'

/** What is shown of each destination. */
export interface DestinationStatus {
  readonly name: string
  /** Until when its log was read. */
  readonly readUntil: number | null
  readonly submission: SubmissionStatus
  /** Holds in force. */
  readonly holds: DestinationFigures['holds']
  readonly forecast: Forecast
  readonly callsPerDay: number
  readonly job: JobStatus
  /** What its calls cost; `null` for a provisioning job. A direct destination has no job and no log. */
  readonly direct: DirectSpending | null
}
/** What the provisioning job said about itself. */
export interface JobStatus {
  /** `null`: it was never seen. */
  readonly report: SeenJobReport | null
  /** Failed operations beside each limit of quarantine. */
  readonly limits: readonly LimitUse[]
}

export async function readDestination(
  ledger: Pick<Ledger, 'readSubmissionStatus' | 'readDirectSpending'>,
  config: Config,
  figures: DestinationFigures,
  now: number,
): Promise<DestinationStatus> {
  const { limitsOf } = await import('../../compose/destinations/list.ts')
  const { name, holds, watermark, jobReport } = figures
  const limits = limitsOf(config, name)
  const submission = await ledger.readSubmissionStatus(now, name, limits.quota)
  return {
    name,
    readUntil: watermark,
    submission,
    holds,
    forecast: backlogForecast(submission, config.BATCH_OPERATIONS, limits, now),
    callsPerDay: limits.perDay,
    job: { report: jobReport, limits: limitUsesIn(figures) },
    direct: await readDirectSpending(ledger, config, name, now),
  }
}

export function submissionToJson({
  holds,
  submission,
  callsPerDay,
  forecast,
}: Omit<DestinationStatus, 'job' | 'direct'>): object {
  return {
    holds: holds.map((hold) => ({ ...hold, since: iso(hold.since), until: iso(hold.until) })),
    callsToday: submission.callTimes.length,
    callsPerDay,
    waiting: submission.pending,
    forecast: { calls: forecast.calls, doneAt: iso(forecast.doneAt) },
  }
}

export function jobToJson({ report, limits }: JobStatus): object {
  const { quarantine } = report ?? { quarantine: null }
  return {
    code: report?.code ?? null,
    seenAt: iso(report?.seenAt ?? null),
    quarantine: quarantine && {
      reason: quarantine.reason,
      since: iso(quarantine.since),
      nextAttemptAt: iso(quarantine.nextAttempt),
      disabledAt: iso(disabledAt(quarantine)),
    },
    synchronized: report?.failures?.synchronized ?? null,
    failures: limits.map(({ limit, count, at }) => ({ limit, count, quarantineAt: at })),
  }
}
