import { openAlerts } from '../../core/alerts/worth.ts'
import type { AlertState } from '../../core/alerts/alert.ts'
import type { Config } from '../../config/load.ts'
import { type LaneStanding, standingOf } from '../../core/emergency/standing.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { DirectoryRead } from '../../core/ledger/port/directory.ts'
import type { Figures } from '../../core/ledger/port/figures.ts'
import type { BrakeStatus } from '../../core/ledger/port/plan.ts'
import type { SeenJobReport, SubmissionStatus } from '../../core/ledger/port/submit.ts'
import { backlogForecast, type Forecast } from '../../core/provision/pace.ts'
import { type LimitUse, limitUsesIn } from '../../core/provision/quarantine.ts'
import { iso } from '../support/instants.ts'
import { type Reconciliation, reconcile } from '../support/reconcile.ts'

/** Everything that the command shows, read at one moment. */
export interface Status {
  readonly books: Reconciliation
  readonly stateCounts: Awaited<ReturnType<Ledger['readCounts']>>['stateCounts']
  readonly nextAt: number | null
  readonly log: { readonly readUntil: string | null; readonly foreign: number }
  readonly submission: SubmissionStatus
  /** Holds in force. */
  readonly holds: readonly (Omit<Hold, 'since' | 'until'> & {
    readonly since: string
    readonly until: string
  })[]
  readonly forecast: Forecast
  readonly callsPerDay: number
  readonly job: JobStatus
  readonly brake: BrakeStatus
  /** Employees that a block keeps disabled. */
  readonly blocks: number
  /** The number of employees that the pilot holds. */
  readonly outsidePilot: number
  readonly leavers: Figures['leavers']
  readonly emergency: LaneStanding
  readonly findings: Figures['findings']
  /** How the last comparison with the directory went; `null`: there was none. */
  readonly directory: DirectoryRead | null
  /** Of the ledger. */
  readonly deadLetters: Figures['deadLetters']
  /** Of the bus, as the running connector counted them last. */
  readonly busDeadLetters: Figures['busDeadLetters']
  /** Open ones, as the running connector found them, the worst first. */
  readonly alerts: readonly AlertState[]
  /** When a connector looked for them last; `null`: none has yet. */
  readonly alertsAt: number | null
}
/** What the provisioning job said about itself. */
export interface JobStatus {
  /** `null`: it was never seen. */
  readonly report: SeenJobReport | null
  /** Failed operations beside each limit of quarantine. */
  readonly limits: readonly LimitUse[]
}
type Hold = Figures['holds'][number]

export async function readStatus(ledger: Ledger, config: Config, now: number): Promise<Status> {
  const { brakeOf } = await import('../../compose/settings.ts')
  const { destinationNames, limitsOf } = await import('../../compose/destinations/list.ts')
  const { totals, stateCounts } = await ledger.readCounts()
  const { nextAt } = await ledger.readIdle(now)
  const settings = brakeOf(config)
  const destinations = destinationNames(config)
  const figures = await ledger.readFigures({ now, brakeWindowMs: settings.windowMs, destinations })
  const { holds, leavers, findings, deadLetters, busDeadLetters, blocks } = figures
  const log = { readUntil: iso(figures.watermark), foreign: totals.unmatched }
  const [{ name, quota }] = destinations
  const submission = await ledger.readSubmissionStatus(now, name, quota)
  const outsidePilot = await ledger.countOutsidePilot()
  const brake = await ledger.readBrakeStatus(settings, now)
  const directory = await ledger.readDirectoryRead()
  const { spent } = await ledger.readEmergencyStatus(now, name, quota)
  const emergency = standingOf(spent, figures, config.rules.emergency)
  const book = await ledger.readAlerts()
  const limits = limitsOf(config)
  return {
    books: reconcile(totals, stateCounts),
    stateCounts,
    nextAt,
    log,
    submission,
    holds: holds.map((hold) => ({ ...hold, since: iso(hold.since), until: iso(hold.until) })),
    forecast: backlogForecast(submission, config.BATCH_OPERATIONS, limits, now),
    callsPerDay: limits.perDay,
    job: {
      report: figures.jobReport,
      limits: limitUsesIn(figures),
    },
    brake,
    blocks,
    outsidePilot,
    leavers,
    emergency,
    findings,
    directory,
    deadLetters,
    busDeadLetters,
    alerts: openAlerts(book),
    alertsAt: book.lookedAt,
  }
}
