import { openAlerts } from '../../core/alerts/worth.ts'
import type { AlertState } from '../../core/alerts/alert.ts'
import type { Config } from '../../config/load.ts'
import { type LaneStanding, standingOf } from '../../core/emergency/standing.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { DirectoryRead } from '../../core/ledger/port/directory.ts'
import type { DestinationFigures, Figures } from '../../core/ledger/port/figures.ts'
import type { BrakeStatus } from '../../core/ledger/port/plan.ts'
import { type DestinationStatus, readDestination } from './destination.ts'
import { type Reconciliation, reconcile } from '../support/reconcile.ts'

/** Everything that the command shows, read at one moment. */
export interface Status {
  readonly books: Reconciliation
  readonly stateCounts: Awaited<ReturnType<Ledger['readCounts']>>['stateCounts']
  readonly nextAt: number | null
  readonly foreign: number
  /** In the order of the configuration; one at least. */
  readonly destinations: readonly [DestinationStatus, ...DestinationStatus[]]
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

export async function readStatus(ledger: Ledger, config: Config, now: number): Promise<Status> {
  const { brakeOf } = await import('../../compose/settings.ts')
  const { destinationNames } = await import('../../compose/destinations/list.ts')
  const { totals, stateCounts } = await ledger.readCounts()
  const { nextAt } = await ledger.readIdle(now)
  const settings = brakeOf(config)
  const destinations = destinationNames(config)
  const figures = await ledger.readFigures({ now, brakeWindowMs: settings.windowMs, destinations })
  const { leavers, findings, deadLetters, busDeadLetters, blocks } = figures
  const outsidePilot = await ledger.countOutsidePilot()
  const brake = await ledger.readBrakeStatus(settings, now)
  const directory = await ledger.readDirectoryRead()
  const { spent } = await ledger.readEmergencyStatus(now)
  const emergency = standingOf(spent, figures, config.rules.emergency)
  const book = await ledger.readAlerts()
  const read = (one: DestinationFigures): Promise<DestinationStatus> =>
    readDestination(ledger, config, one, now)
  return {
    books: reconcile(totals, stateCounts),
    stateCounts,
    nextAt,
    foreign: totals.unmatched,
    destinations: [await read(figures), ...(await Promise.all(figures.others.map(read)))],
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
