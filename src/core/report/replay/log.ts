import type { NativeMove, NativeStage, ReplayRun } from '../../ledger/port/replays.ts'

/**
 * What a replay of native dead letters writes down, so that a crash at any moment neither loses nor
 * doubles a message.
 */

/** One message of a frozen selection. */
export interface NativeItem {
  readonly sequence: string
  /** When it first became `sending`; `null` before that. */
  readonly sendingAt: number | null
}

/** The frozen selection of one run on one dead-letter queue. One process at a time works on it. */
export interface ReplayLog {
  /** Up to `limit` items of this stage, in ascending order of their sequence numbers. */
  items(stage: NativeStage, limit: number): Promise<readonly NativeItem[]>
  /**
   * Makes all moves in one commit, which is durable when this resolves; when it rejects, either all
   * of them were made or none. The first move to `sending` sets the item's `sendingAt` to `at`; a
   * later one leaves it.
   */
  move(moves: readonly NativeMove[], at: number): Promise<void>
  /**
   * Of these message ids, those of messages that intake has committed, whatever happened to their
   * events.
   */
  takenIn(messageIds: readonly string[]): Promise<ReadonlySet<string>>
}

/**
 * The message id of the copy of a message: the same at every attempt. The name of a run has at most
 * 64 characters, so that it fits into the 128 that the bus allows.
 */
export function copyId(run: string, sequence: string): string {
  return `replay-${run}-${sequence}`
}

/** The name of a run on one of its queues, because sequence numbers are unique only to a queue. */
export function nameOnQueue(
  { name, entities }: Pick<ReplayRun, 'name' | 'entities'>,
  entity: string,
): string {
  return `${name}.${entities.indexOf(entity)}`
}

/** Properties of a copy: its run, and its original as `<entity>#<sequence>`. */
export const REPLAY_RUN = 'rollcall-replay'
export const REPLAY_OF = 'rollcall-replay-of'
