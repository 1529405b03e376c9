import { Chain } from '../structures/chain.ts'
import type { StoredMessage } from '../message.ts'
import { ReadyMessages } from './ready.ts'

/** The messages that share a session id, and the lock under which one receiver has them. */
export interface SessionRecord {
  readonly id: string
  readonly ready: ReadyMessages
  /** Messages handed out under the session's lock and not yet settled. */
  readonly held: Chain<StoredMessage>
  /** Messages of the session in any state. */
  live: number
  state: Buffer | undefined
  stateChangedAt: number
  /** The grant that holds the session; 0 if no grant does. */
  lock: number
  lockedUntil: number
}

/** One receiver's hold on a session. */
export interface SessionGrant {
  readonly sessionId: string
  readonly lock: number
  /** Epoch milliseconds. */
  readonly lockedUntil: number
}

/**
 * The sessions of one entity. A session exists while it has messages or a state, or is locked; it
 * is on offer while it has a deliverable message and no receiver holds it.
 */
export class SessionTable {
  /** How long a lock granted or renewed from now on lasts. */
  lockDurationMs: number
  private readonly sessions = new Map<string, SessionRecord>()
  private readonly offered = new Set<SessionRecord>()
  private readonly lockedSessions = new Set<SessionRecord>()
  private nextLock = 1

  constructor(lockDurationMs: number) {
    this.lockDurationMs = lockDurationMs
  }

  get(sessionId: string): SessionRecord | undefined {
    return this.sessions.get(sessionId)
  }

  all(): IterableIterator<SessionRecord> {
    return this.sessions.values()
  }

  ensure(sessionId: string): SessionRecord {
    const known = this.sessions.get(sessionId)
    if (known !== undefined) return known
    const session: SessionRecord = {
      id: sessionId,
      ready: new ReadyMessages(),
      held: new Chain(),
      live: 0,
      state: undefined,
      stateChangedAt: 0,
      lock: 0,
      lockedUntil: 0,
    }
    this.sessions.set(sessionId, session)
    return session
  }

  /** Locks a session by name, empty ones too; undefined while another grant holds it. */
  lock(sessionId: string, now: number): SessionGrant | undefined {
    const session = this.ensure(sessionId)
    if (session.lock !== 0 && session.lockedUntil > now) return undefined
    return this.grant(session, now)
  }

  /** Locks the session that has been on offer longest; undefined when none is. */
  lockNext(now: number): SessionGrant | undefined {
    for (const session of this.offered) return this.grant(session, now)
    return undefined
  }

  /** The session a grant holds; undefined when its time is over or another has it. */
  holding(
    grant: { readonly sessionId: string; readonly lock: number },
    now: number,
  ): SessionRecord | undefined {
    const session = this.sessions.get(grant.sessionId)
    return session !== undefined && session.lock === grant.lock && session.lockedUntil > now
      ? session
      : undefined
  }

  /** Prolongs a lock from `now`; returns its new end in epoch milliseconds. */
  renew(session: SessionRecord, now: number): number {
    session.lockedUntil = now + this.lockDurationMs
    for (let message = session.held.first; message !== undefined; message = message.after)
      message.lockedUntil = session.lockedUntil
    return session.lockedUntil
  }

  /** Ends the lock. What was held is for the queue to take back first. */
  release(session: SessionRecord): void {
    session.lock = 0
    this.lockedSessions.delete(session)
    this.settled(session)
  }

  /** Locked sessions whose time is up at `now`. */
  overdue(now: number): SessionRecord[] {
    return [...this.lockedSessions].filter((session) => session.lockedUntil <= now)
  }

  /** Looks anew at whether the session is on offer, and forgets it when nothing of it is left. */
  settled(session: SessionRecord): void {
    if (session.lock === 0 && session.ready.size > 0) this.offered.add(session)
    else this.offered.delete(session)
    if (session.lock === 0 && session.live === 0 && session.state === undefined)
      this.sessions.delete(session.id)
  }

  private grant(session: SessionRecord, now: number): SessionGrant {
    session.lock = this.nextLock
    this.nextLock += 1
    session.lockedUntil = now + this.lockDurationMs
    this.lockedSessions.add(session)
    this.offered.delete(session)
    return { sessionId: session.id, lock: session.lock, lockedUntil: session.lockedUntil }
  }
}
