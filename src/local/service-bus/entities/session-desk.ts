import type { Consumer } from './consumer.ts'
import type { MessageQueue } from '../store/queue.ts'
import type { SessionGrant, SessionTable } from '../store/holdings/sessions.ts'
import type { EndOfTurn, Turn } from '../turn.ts'

/** A receiver that waits for any free session. */
export interface SessionWaiter {
  granted(grant: SessionGrant): void
}

/** A receiver that holds a session, once its link is open. */
export interface SessionHolder {
  readonly grant: SessionGrant
  /** Name of its link: requests about the session must come from it when they name a link. */
  readonly linkName: string
  /** The session's lock has run out. */
  lost(): void
}

/**
 * Gives the sessions of one entity to receivers: by name, or the session that has been free longest
 * to the receiver that has waited longest.
 */
export class SessionDesk implements EndOfTurn {
  readonly queue: MessageQueue
  readonly sessions: SessionTable
  private readonly turn: Turn
  private readonly now: () => number
  private readonly holders = new Map<string, SessionHolder>()
  private readonly consumers = new Map<string, Consumer>()
  private readonly waiters = new Set<SessionWaiter>()
  private readonly changed = new Set<string>()
  private stalled = false

  constructor(queue: MessageQueue, sessions: SessionTable, turn: Turn, now: () => number) {
    this.queue = queue
    this.sessions = sessions
    this.turn = turn
    this.now = now
  }

  /** Locks the session by name; undefined while another receiver holds it. */
  accept(sessionId: string): SessionGrant | undefined {
    const now = this.now()
    this.queue.endOverdueSessions(now)
    return this.sessions.lock(sessionId, now)
  }

  /** `waiter` gets the next free session, at the end of this turn at the earliest. */
  wait(waiter: SessionWaiter): void {
    this.waiters.add(waiter)
    this.turn.deliver(this)
  }

  giveUp(waiter: SessionWaiter): void {
    this.waiters.delete(waiter)
  }

  hold(holder: SessionHolder): void {
    this.holders.set(holder.grant.sessionId, holder)
  }

  holder(sessionId: string): SessionHolder | undefined {
    return this.holders.get(sessionId)
  }

  /** Messages still held go back in order and uncounted, and the session is free. */
  release(grant: SessionGrant): void {
    if (this.holders.get(grant.sessionId)?.grant.lock === grant.lock) {
      this.holders.delete(grant.sessionId)
      this.consumers.delete(grant.sessionId)
    }
    this.queue.releaseSession(grant, this.now())
  }

  expired(sessionId: string): void {
    const holder = this.holders.get(sessionId)
    this.holders.delete(sessionId)
    this.consumers.delete(sessionId)
    holder?.lost()
  }

  offer(sessionId: string, consumer: Consumer): void {
    this.consumers.set(sessionId, consumer)
    this.available(sessionId)
  }

  withdraw(sessionId: string, consumer: Consumer): void {
    if (this.consumers.get(sessionId) === consumer) this.consumers.delete(sessionId)
  }

  available(sessionId: string): void {
    this.changed.add(sessionId)
    this.turn.deliver(this)
  }

  stall(on: boolean): void {
    this.stalled = on
    if (!on) this.turn.deliver(this)
  }

  endTurn(): void {
    if (this.stalled) return
    const now = this.now()
    for (const sessionId of this.changed) {
      this.changed.delete(sessionId)
      this.feed(sessionId, now)
    }
    for (const waiter of this.waiters) {
      const grant = this.sessions.lockNext(now)
      if (grant === undefined) return
      this.waiters.delete(waiter)
      waiter.granted(grant)
    }
  }

  private feed(sessionId: string, now: number): void {
    const consumer = this.consumers.get(sessionId)
    const holder = this.holders.get(sessionId)
    if (consumer === undefined || holder === undefined) return
    const session = this.sessions.holding(holder.grant, now)
    if (session === undefined) return
    while (consumer.ready()) {
      const message = consumer.removes
        ? this.queue.removeNext(now, session)
        : this.queue.lockNext(now, session)
      if (message === undefined) return
      consumer.deliver(message)
    }
  }
}
