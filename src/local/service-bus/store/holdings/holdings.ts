import { Chain } from '../structures/chain.ts'
import type { Journal } from '../journal.ts'
import type { LockReference } from '../lock-token.ts'
import type { StoredMessage } from '../message.ts'
import { ReadyMessages } from './ready.ts'
import { SequenceIndex } from '../structures/sequence-index.ts'
import { type SessionRecord, SessionTable } from './sessions.ts'
import { Timeline } from './timeline.ts'

const MAX_UINT32 = 0xffff_ffff

/**
 * What a queue holds, and each message in its place: deliverable, under a lock, in a session,
 * waiting for its time. It decides nothing.
 */
export class Holdings {
  /** Undefined unless the queue requires sessions. */
  readonly sessions: SessionTable | undefined
  readonly index = new SequenceIndex<StoredMessage>()
  readonly ready = new ReadyMessages()
  /** Locked messages, the lock that ends first at the front. */
  readonly locked = new Chain<StoredMessage>()
  readonly timeline = new Timeline()
  scheduled = 0
  deferred = 0
  /** Bytes of all messages held, as their senders encoded them. */
  bytes = 0
  private lockDurationMs: number
  private readonly journal: Journal | undefined
  private nextLock = 1

  constructor(lockDurationMs: number, requiresSession: boolean, journal: Journal | undefined) {
    this.lockDurationMs = lockDurationMs
    this.journal = journal
    this.sessions = requiresSession ? new SessionTable(lockDurationMs) : undefined
  }

  hold(message: StoredMessage): void {
    this.index.set(message.sequence, message)
    const session = this.sessions?.ensure(message.envelope.sessionId ?? '')
    if (session !== undefined) session.live += 1
    this.bytes += message.envelope.size
    if (Number.isFinite(message.expiresAt)) this.timeline.expires(message, this.index.size)
  }

  drop(message: StoredMessage): void {
    if (message.state === 'deferred') this.deferred -= 1
    if (message.state === 'scheduled') this.scheduled -= 1
    message.state = 'gone'
    this.bytes -= message.envelope.size
    this.index.delete(message.sequence)
    this.journal?.dropped(message.sequence)
    const session = this.sessionOf(message)
    if (session === undefined) return
    session.live -= 1
    this.sessions?.settled(session)
  }

  /**
   * Up to `count` messages from sequence number `from` on, in every state, without locking them.
   */
  peek(from: number, count: number, accept: (message: StoredMessage) => boolean): StoredMessage[] {
    const found: StoredMessage[] = []
    if (count <= 0) return found
    for (const message of this.index.from(Math.max(0, from))) {
      if (!accept(message)) continue
      found.push(message)
      if (found.length >= count) break
    }
    return found
  }

  sessionOf(message: StoredMessage): SessionRecord | undefined {
    return this.sessions?.get(message.envelope.sessionId ?? '')
  }

  readyOf(message: StoredMessage): ReadyMessages {
    return this.sessionOf(message)?.ready ?? this.ready
  }

  lock(message: StoredMessage, now: number): void {
    message.lock = this.nextLock
    this.nextLock = this.nextLock >= MAX_UINT32 ? 1 : this.nextLock + 1
    const session = this.sessionOf(message)
    message.lockedUntil = session?.lockedUntil ?? now + this.lockDurationMs
    if (session === undefined) this.locked.insert(message, endsLater)
    else session.held.append(message)
  }

  /** Prolongs a lock outside of sessions; returns its new end in epoch milliseconds. */
  renew(message: StoredMessage, now: number): number {
    message.lockedUntil = now + this.lockDurationMs
    this.locked.remove(message)
    this.locked.insert(message, endsLater)
    return message.lockedUntil
  }

  /** Locks last this long from now on; those in force keep their end. */
  changeLockDuration(ms: number): void {
    this.lockDurationMs = ms
    if (this.sessions !== undefined) this.sessions.lockDurationMs = ms
  }

  unlock(message: StoredMessage): void {
    message.chain?.remove(message)
    message.lock = 0
  }

  /** The message whose lock this is, while it lasts. */
  held(reference: LockReference | undefined, now: number): StoredMessage | undefined {
    if (reference === undefined || reference.lock === 0) return undefined
    const message = this.index.get(reference.sequence)
    return message !== undefined && message.lock === reference.lock && message.lockedUntil > now
      ? message
      : undefined
  }

  counts(): {
    readonly active: number
    readonly locked: number
    readonly scheduled: number
    readonly deferred: number
  } {
    const { scheduled, deferred } = this
    let active = this.ready.size
    let locked = this.locked.size
    for (const session of this.sessions?.all() ?? []) {
      active += session.ready.size
      locked += session.held.size
    }
    return { active, locked, scheduled, deferred }
  }
}

/**
 * Locks last equally long until an update of the entity shortens them: only then does a new one end
 * before an old one.
 */
function endsLater(other: StoredMessage, message: StoredMessage): boolean {
  return other.lockedUntil > message.lockedUntil
}

/** A message that is nowhere yet. */
export const UNPLACED = {
  state: 'active',
  lock: 0,
  lockedUntil: 0,
  place: 'none',
  chain: undefined,
  before: undefined,
  after: undefined,
} as const

export function entriesOf(chain: Chain<StoredMessage>): StoredMessage[] {
  const entries: StoredMessage[] = []
  for (let entry = chain.first; entry !== undefined; entry = entry.after) entries.push(entry)
  return entries
}
