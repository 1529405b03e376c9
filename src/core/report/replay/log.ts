import type { NativeMove, NativeStage } from '../../ledger/port/replays.ts'

/** What a replay of native dead letters keeps of itself, so that a crash at any moment loses nothing and doubles nothing. */

/** One message of a frozen selection. */
export interface NativeItem {
  readonly sequence: string
  /** When it first went to `sending`; `null` before. */
  readonly sendingAt: number | null
}
/** The frozen selection of one run on one shelf. One process at a time works on it. */
export interface ReplayLog {
  /** Up to `limit` items of this stage, in the order they were frozen: ascending sequence numbers. */
  items(stage: NativeStage, limit: number): Promise<readonly NativeItem[]>
  /**
   * One commit for all of them; durable when it resolves. A first move to `sending` keeps `at` as the item's `sendingAt`, a later one leaves it.
   * When it rejects, either all of them took place or none.
   */
  move(moves: readonly NativeMove[], at: number): Promise<void>
  /** Of these messageIds, those of messages that intake has committed, whatever became of them. */
  takenIn(messageIds: readonly string[]): Promise<ReadonlySet<string>>
}

/** The messageId of the copy of a message: the same at every try. A run's name has at most 64 characters, so it fits the bus's 128. */
export function copyId(run: string, sequence: string): string {
  return `replay-${run}-${sequence}`
}

/** Properties of a copy: the run it belongs to, and the message it stands for, as `<entity>#<sequence>`. */
export const REPLAY_RUN = 'rollcall-replay'
export const REPLAY_OF = 'rollcall-replay-of'
