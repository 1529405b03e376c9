import { withApplicationProperties } from '../wire/sections.ts'
import type { DeadLetter, Properties } from './contract.ts'
import { entriesOf } from './holdings/holdings.ts'
import type { StoredMessage } from './message.ts'
import type { QueueParts } from './parts.ts'
import type { SessionRecord } from './holdings/sessions.ts'

const NO_PROPERTIES: Properties = new Map()

export function makeReady({ holdings, hooks }: QueueParts, message: StoredMessage): void {
  const session = holdings.sessionOf(message)
  if (session === undefined) {
    holdings.ready.add(message)
    hooks.available(undefined)
    return
  }
  session.ready.add(message)
  holdings.sessions?.settled(session)
  hooks.available(session.id)
}

/** Takes the next deliverable message (of the session); what has expired before it is expired. */
export function takeLive(
  parts: QueueParts,
  now: number,
  session: SessionRecord | undefined,
): StoredMessage | undefined {
  const ready = session?.ready ?? parts.holdings.ready
  for (let message = ready.take(); message !== undefined; message = ready.take()) {
    if (message.expiresAt > now) return message
    expire(parts, message, now)
  }
  return undefined
}

/**
 * A message was locked and is not any more: it can be delivered again, or has used up its
 * deliveries or its time. `counts`: whether the delivery counts as failed.
 */
export function giveBack(parts: QueueParts, message: StoredMessage, counts: boolean, now: number): void {
  const { spec, journal } = parts
  if (counts) countDelivery(parts, message)
  journal?.kept(message)
  if (message.state === 'deferred') return
  if (counts && !spec.isDeadLetterQueue && message.deliveryCount >= spec.maxDeliveryCount) {
    const description = `Message could not be consumed after ${spec.maxDeliveryCount} delivery attempts.`
    const letter = { reason: 'MaxDeliveryCountExceeded', description, properties: NO_PROPERTIES }
    deadLetter(parts, message, letter, now)
  } else if (message.expiresAt <= now) {
    expire(parts, message, now)
  } else {
    makeReady(parts, message)
  }
}

/** A delivery has ended without settling the message. A dead-letter queue counts none. */
export function countDelivery({ spec }: QueueParts, message: StoredMessage): void {
  if (!spec.isDeadLetterQueue) message.deliveryCount += 1
}

export function expire(parts: QueueParts, message: StoredMessage, now: number): void {
  const { spec, books, holdings } = parts
  books.add('expired')
  holdings.readyOf(message).remove(message)
  if (!spec.deadLetterOnExpiration) {
    holdings.drop(message)
    return
  }
  const description = 'The message expired and was dead lettered.'
  deadLetter(parts, message, { reason: 'TTLExpiredException', description, properties: NO_PROPERTIES }, now)
}

export function deadLetter(
  { holdings, hooks }: QueueParts,
  message: StoredMessage,
  letter: DeadLetter,
  now: number,
): void {
  holdings.drop(message)
  hooks.deadLettered(message, message.envelope, letter, now)
}

/**
 * Ends a session's lock and gives its messages back in order. `expired`: the lock has run out, so
 * the deliveries count as failed.
 */
export function endSession(parts: QueueParts, session: SessionRecord, expired: boolean, now: number): void {
  const { holdings, hooks } = parts
  const held = entriesOf(session.held)
  for (const message of held) holdings.unlock(message)
  // The session stays locked while they go back, so that no receiver gets it before all of it is
  // there.
  for (const message of held) giveBack(parts, message, expired, now)
  holdings.sessions?.release(session)
  if (expired) hooks.sessionExpired(session.id)
  hooks.available(session.id)
}

export function changeProperties(message: StoredMessage, properties: Properties): void {
  if (properties.size === 0) return
  message.envelope = {
    ...message.envelope,
    bare: withApplicationProperties(message.envelope.bare, properties),
  }
}
