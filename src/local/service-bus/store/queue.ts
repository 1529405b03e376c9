import { type Envelope, withApplicationProperties } from '../wire/message.ts'
import { Books } from './books.ts'
import {
  type Arrival,
  type ChangeableSpec,
  type DeadLetter,
  DIRECT_ARRIVAL,
  type Outcome,
  type Properties,
  type QueueCounts,
  type QueueHooks,
  type QueueSpec,
  type Settlement,
} from './contract.ts'
import { DuplicateWindow } from './duplicates.ts'
import { entriesOf, Holdings, UNPLACED } from './holdings.ts'
import type { Journal, SavedQueue } from './journal.ts'
import { type LockReference, LockTokens } from './lock-token.ts'
import type { StoredMessage } from './message.ts'
import { partitionOf } from './sequence-number.ts'
import type { SessionGrant, SessionRecord, SessionTable } from './sessions.ts'

const NO_PROPERTIES: Properties = new Map()

/**
 * One queue, subscription or dead-letter queue: what it holds, under which lock, and what may
 * happen to it next. It reads no clock; every method that depends on time takes `now` in epoch
 * milliseconds.
 */
export class MessageQueue {
  private currentSpec: QueueSpec
  readonly tokens = new LockTokens()
  /** Undefined unless the queue requires sessions. */
  readonly sessions: SessionTable | undefined
  private readonly holdings: Holdings
  private readonly hooks: QueueHooks
  private readonly journal: Journal | undefined
  private readonly duplicateWindow: DuplicateWindow | undefined
  private readonly books: Books

  constructor(spec: QueueSpec, hooks: QueueHooks, journal?: Journal) {
    this.currentSpec = spec
    this.hooks = hooks
    this.journal = journal
    this.books = new Books(journal)
    this.holdings = new Holdings(spec.lockDurationMs, spec.requiresSession, journal)
    this.sessions = this.holdings.sessions
    this.duplicateWindow =
      spec.duplicateWindowMs === undefined ? undefined : new DuplicateWindow(spec.duplicateWindowMs)
  }

  get spec(): QueueSpec {
    return this.currentSpec
  }

  /**
   * Changes what may change in an entity's life. Messages and locks that are there keep the times
   * they were given. Sessions, partitions and whether duplicates are looked for stay as they are.
   */
  changeSpec(spec: ChangeableSpec): void {
    this.currentSpec = { ...this.currentSpec, ...spec }
    this.holdings.changeLockDuration(spec.lockDurationMs)
    if (spec.duplicateWindowMs !== undefined) this.duplicateWindow?.changeLength(spec.duplicateWindowMs)
  }

  /** Passes on what is deliverable now, where messages are passed on. */
  passOn(now: number): void {
    if (this.hooks.pass === undefined) return
    for (const message of this.holdings.peek(0, Infinity, ({ place }) => place !== 'none')) {
      this.holdings.readyOf(message).remove(message)
      this.holdings.drop(message)
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
      this.hooks.pass({ envelope, sequence, arrival }, now)
    }
  }

  /**
   * Stores a message and returns its sequence number; undefined for a duplicate, which counts as
   * accepted and is dropped.
   */
  enqueue(envelope: Envelope, now: number, arrival: Arrival = DIRECT_ARRIVAL): number | undefined {
    if (this.duplicateWindow !== undefined && envelope.messageId !== '') {
      const until = this.duplicateWindow.note(envelope.messageId, now)
      if (until === undefined) {
        this.books.add('duplicates')
        return undefined
      }
      this.journal?.seen(envelope.messageId, until)
    }
    this.books.add('incoming')
    if (envelope.scheduledAt === undefined || envelope.scheduledAt <= now)
      return this.admit(envelope, now, arrival)
    const message = this.store(envelope, now, arrival)
    message.state = 'scheduled'
    this.holdings.scheduled += 1
    this.holdings.timeline.waits(message)
    this.journal?.kept(message)
    return message.sequence
  }

  /**
   * Takes the next deliverable message (of the session) and locks it; undefined when there is none.
   */
  lockNext(now: number, session?: SessionRecord): StoredMessage | undefined {
    const message = this.nextLive(now, session)
    if (message !== undefined) this.holdings.lock(message, now)
    return message
  }

  /**
   * Takes the next deliverable message (of the session) and removes it; undefined when there is
   * none.
   */
  removeNext(now: number, session?: SessionRecord): StoredMessage | undefined {
    const message = this.nextLive(now, session)
    if (message !== undefined) {
      this.books.add('completed')
      this.holdings.drop(message)
    }
    return message
  }

  /**
   * Up to `count` messages from sequence number `from` on, in every state, without locking them.
   */
  peek(
    from: number,
    count: number,
    accept: (message: StoredMessage) => boolean = () => true,
  ): StoredMessage[] {
    return this.holdings.peek(from, count, accept)
  }

  /** Bytes of all messages held, as their senders encoded them. */
  get bytes(): number {
    return this.holdings.bytes
  }

  /** Deliverable messages outside sessions. */
  get readyCount(): number {
    return this.holdings.ready.size
  }

  /**
   * Ends a session's lock. Messages still held go back in order; only a lock that ran out counts as
   * a failed delivery [documented].
   */
  releaseSession(grant: SessionGrant, now: number): void {
    const session = this.sessions?.get(grant.sessionId)
    if (session !== undefined && session.lock === grant.lock) this.endSession(session, false, now)
  }

  setSessionState(session: SessionRecord, state: Buffer | undefined, now: number): void {
    session.state = state
    session.stateChangedAt = now
    this.journal?.sessionState(session.id, state, now)
  }

  /** Ends a lock as its holder wishes. 'lock-lost' when the lock is not, or no longer, held. */
  settle(reference: LockReference | undefined, outcome: Outcome, now: number): Settlement {
    const message = this.holdings.held(reference, now)
    if (message === undefined) return 'lock-lost'
    switch (outcome.kind) {
      case 'complete':
        this.holdings.unlock(message)
        this.books.add('completed')
        this.holdings.drop(message)
        return 'settled'
      case 'abandon':
        this.holdings.unlock(message)
        this.change(message, outcome.properties)
        this.giveBack(message, outcome.counts, now)
        return 'settled'
      case 'defer':
        this.holdings.unlock(message)
        this.change(message, outcome.properties)
        this.countDelivery(message)
        if (message.state !== 'deferred') this.holdings.deferred += 1
        message.state = 'deferred'
        this.journal?.kept(message)
        return 'settled'
      case 'deadLetter':
        if (this.spec.isDeadLetterQueue) return 'not-allowed'
        this.holdings.unlock(message)
        this.deadLetter(message, outcome, now)
        return 'settled'
      default:
        return outcome satisfies never
    }
  }

  /**
   * Prolongs a lock by the lock duration from `now`; returns its new end, or undefined when it is
   * lost.
   */
  renew(reference: LockReference | undefined, now: number): number | undefined {
    const message = this.holdings.held(reference, now)
    if (message === undefined) return undefined
    // In a session there is one lock for all its messages, and that is renewed.
    if (this.holdings.sessionOf(message) !== undefined) return undefined
    return this.holdings.renew(message, now)
  }

  /**
   * Locks (or with `remove`, takes out) the deferred messages named; undefined when one of them is
   * not there, and then nothing changes.
   */
  takeDeferred(
    sequences: readonly number[],
    remove: boolean,
    now: number,
    sessionId?: string,
  ): StoredMessage[] | undefined {
    const messages: StoredMessage[] = []
    for (const sequence of sequences) {
      const message = this.holdings.index.get(sequence)
      if (message === undefined || message.state !== 'deferred' || message.lock !== 0) return undefined
      if (this.sessions !== undefined && message.envelope.sessionId !== sessionId) return undefined
      messages.push(message)
    }
    for (const message of messages) {
      if (remove) {
        this.books.add('completed')
        this.holdings.drop(message)
      } else {
        this.holdings.lock(message, now)
      }
    }
    return messages
  }

  /**
   * Takes scheduled messages back; false when one of them is not scheduled (any more), and then
   * nothing changes.
   */
  cancelScheduled(sequences: readonly number[]): boolean {
    const messages = sequences.map((sequence) => this.holdings.index.get(sequence))
    if (!messages.every((message) => message?.state === 'scheduled')) return false
    for (const message of messages) if (message !== undefined) this.holdings.drop(message)
    return true
  }

  /**
   * Deletes up to `count` deliverable messages that were enqueued before `before`, oldest first;
   * returns how many.
   */
  deleteReady(count: number, before: number, session?: SessionRecord): number {
    const ready = session?.ready ?? this.holdings.ready
    let deleted = 0
    while (deleted < count) {
      const message = ready.peek()
      if (message === undefined || message.enqueuedAt > before) break
      ready.remove(message)
      this.holdings.drop(message)
      deleted += 1
    }
    return deleted
  }

  /**
   * Does what time alone brings: ends locks, activates scheduled messages, expires what has
   * outlived its time to live.
   */
  sweep(now: number): void {
    for (
      let first = this.holdings.locked.first;
      first !== undefined && first.lockedUntil <= now;
      first = this.holdings.locked.first
    ) {
      this.holdings.unlock(first)
      this.giveBack(first, true, now)
    }
    this.endOverdueSessions(now)
    for (
      let due = this.holdings.timeline.takeDue(now);
      due !== undefined;
      due = this.holdings.timeline.takeDue(now)
    )
      this.activate(due, now)
    for (
      let over = this.holdings.timeline.takeExpired(now);
      over !== undefined;
      over = this.holdings.timeline.takeExpired(now)
    ) {
      // Locked and deferred messages are left alone; a lock that ends looks at the time to live
      // itself.
      if (over.place !== 'none') this.expire(over, now)
    }
  }

  /** Frees the sessions whose lock has run out; what was held goes back as a failed delivery. */
  endOverdueSessions(now: number, until = now): void {
    for (const session of this.sessions?.overdue(until) ?? []) this.endSession(session, true, now)
  }

  /** Ends every lock at once, as if its time were up. */
  expireLocks(now: number): void {
    for (const message of entriesOf(this.holdings.locked)) {
      this.holdings.unlock(message)
      this.giveBack(message, true, now)
    }
    this.endOverdueSessions(now, Infinity)
  }

  /**
   * Takes in what an earlier broker wrote down. Call it once, before anything else. What was locked
   * then is deliverable now.
   */
  restore(saved: SavedQueue): void {
    if (saved.tally !== undefined) this.books.restore(saved.tally)
    for (const { messageId, until } of saved.seen) this.duplicateWindow?.restore(messageId, until)
    for (const { sessionId, state, changedAt } of saved.sessionStates) {
      const session = this.sessions?.ensure(sessionId)
      if (session !== undefined) Object.assign(session, { state, stateChangedAt: changedAt })
    }
    for (const entry of saved.messages) {
      const message: StoredMessage = { ...entry, ...UNPLACED, state: entry.state }
      this.books.sequence(message.sequence)
      this.holdings.hold(message)
      if (message.state === 'deferred') this.holdings.deferred += 1
      else if (message.state === 'scheduled') {
        this.holdings.scheduled += 1
        this.holdings.timeline.waits(message)
      } else this.makeReady(message)
    }
  }

  counts(): QueueCounts {
    const { incoming, completed, duplicates, expired } = this.books.figures
    return { ...this.holdings.counts(), incoming, completed, duplicates, expired }
  }

  /** The message is due: it can be delivered, or goes on to where this entity passes messages. */
  private admit(envelope: Envelope, now: number, arrival: Arrival): number {
    if (this.hooks.pass === undefined) {
      const message = this.store(envelope, now, arrival)
      this.journal?.kept(message)
      this.makeReady(message)
      return message.sequence
    }
    const sequence = this.books.sequence(undefined, this.partitionOf(envelope))
    this.hooks.pass({ envelope, sequence, arrival }, now)
    return sequence
  }

  private store(envelope: Envelope, now: number, arrival: Arrival): StoredMessage {
    const sequence = this.books.sequence(arrival.sequence, this.partitionOf(envelope))
    const enqueuedAt = arrival.enqueuedAt ?? now
    const ttlMs = this.spec.isDeadLetterQueue
      ? Infinity
      : Math.min(envelope.ttlMs ?? Infinity, this.spec.defaultTtlMs)
    const message: StoredMessage = {
      sequence,
      envelope,
      enqueuedAt,
      expiresAt: Math.max(now, envelope.scheduledAt ?? now) + ttlMs,
      ttlMs: Number.isFinite(ttlMs) ? ttlMs : undefined,
      deliveryCount: arrival.deliveryCount,
      originalSequence: arrival.originalSequence,
      deadLetterSource: arrival.deadLetterSource,
      hops: arrival.hops,
      wasScheduled: arrival.wasScheduled,
      ...UNPLACED,
    }
    this.holdings.hold(message)
    return message
  }

  private partitionOf(envelope: Envelope): number {
    if (!this.spec.partitioned) return 0
    return partitionOf(envelope, this.duplicateWindow !== undefined, this.books.figures.nextSequence)
  }

  private makeReady(message: StoredMessage): void {
    const session = this.holdings.sessionOf(message)
    if (session === undefined) {
      this.holdings.ready.add(message)
      this.hooks.available(undefined)
      return
    }
    session.ready.add(message)
    this.sessions?.settled(session)
    this.hooks.available(session.id)
  }

  private nextLive(now: number, session: SessionRecord | undefined): StoredMessage | undefined {
    const ready = session?.ready ?? this.holdings.ready
    for (let message = ready.take(); message !== undefined; message = ready.take()) {
      if (message.expiresAt > now) return message
      this.expire(message, now)
    }
    return undefined
  }

  private endSession(session: SessionRecord, expired: boolean, now: number): void {
    const held = entriesOf(session.held)
    for (const message of held) this.holdings.unlock(message)
    // The session stays locked while they go back, so that no receiver gets it before all of it is
    // there.
    for (const message of held) this.giveBack(message, expired, now)
    this.sessions?.release(session)
    if (expired) this.hooks.sessionExpired(session.id)
    this.hooks.available(session.id)
  }

  /**
   * The message was locked and is not any more: it can be delivered again, or has used up its
   * deliveries or its time.
   */
  private giveBack(message: StoredMessage, counts: boolean, now: number): void {
    if (counts) this.countDelivery(message)
    this.journal?.kept(message)
    if (message.state === 'deferred') return
    if (counts && !this.spec.isDeadLetterQueue && message.deliveryCount >= this.spec.maxDeliveryCount) {
      const description = `Message could not be consumed after ${this.spec.maxDeliveryCount} delivery attempts.`
      this.deadLetter(
        message,
        { reason: 'MaxDeliveryCountExceeded', description, properties: NO_PROPERTIES },
        now,
      )
    } else if (message.expiresAt <= now) {
      this.expire(message, now)
    } else {
      this.makeReady(message)
    }
  }

  /** A delivery has ended without the message being done with. A dead-letter queue counts none. */
  private countDelivery(message: StoredMessage): void {
    if (!this.spec.isDeadLetterQueue) message.deliveryCount += 1
  }

  private expire(message: StoredMessage, now: number): void {
    this.books.add('expired')
    const ready = this.holdings.readyOf(message)
    ready.remove(message)
    if (!this.spec.deadLetterOnExpiration) {
      this.holdings.drop(message)
      return
    }
    const description = 'The message expired and was dead lettered.'
    this.deadLetter(message, { reason: 'TTLExpiredException', description, properties: NO_PROPERTIES }, now)
  }

  private deadLetter(message: StoredMessage, letter: DeadLetter, now: number): void {
    this.holdings.drop(message)
    this.hooks.deadLettered(message, message.envelope, letter, now)
  }

  /**
   * A scheduled message becomes part of the queue as if sent at this instant, under a new sequence
   * number [documented].
   */
  private activate(message: StoredMessage, now: number): void {
    this.holdings.drop(message)
    const { hops, originalSequence, deadLetterSource, deliveryCount } = message
    this.admit(message.envelope, now, {
      hops,
      originalSequence,
      deadLetterSource,
      deliveryCount,
      sequence: undefined,
      enqueuedAt: now,
      wasScheduled: true,
    })
  }

  private change(message: StoredMessage, properties: Properties): void {
    if (properties.size === 0) return
    message.envelope = {
      ...message.envelope,
      bare: withApplicationProperties(message.envelope.bare, properties),
    }
  }
}
