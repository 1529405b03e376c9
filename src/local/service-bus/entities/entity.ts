import type { EntityStatus } from '../config.ts'
import type { Refusal } from '../errors.ts'
import type { Consumer } from './consumer.ts'
import { SessionDesk } from './session-desk.ts'
import type { MessageQueue } from '../store/queue.ts'
import type { EndOfTurn, Turn } from '../turn.ts'
import type { Envelope } from '../wire/message.ts'

/** Something messages can be sent to: a queue or a topic. */
export interface Destination {
  readonly address: string
  readonly status: EntityStatus
  /** Largest message and largest batch, in bytes. */
  readonly maxMessageBytes: number
  /** Takes all messages of one delivery or none of them; the refusal says why none. */
  accept(envelopes: readonly Envelope[], now: number): Refusal | undefined
  /** Accepts one message to be enqueued later; returns its sequence number, or why not. */
  schedule(envelope: Envelope, now: number): number | Refusal
  /** Cancels all or none; false when any of the messages is not scheduled. */
  cancelScheduled(sequences: readonly number[]): boolean
}

/**
 * A queue, subscription or dead-letter queue with the receivers waiting at it. Receivers take
 * turns, one message each.
 */
export class QueueEntity implements EndOfTurn {
  readonly address: string
  readonly queue: MessageQueue
  status: EntityStatus
  /** Undefined for a dead-letter queue itself. */
  readonly deadLetters: QueueEntity | undefined
  /** Undefined unless the entity requires sessions. */
  readonly desk: SessionDesk | undefined
  private stalled = false
  private readonly waiting = new Set<Consumer>()
  private readonly turn: Turn
  private readonly now: () => number

  constructor(
    fields: {
      readonly address: string
      readonly queue: MessageQueue
      readonly status: EntityStatus
      readonly deadLetters: QueueEntity | undefined
    },
    turn: Turn,
    now: () => number,
  ) {
    this.address = fields.address
    this.queue = fields.queue
    this.status = fields.status
    this.deadLetters = fields.deadLetters
    this.turn = turn
    this.now = now
    const { sessions } = fields.queue
    this.desk = sessions === undefined ? undefined : new SessionDesk(fields.queue, sessions, turn, now)
  }

  /** While stalled nothing is handed out and no session is granted. */
  stall(on: boolean): void {
    this.stalled = on
    this.desk?.stall(on)
    if (!on) this.turn.deliver(this)
  }

  offer(consumer: Consumer): void {
    this.waiting.add(consumer)
    this.turn.deliver(this)
  }

  withdraw(consumer: Consumer): void {
    this.waiting.delete(consumer)
  }

  /** A message has become deliverable, or a session free. */
  available(sessionId: string | undefined): void {
    if (sessionId !== undefined) this.desk?.available(sessionId)
    else if (this.waiting.size > 0) this.turn.deliver(this)
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
