import type { DeadLetterQueue, PeekedMessage } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import type { NativeMove, NativeStage } from '../../ledger/port/replays.ts'
import type { NativeItem, ReplayLog } from './log.ts'
import type { Pacer } from './pace.ts'

export interface NativeReplay {
  /**
   * Names the run in message ids and properties; at most 64 characters. It differs from queue to
   * queue, because sequence numbers are unique only to a queue and the ledger is asked for message
   * ids over all of them.
   */
  readonly run: string
  readonly deadLetters: DeadLetterQueue
  /** The queue that copies are sent to, and where one may still wait. Only peeked. */
  readonly queue: Pick<DeadLetterQueue, 'peek'>
  readonly log: ReplayLog
  /**
   * The body to send instead of the original's; `null` leaves it. May throw a RollcallError, which
   * refuses the message with its code.
   */
  readonly edit: (message: PeekedMessage) => string | null
  /**
   * For a dead-letter queue that takes no copies: takes these messages into the ledger under these
   * message ids, in one commit. Answers the code of each that was refused, by sequence number. A
   * message that was taken in before counts as taken in.
   */
  readonly takeIn: (messages: readonly TakeInPlace[]) => Promise<ReadonlyMap<string, string>>
}
export interface TakeInPlace {
  readonly message: PeekedMessage
  readonly messageId: string
  readonly text: string | null
}

export interface NativeReplaySettings {
  /** Messages a second, held within 5 %; `null` for no limit. */
  readonly perSecond: number | null
  /** The most copies in one commit and one send. */
  readonly batch: number
  /** Originals are removed from their queue each time this many copies are sent, and at the end. */
  readonly removeAtOnce: number
  /** The largest difference between the clocks of the bus and of this process. */
  readonly skewMs: number
  /** How long a send that was cut off may still arrive at the bus. */
  readonly inFlightMs: number
}

export interface NativeProgress {
  readonly sent: number
  readonly done: number
  readonly gone: number
  readonly refused: number
}
export type NativeReplayResult = NativeProgress & {
  /**
   * `paused`: the signal aborted. `held`: every copy is sent, and another process holds originals
   * locked. The same call continues in both cases.
   */
  readonly kind: 'finished' | 'paused' | 'held'
}

export interface NativeReplayControl {
  readonly runtime: Pick<Runtime, 'now' | 'sleep'>
  /** Pauses the replay after the batch that is being sent. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: NativeProgress) => void
}

/** A replay while it runs. */
export interface NativeRun extends NativeReplay, NativeReplayControl {
  readonly settings: NativeReplaySettings
  readonly pace: Pacer
  progress: NativeProgress
  /** Sequence numbers of originals that another process holds locked. */
  readonly held: Set<string>
}

/** Writes moves down, and only then counts them. */
export async function recordMoves(run: NativeRun, moves: readonly NativeMove[]): Promise<void> {
  if (moves.length === 0) return
  await run.log.move(moves, run.runtime.now())
  const count = (stage: NativeStage): number => moves.filter((move) => move.stage === stage).length
  const { sent, done, gone, refused } = run.progress
  run.progress = {
    sent: sent + count('sent'),
    done: done + count('done'),
    gone: gone + count('gone'),
    refused: refused + count('refused'),
  }
  run.onProgress(run.progress)
}

export function sequencesOf(items: readonly NativeItem[]): string[] {
  return items.map(({ sequence }) => sequence)
}

/** `sent`, or `refused` when there is a code. */
export function sentOrRefused(sequence: string, code: string | null = null): NativeMove {
  return { sequence, stage: code === null ? 'sent' : 'refused', code }
}
