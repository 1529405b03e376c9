import type { InstanceView } from '../../instances/state.ts'
import type { WaitingChannel } from '../../ledger/port/alerts.ts'
import type { Figures, Stage } from '../../ledger/port/figures.ts'

/** From when on something is an alert. Durations are milliseconds. */
export interface AlertLimits {
  /** A leaver case that may close without action is an alert when it is open for longer. */
  readonly leaverMs: number
  /** Work that waits in a stage for longer. */
  readonly stagesMs: Readonly<Record<Stage, number>>
  /** A hold that may end without action is an alert when it lasts longer. */
  readonly holdMs: number
  /** The log is behind when it was read to no later than this long ago. */
  readonly logMs: number
  /** Of destinations that `callsPerDayAt` does not name. */
  readonly callsPerDay: number
  readonly callsPerDayAt?: Readonly<Record<string, number>>
  /** The share of the calls of a day from which on they are nearly used up. */
  readonly quotaShare: number
  /** The share of a limit of quarantine from which on the job fails too often. */
  readonly escrowShare: number
  /** A channel to which every attempt failed for longer. */
  readonly channelMs: number
  /** Receivers that have been closed for longer. */
  readonly receiversMs: number
  /** A loop that has not run anywhere for longer. */
  readonly loopMs: number
}

/** Everything that alerts are made from, at one moment. */
export interface Scene {
  readonly now: number
  readonly figures: Figures
  readonly channels: readonly WaitingChannel[]
  /** Those that run, and those that ran lately. */
  readonly instances: readonly InstanceView[]
  /** Since when this process has no open receiver; `null` while it has, or needs none. */
  readonly receiversClosedSince: number | null
}
