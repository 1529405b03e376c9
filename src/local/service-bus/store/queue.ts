import type { Envelope } from '../wire/message.ts'
import { activate, enqueue, passOn, restore } from './arrivals.ts'
import { Books } from './books.ts'
import type {
  Arrival,
  ChangeableSpec,
  Outcome,
  QueueCounts,
  QueueHooks,
  QueueSpec,
  Settlement,
} from './contract.ts'
import { DuplicateWindow } from './duplicates.ts'
import { entriesOf, Holdings } from './holdings/holdings.ts'
import type { Journal, SavedQueue } from './journal.ts'
import { type LockReference, LockTokens } from './lock-token.ts'
import type { StoredMessage } from './message.ts'
import type { QueueParts } from './parts.ts'
import {
  changeProperties,
  countDelivery,
  deadLetter,
  endSession,
  expire,
  giveBack,
  takeLive,
} from './returns.ts'
import type { SessionGrant, SessionRecord, SessionTable } from './holdings/sessions.ts'
import { unreachable } from '../unreachable.ts'

/**
 * One queue, subscription or dead-letter queue: what it holds, under which lock, and what may
 * happen to it next. It reads no clock; every method that depends on time takes `now` in epoch
 * milliseconds.
 */
export class MessageQueue {
  readonly tokens = new LockTokens()
  private readonly parts: QueueParts

  constructor(spec: QueueSpec, hooks: QueueHooks, journal?: Journal) {
    this.parts = {
      spec,
      hooks,
      journal,
      books: new Books(journal),
      holdings: new Holdings(spec.lockDurationMs, spec.requiresSession, journal),
      duplicateWindow:
        spec.duplicateWindowMs === undefined ? undefined : new DuplicateWindow(spec.duplicateWindowMs),
    }
  }

  get spec(): QueueSpec {
    return this.parts.spec
  }

  /** Undefined unless the queue requires sessions. */
  get sessions(): SessionTable | undefined {
    return this.parts.holdings.sessions
  }

  private get holdings(): Holdings {
    return this.parts.holdings
  }

  /**
   * Changes what may change in an entity's life. Messages and locks keep the times they were
   * given. Sessions, partitions and whether duplicates are looked for stay as they are.
   */
  changeSpec(spec: ChangeableSpec): void {
    this.parts.spec = { ...this.parts.spec, ...spec }
    this.holdings.changeLockDuration(spec.lockDurationMs)
    if (spec.duplicateWindowMs !== undefined) this.parts.duplicateWindow?.changeLength(spec.duplicateWindowMs)
  }

  /** Passes on what is deliverable now, where messages are passed on. */
  passOn(now: number): void {
    passOn(this.parts, now)
  }

  /**
   * Stores a message and returns its sequence number; undefined for a duplicate, which counts as
   * accepted and is dropped.
   */
  enqueue(envelope: Envelope, now: number, arrival?: Arrival): number | undefined {
    return enqueue(this.parts, envelope, now, arrival)
  }

  /** Takes the next deliverable message (of the session) and locks it. */
  lockNext(now: number, session?: SessionRecord): StoredMessage | undefined {
    const message = takeLive(this.parts, now, session)
    if (message !== undefined) this.holdings.lock(message, now)
    return message
  }

  /** Takes the next deliverable message (of the session) and removes it. */
  removeNext(now: number, session?: SessionRecord): StoredMessage | undefined {
    const message = takeLive(this.parts, now, session)
    if (message !== undefined) {
      this.parts.books.add('completed')
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
    if (session !== undefined && session.lock === grant.lock) endSession(this.parts, session, false, now)
  }

  setSessionState(session: SessionRecord, state: Buffer | undefined, now: number): void {
    session.state = state
    session.stateChangedAt = now
    this.parts.journal?.sessionState(session.id, state, now)
  }

  /** Ends a lock as its holder wishes. 'lock-lost' when the lock is not, or no longer, held. */
  settle(reference: LockReference | undefined, outcome: Outcome, now: number): Settlement {
    const message = this.holdings.held(reference, now)
    if (message === undefined) return 'lock-lost'
    switch (outcome.kind) {
      case 'complete':
        this.holdings.unlock(message)
        this.parts.books.add('completed')
        this.holdings.drop(message)
        return 'settled'
      case 'abandon':
        this.holdings.unlock(message)
        changeProperties(message, outcome.properties)
        giveBack(this.parts, message, outcome.counts, now)
        return 'settled'
      case 'defer':
        this.holdings.unlock(message)
        changeProperties(message, outcome.properties)
        countDelivery(this.parts, message)
        if (message.state !== 'deferred') this.holdings.deferred += 1
        message.state = 'deferred'
        this.parts.journal?.kept(message)
        return 'settled'
      case 'deadLetter':
        if (this.spec.isDeadLetterQueue) return 'not-allowed'
        this.holdings.unlock(message)
        deadLetter(this.parts, message, outcome, now)
        return 'settled'
      default:
        return unreachable(outcome)
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
   * Locks (or with `remove`, takes out) the deferred messages named; all or
   * none: undefined when any of them is not deferred here.
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
        this.parts.books.add('completed')
        this.holdings.drop(message)
      } else {
        this.holdings.lock(message, now)
      }
    }
    return messages
  }

  /**
   * Takes scheduled messages back; all or none: false when any of them is
   * not scheduled.
   */
  cancelScheduled(sequences: readonly number[]): boolean {
    const messages = sequences.map((sequence) => this.holdings.index.get(sequence))
    if (!messages.every((message) => message?.state === 'scheduled')) return false
    for (const message of messages) if (message !== undefined) this.holdings.drop(message)
    return true
  }

  /** Deletes up to `count` deliverable messages enqueued before `before`, oldest first. */
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
      giveBack(this.parts, first, true, now)
    }
    this.endOverdueSessions(now)
    for (
      let due = this.holdings.timeline.takeDue(now);
      due !== undefined;
      due = this.holdings.timeline.takeDue(now)
    )
      activate(this.parts, due, now)
    for (
      let over = this.holdings.timeline.takeExpired(now);
      over !== undefined;
      over = this.holdings.timeline.takeExpired(now)
    ) {
      // Locked and deferred messages are left alone; a lock that ends looks at the time to live
      // itself.
      if (over.place !== 'none') expire(this.parts, over, now)
    }
  }

  /** Frees the sessions whose lock has run out; what was held goes back as a failed delivery. */
  endOverdueSessions(now: number, until = now): void {
    for (const session of this.sessions?.overdue(until) ?? []) endSession(this.parts, session, true, now)
  }

  /** Ends every lock at once, as if its time were up. */
  expireLocks(now: number): void {
    for (const message of entriesOf(this.holdings.locked)) {
      this.holdings.unlock(message)
      giveBack(this.parts, message, true, now)
    }
    this.endOverdueSessions(now, Infinity)
  }

  /**
   * Takes in what an earlier broker wrote down. Call it once, before anything else. What was locked
   * then is deliverable now.
   */
  restore(saved: SavedQueue): void {
    restore(this.parts, saved)
  }

  counts(): QueueCounts {
    const { incoming, completed, duplicates, expired } = this.parts.books.figures
    return { ...this.holdings.counts(), incoming, completed, duplicates, expired }
  }
}
