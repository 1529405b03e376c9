import type { Shelf, ShelvedMessage } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import type { ReplayLog } from './replay-log.ts'

export interface NativeReplay {
  /** Names the run in messageIds and properties; at most 64 characters. */
  readonly run: string
  readonly shelf: Shelf
  /** The entity itself, where a copy may still wait: peeked only. */
  readonly entity: Pick<Shelf, 'peek'>
  readonly log: ReplayLog
  /** The body to send instead of the original's; `null` leaves the original's. May throw a RollcallError, and then the message is refused with its code. */
  readonly edit: ((message: ShelvedMessage) => string | null) | null
  /**
   * For a shelf that takes no copies: takes messages into the ledger where they lie, in one commit, under these messageIds. Answers, by sequence,
   * why one was not taken in; one that was before is taken in.
   */
  readonly takeIn: (messages: readonly TakeInPlace[]) => Promise<ReadonlyMap<string, string>>
}
export interface TakeInPlace {
  readonly message: ShelvedMessage
  readonly messageId: string
  readonly text: string | null
}

export interface NativeReplaySettings {
  /** Messages a second, held within 5 %; `null` for as fast as it goes. */
  readonly perSecond: number | null
  /** Copies in one commit and one send at the most. */
  readonly batch: number
  /** Originals are taken off the shelf when so many are sent, and at the end. */
  readonly retireAtOnce: number
  /** How far the clocks of the bus and of this process may be apart. */
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
  /** `paused`: the signal aborted. `held`: everything is sent, and somebody else keeps originals locked. The same call goes on in both cases. */
  readonly kind: 'finished' | 'paused' | 'held'
}

export type ReplayNative = (
  replay: NativeReplay,
  settings: NativeReplaySettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
  signal: AbortSignal,
  onProgress: (progress: NativeProgress) => void,
) => Promise<NativeReplayResult>
