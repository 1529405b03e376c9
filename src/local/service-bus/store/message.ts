import type { Stamp } from '../wire/delivery.ts'
import type { Envelope } from '../wire/message.ts'
import type { Chain, Linked } from './structures/chain.ts'

/** A message as an entity holds it. Only its queue changes it. */
export interface StoredMessage extends Linked<StoredMessage> {
  readonly sequence: number
  envelope: Envelope
  enqueuedAt: number
  /** Epoch milliseconds after which it is expired; Infinity when never. */
  expiresAt: number
  readonly ttlMs: number | undefined
  deliveryCount: number
  state: 'active' | 'deferred' | 'scheduled' | 'gone'
  /** The lock it is under: a number that grows with every lock of the queue; 0 when unlocked. */
  lock: number
  lockedUntil: number
  /** Which ready structure holds it. */
  place: 'none' | 'fresh' | 'returned'
  readonly originalSequence: number | undefined
  readonly deadLetterSource: string | undefined
  /** It waited for the time it was to be enqueued at. */
  readonly wasScheduled: boolean
  /** How many times it was forwarded. */
  readonly hops: number
  chain: Chain<StoredMessage> | undefined
}

/**
 * What a receiver is shown. The lock only inside it; `lockToken` is the token of the message's
 * present lock.
 */
export function stampOf(message: StoredMessage, lockToken?: Buffer): Stamp {
  return {
    sequence: message.sequence,
    enqueuedAt: message.enqueuedAt,
    deliveryCount: message.deliveryCount,
    ttlMs: message.ttlMs,
    lockedUntil: message.lock === 0 ? undefined : message.lockedUntil,
    state: shownState(message),
    lockToken,
    originalSequence: message.originalSequence,
    deadLetterSource: message.deadLetterSource,
  }
}

function shownState({ state, wasScheduled }: StoredMessage): Stamp['state'] {
  if (state === 'deferred' || state === 'scheduled') return state
  return wasScheduled ? 'scheduled' : 'active'
}
