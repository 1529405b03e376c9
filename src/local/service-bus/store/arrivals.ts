import type { Envelope } from '../wire/message.ts'
import { type Arrival, DIRECT_ARRIVAL } from './contract.ts'
import { UNPLACED } from './holdings/holdings.ts'
import type { SavedQueue } from './journal.ts'
import type { StoredMessage } from './message.ts'
import type { QueueParts } from './parts.ts'
import { makeReady } from './returns.ts'
import { partitionOf } from './sequence-number.ts'

/**
 * Stores a message and returns its sequence number; undefined for a duplicate, which counts as
 * accepted and is dropped.
 */
export function enqueue(
  parts: QueueParts,
  envelope: Envelope,
  now: number,
  arrival: Arrival = DIRECT_ARRIVAL,
): number | undefined {
  const { duplicateWindow, books, holdings, journal } = parts
  if (duplicateWindow !== undefined && envelope.messageId !== '') {
    const until = duplicateWindow.note(envelope.messageId, now)
    if (until === undefined) {
      books.add('duplicates')
      return undefined
    }
    journal?.seen(envelope.messageId, until)
  }
  books.add('incoming')
  if (envelope.scheduledAt === undefined || envelope.scheduledAt <= now)
    return admit(parts, envelope, now, arrival)
  const message = store(parts, envelope, now, arrival)
  message.state = 'scheduled'
  holdings.scheduled += 1
  holdings.timeline.waits(message)
  journal?.kept(message)
  return message.sequence
}

/** The message is due: it can be delivered, or goes on to where this entity passes messages. */
function admit(parts: QueueParts, envelope: Envelope, now: number, arrival: Arrival): number {
  const { hooks, books, journal } = parts
  if (hooks.pass === undefined) {
    const message = store(parts, envelope, now, arrival)
    journal?.kept(message)
    makeReady(parts, message)
    return message.sequence
  }
  const sequence = books.sequence(undefined, choosePartition(parts, envelope))
  hooks.pass({ envelope, sequence, arrival }, now)
  return sequence
}

function store(parts: QueueParts, envelope: Envelope, now: number, arrival: Arrival): StoredMessage {
  const { spec, books, holdings } = parts
  const sequence = books.sequence(arrival.sequence, choosePartition(parts, envelope))
  const ttlMs = spec.isDeadLetterQueue ? Infinity : Math.min(envelope.ttlMs ?? Infinity, spec.defaultTtlMs)
  const message: StoredMessage = {
    sequence,
    envelope,
    enqueuedAt: arrival.enqueuedAt ?? now,
    expiresAt: Math.max(now, envelope.scheduledAt ?? now) + ttlMs,
    ttlMs: Number.isFinite(ttlMs) ? ttlMs : undefined,
    deliveryCount: arrival.deliveryCount,
    originalSequence: arrival.originalSequence,
    deadLetterSource: arrival.deadLetterSource,
    hops: arrival.hops,
    wasScheduled: arrival.wasScheduled,
    ...UNPLACED,
  }
  holdings.hold(message)
  return message
}

function choosePartition({ spec, duplicateWindow, books }: QueueParts, envelope: Envelope): number {
  if (!spec.partitioned) return 0
  return partitionOf(envelope, duplicateWindow !== undefined, books.figures.nextSequence)
}

/**
 * A scheduled message becomes part of the queue as if sent at this instant, under a new sequence
 * number [documented].
 */
export function activate(parts: QueueParts, message: StoredMessage, now: number): void {
  parts.holdings.drop(message)
  const { hops, originalSequence, deadLetterSource, deliveryCount } = message
  admit(parts, message.envelope, now, {
    hops,
    originalSequence,
    deadLetterSource,
    deliveryCount,
    sequence: undefined,
    enqueuedAt: now,
    wasScheduled: true,
  })
}

/** Passes on what is deliverable now, where messages are passed on. */
export function passOn({ hooks, holdings }: QueueParts, now: number): void {
  if (hooks.pass === undefined) return
  for (const message of holdings.peek(0, Infinity, ({ place }) => place !== 'none')) {
    holdings.readyOf(message).remove(message)
    holdings.drop(message)
    const { sequence, envelope, hops, originalSequence, deadLetterSource, deliveryCount } = message
    const arrival = {
      hops,
      originalSequence,
      deadLetterSource,
      deliveryCount,
      sequence: undefined,
      enqueuedAt: undefined,
      wasScheduled: message.wasScheduled,
    }
    hooks.pass({ envelope, sequence, arrival }, now)
  }
}

/** Takes in what an earlier broker wrote down. What was locked then is deliverable now. */
export function restore(parts: QueueParts, saved: SavedQueue): void {
  const { books, duplicateWindow, holdings } = parts
  if (saved.tally !== undefined) books.restore(saved.tally)
  for (const { messageId, until } of saved.seen) duplicateWindow?.restore(messageId, until)
  for (const { sessionId, state, changedAt } of saved.sessionStates) {
    const session = holdings.sessions?.ensure(sessionId)
    if (session !== undefined) Object.assign(session, { state, stateChangedAt: changedAt })
  }
  for (const entry of saved.messages) {
    const message: StoredMessage = { ...entry, ...UNPLACED, state: entry.state }
    books.sequence(message.sequence)
    holdings.hold(message)
    if (message.state === 'deferred') holdings.deferred += 1
    else if (message.state === 'scheduled') {
      holdings.scheduled += 1
      holdings.timeline.waits(message)
    } else makeReady(parts, message)
  }
}
