import type { EmergencyWait } from '../../emergency/reasons.ts'
import type { FindingCode } from '../../findings/codes.ts'
import type { LeaverCause } from '../../leavers/causes.ts'
import type { Totals } from './inspect.ts'
import type { Hold, SeenJobReport } from './submit.ts'

/** What metrics, alerts and `status` need to know, in one read. */
export interface FigureLedger {
  /**
   * Everything at a single moment. It reads running totals and indexes of open work, never the
   * history, so it costs the same in a ledger of any size.
   */
  readFigures(query: FiguresQuery): Promise<Figures>
  /** Replaces the last count of the native dead-letter queues. */
  recordBusDeadLetters(count: BusDeadLetters): Promise<void>
}

export interface FiguresQuery {
  readonly now: number
  /** How far back the brake counts deactivations. */
  readonly brakeWindowMs: number
  /** By default the only one of a connector with a single job. */
  readonly destinations?: readonly DestinationName[]
}

export interface DestinationName {
  readonly name: string
  /** The quota that its calls count in. */
  readonly quota: string
}

/**
 * Where work can wait, in the order of the flow:
 *
 * - `received`: events that are committed and not planned
 * - `due`: employees that can be planned now
 * - `waiting`: operations that the service has not accepted
 * - `accepted`: operations that the service accepted and the log has not mentioned
 * - `answered`: operations whose answer may still be refined
 * - `unpublished`: outcomes
 */
export const STAGES = ['received', 'due', 'waiting', 'accepted', 'answered', 'unpublished'] as const
export type Stage = (typeof STAGES)[number]

/** How much there is, and since when the oldest of it is there; `null` where there is nothing. */
export interface Depth {
  readonly count: number
  readonly oldestAt: number | null
}

/** Of the whole ledger, and of the first destination of the query. */
export interface Figures extends DestinationFigures {
  /** The other destinations, in the order of the query. */
  readonly others: readonly DestinationFigures[]
  readonly totals: Totals
  /**
   * `received` is as old as its oldest event that was never planned; an event that was put back is
   * as old as its employee is in `due`.
   */
  readonly stages: Readonly<Record<Stage, Depth>>
  /** Operations that were sent at least once and have no answer in the log. */
  readonly unanswered: Depth
  /** Employees that lack attributes the directory requires. */
  readonly incomplete: Depth
  readonly brake: BrakeFigures
  readonly leavers: LeaverFigures
  /** Open leaver cases that wait for the emergency lane, by why it cannot disable the account. */
  readonly emergencyWaits: readonly (Depth & { readonly why: EmergencyWait })[]
  /** Open findings by code; a code without one is left out. */
  readonly findings: readonly (Depth & { readonly code: FindingCode })[]
  /** Dead letters of the ledger that are not archived, by code, since when they are dead. */
  readonly deadLetters: readonly (Depth & { readonly code: string })[]
  /** The last count of the native dead-letter queues; `null` before the first. */
  readonly busDeadLetters: BusDeadLetters | null
  /** Blocks in force. */
  readonly blocks: number
  /** Employees whose record failed for good without an event to dead-letter. */
  readonly notAccepted: number
}

/** What each provisioning job has for itself. */
export interface DestinationFigures {
  readonly name: string
  /** The provisioning job as it was last seen; `null` while no instance may see it. */
  readonly job: { readonly running: boolean; readonly seenAt: number } | null
  /** What it said about itself then; `null` before it was first seen. */
  readonly jobReport: SeenJobReport | null
  /** Holds in force. */
  readonly holds: readonly Hold[]
  readonly quota: QuotaFigures
  /** Operations that wait to be put into a batch. */
  readonly pending: Depth
  /** Operations that the service has not accepted. */
  readonly waiting: Depth
  /** Operations that the service accepted and the log has not mentioned. */
  readonly accepted: Depth
  /** Operations that the service failed with and retries itself. */
  readonly escrowed: Depth
  /** The instant up to which the log was read; `null` before the first page. */
  readonly watermark: number | null
}

/** The calls of the last 24 hours. `nextCallAt` says when the next one may be made. */
export interface QuotaFigures {
  readonly used: number
  readonly oldestAt: number | null
  readonly lastAt: number | null
}

export interface BrakeFigures {
  /** Deactivations that count in the window. */
  readonly window: number
  readonly held: number
  readonly heldSince: number | null
}

/** Open leaver cases, in all and by the cause of their last assessment. */
export interface LeaverFigures extends Depth {
  readonly causes: readonly (Depth & { readonly cause: LeaverCause })[]
}

/** What one instance counted by looking into the native dead-letter queues of the source queues. */
export interface BusDeadLetters {
  readonly countedAt: number
  /** Whether it stopped at its limit, so that there are more. */
  readonly capped: boolean
  /** By code, since when they were enqueued. */
  readonly codes: readonly (Depth & { readonly code: string })[]
}
