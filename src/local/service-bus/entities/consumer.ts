import type { Refusal } from '../errors.ts'
import type { Fate } from '../faults.ts'
import type { Outcome, Settlement } from '../store/contract.ts'
import type { StoredMessage } from '../store/message.ts'
import type { MessageQueue } from '../store/queue.ts'

/** A receiving link, as its source sees it. */
export interface Consumer {
  /** True: messages are removed as they are handed over (receive and delete). */
  readonly removes: boolean
  /** Whether it can take a message right now: credit, window, a socket that is not backed up. */
  ready(): boolean
  deliver(message: StoredMessage): void
}

/** Where a receiving link has its messages from: an entity, or one session of it. */
export interface MessageSource {
  readonly queue: MessageQueue
  readonly isEmpty: boolean
  /** The consumer may be able to take messages. */
  offer(consumer: Consumer): void
  withdraw(consumer: Consumer): void
  settle(token: Buffer, outcome: Outcome, now: number): Settlement
  /** What happens to the answer to a settlement. */
  fate(): Fate
  /** The answer to 'lock-lost'. */
  readonly lostRefusal: Refusal
  /** The link is gone and this lock was still held on it. */
  orphaned(token: Buffer, now: number): void
  /** The link is gone. */
  closed(consumer: Consumer): void
}
