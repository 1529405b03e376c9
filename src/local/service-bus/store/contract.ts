import type { Typed } from '../amqp/rhea-types.ts'
import type { Envelope } from '../wire/message.ts'
import type { StoredMessage } from './message.ts'

export interface QueueSpec {
  readonly address: string
  readonly lockDurationMs: number
  readonly maxDeliveryCount: number
  readonly duplicateWindowMs: number | undefined
  readonly defaultTtlMs: number
  readonly deadLetterOnExpiration: boolean
  /**
   * A dead-letter queue: nothing expires, nothing is dead-lettered again, no delivery is counted
   * out.
   */
  readonly isDeadLetterQueue: boolean
  /** Every message belongs to a session, and only a session's holder receives its messages. */
  readonly requiresSession: boolean
  /**
   * Its messages are numbered in partitions, and come in the order of these numbers, which is not
   * that of their arrival.
   */
  readonly partitioned: boolean
}

/** What an update of the entity may change. */
export type ChangeableSpec = Pick<
  QueueSpec,
  'lockDurationMs' | 'maxDeliveryCount' | 'duplicateWindowMs' | 'defaultTtlMs' | 'deadLetterOnExpiration'
>

export type Properties = ReadonlyMap<string, Typed>

export interface DeadLetter {
  readonly reason: string | undefined
  readonly description: string | undefined
  readonly properties: Properties
}

export type Outcome =
  | { readonly kind: 'complete' }
  /** `counts`: whether the delivery counts as failed. */
  | { readonly kind: 'abandon'; readonly properties: Properties; readonly counts: boolean }
  | { readonly kind: 'defer'; readonly properties: Properties }
  | ({ readonly kind: 'deadLetter' } & DeadLetter)

export type Settlement = 'settled' | 'lock-lost' | 'not-allowed'

/** A message that passes through an entity that keeps none: a topic, or a queue that forwards. */
export interface Passing {
  readonly envelope: Envelope
  /** The sequence number it got here. */
  readonly sequence: number
  readonly arrival: Arrival
}

export interface QueueHooks {
  /** When given, messages due now are passed on instead of kept. */
  pass?: (passing: Passing, now: number) => void
  /**
   * A message has become deliverable, or a session has become free; with the session when the queue
   * has sessions.
   */
  available(sessionId: string | undefined): void
  /** The lock of a session has run out. */
  sessionExpired(sessionId: string): void
  /** The message has left this queue for its dead-letter queue. */
  deadLettered(message: StoredMessage, envelope: Envelope, letter: DeadLetter, now: number): void
}

/** What a message is stored with, besides its envelope. */
export interface Arrival {
  readonly hops: number
  readonly originalSequence: number | undefined
  readonly deadLetterSource: string | undefined
  readonly deliveryCount: number
  /** Keep this sequence number instead of taking the next one. */
  readonly sequence: number | undefined
  readonly enqueuedAt: number | undefined
  /** It waited for the time it was to be enqueued at. */
  readonly wasScheduled: boolean
}

export const DIRECT_ARRIVAL: Arrival = {
  hops: 0,
  originalSequence: undefined,
  deadLetterSource: undefined,
  deliveryCount: 0,
  sequence: undefined,
  enqueuedAt: undefined,
  wasScheduled: false,
}

export interface QueueCounts {
  readonly active: number
  readonly locked: number
  readonly scheduled: number
  readonly deferred: number
  readonly incoming: number
  readonly completed: number
  readonly duplicates: number
  readonly expired: number
}
