import type { ServiceBusSessionReceiver } from '@azure/service-bus'
import type { Disposition } from '../../../core/ports.ts'
import { busCode, closeWithin } from '../client.ts'
import { type BusMessage, toMessage } from '../message.ts'
import { logUnsettled, withSettler } from '../settle.ts'
import type { Session, SessionPool } from './session-pool.ts'

const CLOSE_MS = 5_000
const LONGEST_REST_MS = 250

/**
 * Receives from one session until its turn is over, it brings nothing for a while, or it is lost.
 * Then the session is given back.
 */
export async function serve(pool: SessionPool, receiver: ServiceBusSessionReceiver): Promise<void> {
  const { settings, runtime } = pool
  const startedAt = runtime.now()
  const session: Session = {
    ...withSettler(receiver),
    held: new Map(),
    spent: [],
    lockedAt: startedAt,
    lastAt: startedAt,
    ending: false,
    lost: false,
    ended: null,
  }
  pool.sessions.add(session)
  try {
    if (pool.pausing.signal.aborted) return
    subscribe(pool, session)
    const restMs = Math.max(1, Math.min(settings.idleMs / 2, settings.turnMs / 2, LONGEST_REST_MS))
    while (!pool.closing.signal.aborted && !session.lost) {
      const now = runtime.now()
      await renewLock(session, now)
      session.ending ||= pool.pausing.signal.aborted || Math.abs(now - startedAt) >= settings.turnMs
      const isIdle = Math.abs(now - session.lastAt) >= settings.idleMs
      if (session.held.size === 0 && (session.ending || isIdle)) break
      await runtime.sleep(restMs, pool.closing.signal)
    }
  } finally {
    await end(pool, session)
  }
}

function subscribe(pool: SessionPool, session: Session): void {
  const { settings, runtime, pausing } = pool
  session.receiver.subscribe(
    {
      processMessage: (native) =>
        new Promise<void>((resolve) => {
          const message = toMessage(pool.entity, native, settings)
          session.lastAt = runtime.now()
          pool.lastAnswerAt = session.lastAt
          session.held.set(keyOf(message), resolve)
          pool.sessionOf.set(message, session)
          pool.onMessage(message)
        }),
      processError: async ({ error, errorSource }) => {
        session.lost = true
        if (!pausing.signal.aborted) pool.trouble.failed(busCode(error), { during: errorSource })
      },
    },
    {
      autoCompleteMessages: false,
      maxConcurrentCalls: Math.max(1, Math.floor(settings.inFlight / settings.sessions)),
    },
  )
}

async function renewLock(session: Session, now: number): Promise<void> {
  const until = session.receiver.sessionLockedUntilUtc.getTime()
  if (until - now > (until - session.lockedAt) / 2) return
  session.lockedAt = now
  await session.receiver.renewSessionLock()
}

/** Gives the session back with the unsettled messages in it. */
export function end(pool: SessionPool, session: Session): Promise<void> {
  // Closed twice, the client would wait a minute for an answer that it already has.
  if (session.ended) return session.ended
  pool.sessions.delete(session)
  session.ended = session.receiver.isClosed
    ? Promise.resolve()
    : closeWithin(CLOSE_MS, session.receiver.close())
  for (const letGo of [...session.held.values(), ...session.spent]) letGo()
  session.held.clear()
  return session.ended
}

export async function settleIn(
  pool: SessionPool,
  session: Session,
  dispositions: readonly Disposition<BusMessage>[],
): Promise<void> {
  const settled = await session.settle(dispositions)
  for (const { message } of dispositions) {
    const letGo = session.held.get(keyOf(message))
    session.held.delete(keyOf(message))
    if (letGo === undefined) continue
    // Without credit nothing new comes, and what is on its way runs out.
    if (session.ending) session.spent.push(letGo)
    else letGo()
  }
  session.lastAt = pool.runtime.now()
  logUnsettled(settled, pool.runtime)
}

/**
 * Not by sequence number: those of a partitioned entity are not all read exactly by the client
 * (rhea 3.0.5, `read_long` from 2^53 on).
 */
function keyOf({ native, sequence }: BusMessage): string {
  return native.lockToken ?? sequence
}
