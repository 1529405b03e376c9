import type { Ledger } from '../../ledger/ledger.ts'
import type { DeadLetterQueue } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import type { TakeIn } from '../dead-letters/take-in.ts'

/** What a run needs of the outside. */
export interface CarryOutContext {
  readonly ledger: Pick<
    Ledger,
    | 'listReplayItems'
    | 'moveReplayItems'
    | 'putBackDeadLetters'
    | 'endReplay'
    | 'findCopiesTakenIn'
    | 'recordMessages'
    | 'findDeadLetter'
  >
  /** Opens the queues of a source; `null` when that source is not configured any more. */
  readonly openQueues: (entity: string) => ReplayQueues | null
  readonly takeIn: TakeIn
  readonly settings: CarryOutSettings
  readonly runtime: Pick<Runtime, 'now' | 'sleep'>
}

export interface ReplayQueues {
  readonly deadLetters: DeadLetterQueue
  /**
   * Where a copy may still wait. Only peeked; empty for a queue with sessions, which cannot be
   * peeked as a whole.
   */
  readonly queue: Pick<DeadLetterQueue, 'peek'>
  close(): Promise<void>
}

export interface CarryOutSettings {
  /** Dead letters a second; `null` for no limit. */
  readonly perSecond: number | null
  readonly clockSkewMs: number
  readonly quietMs: number
  readonly maxWaitMs: number
}
