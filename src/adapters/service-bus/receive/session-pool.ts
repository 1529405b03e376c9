import type { ServiceBusSessionReceiver } from '@azure/service-bus'
import type { EntityAddress } from '../../../core/intake/entity.ts'
import type { Runtime } from '../../../core/runtime.ts'
import type { Connection } from '../connection.ts'
import type { BodySettings, BusMessage } from '../message.ts'
import type { Settling } from '../settle.ts'
import type { Outage, Trouble } from './trouble.ts'

export type SessionSettings = EntityAddress &
  BodySettings & {
    /** The most unsettled messages over all sessions. */
    readonly inFlight: number
    /** The most sessions held at once. */
    readonly sessions: number
    /** A session that brings nothing for this long is given back. */
    readonly idleMs: number
    /**
     * A session is held no longer than this, so that others get their turn. Well below the five
     * minutes for which the client renews its lock.
     */
    readonly turnMs: number
    /** A connection that stops answering is replaced within this time. */
    readonly watchdogMs: number
    /** Called when the bus cannot be reached. */
    readonly onTrouble?: () => void
  }

export interface Session extends Settling<ServiceBusSessionReceiver> {
  /** Unsettled messages by lock token; each lets the client grant credit for another. */
  readonly held: Map<string, () => void>
  /** Handlers that are not called until the end, because the session's turn is over. */
  readonly spent: (() => void)[]
  /** When its lock was taken or last renewed. */
  lockedAt: number
  lastAt: number
  ending: boolean
  lost: boolean
  ended: Promise<void> | null
}

/** What the workers of one receiver share. */
export interface SessionPool {
  readonly entity: string
  readonly settings: SessionSettings
  readonly runtime: Runtime
  readonly connection: Connection
  readonly trouble: Trouble
  readonly onMessage: (message: BusMessage) => void
  /** Aborts when no more messages are wanted. */
  readonly pausing: AbortController
  /** Resolves to `null` when no more messages are wanted. */
  readonly paused: Promise<null>
  readonly closing: AbortController
  readonly sessions: Set<Session>
  readonly sessionOf: WeakMap<BusMessage, Session>
  /** Requests for a session that have no answer yet. */
  readonly waiting: Set<Promise<void>>
  /**
   * Resolves to `null` when the connection is given up, for those that wait for an answer over it.
   */
  givenUp: PromiseWithResolvers<null>
  outage: Outage | null
  /** When the service last showed that this connection reaches it. */
  lastAnswerAt: number
}
