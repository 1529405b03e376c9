import type { EntityStatus } from './config.ts'
import type { Refusal } from './errors.ts'
import type { StoredMessage } from './store/message.ts'
import type { MessageQueue } from './store/queue.ts'
import type { EndOfTurn, Turn } from './turn.ts'
import type { Envelope } from './wire/message.ts'

/** A receiving link, as its entity sees it. */
export interface Consumer {
  /** True: messages are removed as they are handed over (receive and delete). */
  readonly removes: boolean
  /** Whether it can take a message right now: credit, window, a socket that is not backed up. */
  ready(): boolean
  deliver(message: StoredMessage): void
}

/** Something messages can be sent to: a queue or a topic. */
export interface Destination {
  readonly address: string
  /** Takes all messages of one delivery or none of them; the refusal says why none. */
  accept(envelopes: readonly Envelope[], now: number): Refusal | undefined
}

/**
 * A queue, subscription or dead-letter queue with the receivers waiting at it. Receivers take turns, one message each.
 */
export class QueueEntity implements EndOfTurn {
  readonly address: string
  readonly queue: MessageQueue
  readonly requiresSession: boolean
  readonly status: EntityStatus
  /** Undefined for a dead-letter queue itself. */
  readonly deadLetters: QueueEntity | undefined
  /** While true nothing is handed out. */
  stalled = false
  private readonly waiting = new Set<Consumer>()
  private readonly turn: Turn
  private readonly now: () => number

  constructor(
    fields: {
      readonly address: string
      readonly queue: MessageQueue
      readonly requiresSession: boolean
      readonly status: EntityStatus
      readonly deadLetters: QueueEntity | undefined
    },
    turn: Turn,
    now: () => number,
  ) {
    this.address = fields.address
    this.queue = fields.queue
    this.requiresSession = fields.requiresSession
    this.status = fields.status
    this.deadLetters = fields.deadLetters
    this.turn = turn
    this.now = now
  }

  /** The consumer may be able to take messages. */
  offer(consumer: Consumer): void {
    this.waiting.add(consumer)
    this.turn.deliver(this)
  }

  withdraw(consumer: Consumer): void {
    this.waiting.delete(consumer)
  }

  available(): void {
    if (this.waiting.size > 0) this.turn.deliver(this)
  }

  endTurn(): void {
    if (this.stalled) return
    const now = this.now()
    for (const consumer of this.waiting) {
      if (this.queue.readyCount === 0) return
      // Out of the set and, when it can take more, in again at its end: receivers take turns.
      this.waiting.delete(consumer)
      if (!consumer.ready()) continue
      const message = consumer.removes ? this.queue.removeNext(now) : this.queue.lockNext(now)
      this.waiting.add(consumer)
      if (message === undefined) return
      consumer.deliver(message)
    }
  }
}
