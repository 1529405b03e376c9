import type { EventName, HrEvent } from '../../model.ts'
import type { EventState } from '../lifecycle.ts'
import type { MessageOriginal } from './dead-letters.ts'

/** Replay runs: a frozen selection of dead letters, and the progress of each part. */
export interface ReplayLedger {
  /** The current state of those of these events that the ledger knows. */
  findKnownEvents(names: readonly EventName[]): Promise<readonly KnownEvent[]>
  /** Freezes a selection: later arrivals and failures are not part of it. */
  freezeReplay(order: ReplayOrder, now: number): Promise<ReplayRun>
  /**
   * Records who pauses a run, and why. The process that carries it out stops after the batch
   * that is under way.
   */
  pauseReplay(run: ReplayRun, actor: string, reason: string, now: number): Promise<void>
  /** Records who resumes an interrupted or paused run, and why. */
  resumeReplay(run: ReplayRun, actor: string, reason: string, now: number): Promise<void>
  /** Runs, newest first. */
  listReplays(query: ReplaysQuery): Promise<readonly ReplayRun[]>
  /**
   * Refuses the parts of a run that are not begun (`Cancelled`), removes their edited bodies, and
   * ends the run unless others wait. Returns how many were refused. What was sent to the bus goes
   * on.
   */
  cancelReplay(order: CancelOrder, now: number): Promise<number>
  /**
   * A page of the parts of a run with their progress, and the outcomes of those that were replayed.
   */
  listReplayEntries(run: number, after: number, limit: number): Promise<readonly ReplayEntry[]>
  /**
   * Parts of a run in this stage, in frozen order; `entity` is `null` for dead letters of the
   * ledger.
   */
  listReplayItems(
    run: number,
    entity: string | null,
    stage: NativeStage,
    limit: number,
  ): Promise<readonly ReplayItem[]>
  /** Makes all of these moves or none; a part's first move to `sending` sets its `sendingAt`. */
  moveReplayItems(run: number, entity: string, moves: readonly NativeMove[], now: number): Promise<void>
  /**
   * Replays dead letters of a run, edited or unchanged, at their place in the order, and records it
   * in the run. One that is no longer dead, or has died again since the freeze, becomes `gone`. An
   * edit must not cancel a termination.
   */
  putBackDeadLetters(run: number, parts: readonly PutBack[], now: number): Promise<void>
  /** Ends the run. Without waiting parts it cannot be resumed. */
  endReplay(run: number, now: number): Promise<void>
  /**
   * Refuses waiting parts with an edited body in runs frozen before `before` (`BeyondRetention`)
   * and removes the body. Returns their number.
   */
  forgetReplayEdits(before: number, now: number): Promise<number>
  /**
   * Of these messageIds of copies, those that intake committed, with the reason code of a rejected
   * one.
   */
  findCopiesTakenIn(messageIds: readonly string[]): Promise<ReadonlyMap<string, string | null>>
}

export const NATIVE_STAGES = [
  'frozen', // selected, not started
  'sending', // a copy may have been sent: only the bus knows
  'sent', // the bus has the copy; the original is still in the dead-letter queue
  'done', // the original is removed
  'gone', // the original was no longer there
  'refused', // cannot be replayed, see its code; the original stays
] as const
export type NativeStage = (typeof NATIVE_STAGES)[number]

/**
 * The stages each stage may change to. `sending` again: no copy was found, so it is sent once more.
 */
export const NATIVE_ARROWS: Readonly<Record<NativeStage, readonly NativeStage[]>> = {
  frozen: ['sending', 'sent', 'gone', 'refused'],
  sending: ['sending', 'sent', 'gone', 'refused'],
  sent: ['done'],
  done: [],
  gone: [],
  refused: [],
}

export interface NativeMove {
  readonly sequence: string
  readonly stage: NativeStage
  /** The reason code of `refused`; `null` for every other stage. */
  readonly code: string | null
}

/**
 * One dead letter of a frozen selection. `body` replaces its content, and `employees` are those the
 * replacement is about. Both are removed when the part ends or one of the employees is erased.
 */
export type ReplayTarget = { readonly body?: string | null; readonly employees?: readonly string[] } & (
  | { readonly store: 'ledger'; readonly seq: number; readonly revision: number }
  /** `stale`: only removed from the dead-letter queue, because its event has its outcome. */
  | { readonly store: 'bus'; readonly entity: string; readonly sequence: string; readonly stale: boolean }
)

export interface ReplayOrder {
  /** Identifies the run on the bus; never used again. */
  readonly name: string
  /** The selection as text; the same command gives the same text. */
  readonly selection: string
  readonly actor: string
  readonly justification: string
  readonly targets: readonly ReplayTarget[]
}
export interface ReplaysQuery {
  /** Only unfinished runs with this selection. */
  readonly open?: string | null
  readonly id?: number | null
  /** Only runs that began at this moment or later. */
  readonly since?: number | null
  /** Only runs before the one with this number: the next page. */
  readonly before?: number | null
  readonly limit: number
}
export interface CancelOrder {
  readonly run: ReplayRun
  readonly actor: string
  readonly justification: string
}
export interface ReplayRun {
  readonly id: number
  readonly name: string
  readonly selection: string
  readonly actor: string
  readonly justification: string
  readonly createdAt: number
  readonly endedAt: number | null
  /** Who resumed it, when and why. */
  readonly resumed: readonly ReplayDecision[]
  /** Who paused it, when and why; `null` when it was not, or was resumed since. */
  readonly paused: ReplayDecision | null
  /** Entities of the bus whose dead letters are part of it. */
  readonly entities: readonly string[]
  readonly counts: Readonly<Record<NativeStage, number>>
}
export interface ReplayDecision {
  readonly at: number
  readonly actor: string
  readonly justification: string
}
export interface ReplayEntry {
  /** `dl-…`, or `<entity>#<sequence>`. */
  readonly id: string
  readonly stage: NativeStage
  readonly code: string | null
  readonly at: number | null
  /**
   * The outcome; `null` when it was not replayed, or when the ledger does not know its event
   * any more.
   */
  readonly became: ReplayedState | null
}
/**
 * The state of the event now, with its reason. Of a message on the bus: whether intake has taken
 * its copy in, refused it with a code, or not read it yet.
 */
export interface ReplayedState {
  readonly state: EventState | 'taken-in' | 'refused' | 'waiting'
  readonly reason: string | null
}
export interface ReplayItem {
  /** Sequence number on the bus, or the event's `seq` for a dead letter of the ledger. */
  readonly sequence: string
  readonly sendingAt: number | null
  /** The edited body; `null` when it is not edited. */
  readonly body: string | null
}
export interface ReplayEdit {
  readonly event: HrEvent
  readonly original: MessageOriginal
}
/** A dead letter of the ledger to replay unchanged or edited, or to refuse with a code. */
export type PutBack =
  | { readonly seq: number; readonly kind: 'as it was' }
  | ({ readonly seq: number; readonly kind: 'edited' } & ReplayEdit)
  | { readonly seq: number; readonly kind: 'refused'; readonly code: string }

/** The state of an event, looked up by source and id. */
export interface KnownEvent extends EventName {
  readonly seq: number
  readonly employeeId: string
  readonly state: EventState
  readonly revision: number
}
