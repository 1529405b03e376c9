import type { Stamp } from '../wire/delivery.ts'
import type { Envelope } from '../wire/message.ts'
import type { Chain, Linked } from './chain.ts'

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
  /** How many times it was forwarded. */
  readonly hops: number
  chain: Chain<StoredMessage> | undefined
}

/** What a receiver is shown. `lockedUntil` only inside a lock. */
export function stampOf(message: StoredMessage): Stamp {
  return {
    sequence: message.sequence,
    enqueuedAt: message.enqueuedAt,
    deliveryCount: message.deliveryCount,
    ttlMs: message.ttlMs,
    lockedUntil: message.lock === 0 ? undefined : message.lockedUntil,
    state: message.state === 'gone' ? 'active' : message.state,
    originalSequence: message.originalSequence,
    deadLetterSource: message.deadLetterSource,
  }
}
