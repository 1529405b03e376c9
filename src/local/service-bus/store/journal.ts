import type { Envelope } from '../wire/message.ts'
import type { StoredMessage } from './message.ts'

/**
 * Where a queue writes down what has changed, so that a broker started anew has it again. Nothing
 * is durable before the turn ends.
 */
export interface Journal {
  /** A message is new, or its envelope, state or delivery count has changed. */
  kept(message: StoredMessage): void
  dropped(sequence: number): void
  sessionState(sessionId: string, state: Buffer | undefined, changedAt: number): void
  seen(messageId: string, until: number): void
  /** Numbers that outlive the messages they count. */
  tallied(tally: Tally): void
}

export interface Tally {
  readonly nextSequence: number
  readonly incoming: number
  readonly completed: number
  readonly duplicates: number
  readonly expired: number
}

/** A message as it was written down. Locks are not: they end with the broker. */
export interface SavedMessage {
  readonly sequence: number
  readonly envelope: Envelope
  readonly enqueuedAt: number
  readonly expiresAt: number
  readonly ttlMs: number | undefined
  readonly deliveryCount: number
  readonly state: 'active' | 'deferred' | 'scheduled'
  readonly originalSequence: number | undefined
  readonly deadLetterSource: string | undefined
  readonly hops: number
  readonly wasScheduled: boolean
}

export interface SavedQueue {
  readonly tally: Tally | undefined
  readonly messages: Iterable<SavedMessage>
  readonly sessionStates: Iterable<{
    readonly sessionId: string
    readonly state: Buffer
    readonly changedAt: number
  }>
  readonly seen: Iterable<{ readonly messageId: string; readonly until: number }>
}
