import type { RetryOptions, ServiceBusClient, ServiceBusSessionReceiver } from '@azure/service-bus'
import type { Disposition, SourceQueue, Receiver } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { busCode, closeWithin } from './client.ts'
import { connectionOf } from './connection.ts'
import { type BusMessage, toMessage } from './message.ts'
import { nextSessionAt } from './address.ts'
import { entityOf, type EntityAddress } from '../../core/intake/entity.ts'
import { probe } from './probe.ts'
import { guardedSettler } from './settle.ts'
import { isAnswer, type Outage, outageOf, pauseMs, troubleOf } from './trouble.ts'
import { unpacking } from './bodies/unpack.ts'

export type SessionSettings = EntityAddress & {
  /** Unsettled at once, over all sessions. */
  readonly inFlight: number
  /** Held at once. */
  readonly sessions: number
  /** A session that brought nothing for this long is given back. */
  readonly idleMs: number
  /** A session is held no longer than this, so that others get their turn. Well below the five minutes for which the client renews its lock. */
  readonly turnMs: number
  /** A connection that answers no more is given up within this. */
  readonly watchdogMs: number
  /** Hears that the bus could not be reached. */
  readonly onTrouble?: () => void
}

/** For a client of its own: asking for the next session ends with the timeout only, no signal reaches it (service-bus §0.7). */
export const ACCEPT_RETRY: RetryOptions = { maxRetries: 0, timeoutInMs: 3_000 }

const CLOSE_MS = 5_000
const REST_MS = 250
/** After so many failures in a row the connection is given up for a new one, unless the service itself says no. */
const PATIENCE = 3
/** Silence, the next look, and the answer to it each take one part of the watchdog's time at the most. */
const PARTS = 4

interface Session {
  readonly receiver: ServiceBusSessionReceiver
  readonly settle: ReturnType<typeof guardedSettler>
  /** Unsettled messages by lock token; each lets the client grant credit for another. */
  readonly held: Map<string, () => void>
  /** Handlers that are not let go any more: the session's turn is over. */
  readonly spent: (() => void)[]
  /** When its lock was taken or renewed. */
  readonly since: { at: number }
  lastAt: number
  ending: boolean
  lost: boolean
  ended: Promise<void> | null
}

/** Not by sequence number: of a partitioned entity the client does not read all of them exactly (rhea 3.0.5, `read_long` from 2^53 on). */
const keyOf = ({ native, sequence }: BusMessage): string => native.lockToken ?? sequence

/**
 * A queue or subscription that requires sessions: a pool of workers, each with one session at a time, in the order the bus offers them. Inside a
 * session messages come in order and are settled through the session. When a session or the connection is lost, or the receiver is closed,
 * nothing is abandoned: what is unsettled comes again, in order and uncounted.
 */
export function sessionSourceQueue(
  connect: () => ServiceBusClient,
  settings: SessionSettings,
  runtime: Runtime,
): SourceQueue<BusMessage> {
  return unpacking({ open: async (onMessage) => openSessions(connect, settings, runtime, onMessage) })
}

function openSessions(
  connect: () => ServiceBusClient,
  settings: SessionSettings,
  runtime: Runtime,
  onMessage: (message: BusMessage) => void,
): Receiver<BusMessage> {
  const entity = entityOf(settings)
  const closing = new AbortController()
  /** Aborts when nothing more is to come. */
  const pausing = new AbortController()
  const paused = new Promise<null>((resolve) => pausing.signal.addEventListener('abort', () => resolve(null)))
  const sessions = new Set<Session>()
  /** Asked for and not answered. */
  const waiting = new Set<Promise<void>>()
  const sessionOf = new WeakMap<BusMessage, Session>()
  const perSession = Math.max(1, Math.floor(settings.inFlight / settings.sessions))
  const connection = connectionOf(connect)
  const trouble = troubleOf(entity, runtime)
  let outage: Outage | null = null
  /** Who waits for an answer over a connection that gives none waits no longer. */
  let givenUp = Promise.withResolvers<null>()
  /** When the service last showed that this connection reaches it. */
  let lastAnswerAt = runtime.now()

  /** Runs until the inbox is closed. During an outage one worker tries, after a pause; the others wait for what it finds. */
  async function work(): Promise<void> {
    while (!pausing.signal.aborted) {
      const during: Outage | null = outage
      if (during?.led) {
        await Promise.race([during.over.promise, paused])
        continue
      }
      if (during) {
        during.led = true
        await runtime.sleep(pauseMs(during.failures, during.code, runtime.random()), pausing.signal)
        if (pausing.signal.aborted) return
      }
      const startedAt = runtime.now()
      const { client } = connection
      try {
        const receiver = await nextSession(client)
        if (receiver === null) continue
        recovered()
        await serve(receiver)
      } catch (error) {
        await failed(error, client, startedAt, during)
      } finally {
        if (during) during.led = false
      }
    }
  }

  /** `null` when the inbox is closed or the connection given up meanwhile: who asks for a session cannot be called back, so what still comes of it is given back. */
  async function nextSession(asked: ServiceBusClient): Promise<ServiceBusSessionReceiver | null> {
    const asking = nextSessionAt(asked, settings)
    const answered = asking.then(
      (late) =>
        pausing.signal.aborted || asked !== connection.client
          ? closeWithin(CLOSE_MS, late.close())
          : undefined,
      () => {},
    )
    waiting.add(answered)
    void answered.then(() => waiting.delete(answered))
    return await Promise.race([asking, paused, givenUp.promise])
  }

  function recovered(): void {
    lastAnswerAt = runtime.now()
    outage?.over.resolve()
    outage = null
    trouble.over()
  }

  async function failed(
    error: unknown,
    client: ServiceBusClient,
    startedAt: number,
    during: Outage | null,
  ): Promise<void> {
    if (pausing.signal.aborted) return
    const code = busCode(error)
    // Nobody has anything to say, or somebody else was quicker. An answer that comes at once must not make this a busy loop.
    if (code === 'ServiceTimeout' || code === 'SessionCannotBeLocked') {
      if (during) recovered()
      await runtime.sleep(REST_MS - (runtime.now() - startedAt), pausing.signal)
      return
    }
    settings.onTrouble?.()
    trouble.failed(code, { during: 'acceptSession' })
    if (outage === null) {
      outage = outageOf(code)
      return
    }
    outage.code = code
    // Those that asked before the outage was known say nothing more about it.
    if (during !== outage) return
    outage.failures += 1
    if (outage.failures % PATIENCE === 0 && !isAnswer(code)) connection.replace(client)
  }

  /** A connection that is open on this side only looks like a queue without sessions. */
  async function watch(): Promise<void> {
    const partMs = settings.watchdogMs / PARTS
    if (outage !== null || Math.abs(runtime.now() - lastAnswerAt) < partMs) return
    const { client } = connection
    const answer = await probe(client, settings, partMs)
    if (pausing.signal.aborted) return
    if (answer.kind === 'answered') {
      lastAnswerAt = runtime.now()
      return
    }
    settings.onTrouble?.()
    runtime.log.warn('inbox.unanswered', {
      queue: entity,
      what: 'the connection is open and the service does not answer on it: a new one is made',
    })
    lastAnswerAt = runtime.now()
    connection.replace(client)
    givenUp.resolve(null)
    givenUp = Promise.withResolvers()
    for (const session of sessions) session.lost = true
  }

  async function serve(receiver: ServiceBusSessionReceiver): Promise<void> {
    const startedAt = runtime.now()
    const session: Session = {
      receiver,
      settle: guardedSettler(receiver),
      held: new Map(),
      spent: [],
      since: { at: startedAt },
      lastAt: startedAt,
      ending: false,
      lost: false,
      ended: null,
    }
    sessions.add(session)
    try {
      if (pausing.signal.aborted) return
      receiver.subscribe(
        {
          processMessage: (native) =>
            new Promise<void>((resolve) => {
              const message = toMessage(entity, native)
              session.lastAt = runtime.now()
              lastAnswerAt = session.lastAt
              session.held.set(keyOf(message), resolve)
              sessionOf.set(message, session)
              onMessage(message)
            }),
          processError: async ({ error, errorSource }) => {
            session.lost = true
            if (!pausing.signal.aborted) trouble.failed(busCode(error), { during: errorSource })
          },
        },
        { autoCompleteMessages: false, maxConcurrentCalls: perSession },
      )
      while (!closing.signal.aborted && !session.lost) {
        const now = runtime.now()
        await renew(session, now)
        session.ending ||= pausing.signal.aborted || Math.abs(now - startedAt) >= settings.turnMs
        if (session.held.size === 0 && (session.ending || Math.abs(now - session.lastAt) >= settings.idleMs))
          break
        await runtime.sleep(
          Math.max(1, Math.min(settings.idleMs / 2, settings.turnMs / 2, REST_MS)),
          closing.signal,
        )
      }
    } finally {
      await end(session)
    }
  }

  /** The client's own renewal outlives its session and keeps the process alive, so it is off. */
  async function renew({ receiver, since }: Session, now: number): Promise<void> {
    const until = receiver.sessionLockedUntilUtc.getTime()
    if (until - now > (until - since.at) / 2) return
    since.at = now
    await receiver.renewSessionLock()
  }

  /** Gives the session back with whatever is unsettled in it. */
  function end(session: Session): Promise<void> {
    // Closed twice, the client would wait a minute for an answer that has been there.
    if (session.ended) return session.ended
    sessions.delete(session)
    session.ended = session.receiver.isClosed
      ? Promise.resolve()
      : closeWithin(CLOSE_MS, session.receiver.close())
    for (const letGo of [...session.held.values(), ...session.spent]) letGo()
    session.held.clear()
    return session.ended
  }

  async function settleIn(session: Session, dispositions: readonly Disposition<BusMessage>[]): Promise<void> {
    const settled = await session.settle(dispositions)
    for (const { message } of dispositions) {
      const letGo = session.held.get(keyOf(message))
      session.held.delete(keyOf(message))
      if (letGo === undefined) continue
      // Without credit nothing new comes, and what is there runs out.
      if (session.ending) session.spent.push(letGo)
      else letGo()
    }
    session.lastAt = runtime.now()
    const wrong = settled.filter(({ error }) => error !== null)
    if (wrong.length > 0)
      runtime.log.warn('inbox.settle.failed', {
        messages: wrong.length,
        code: busCode(wrong[0]?.error),
        what: 'they come again and are known',
      })
  }

  const watching = async (): Promise<void> => {
    while (!pausing.signal.aborted) {
      await runtime.sleep(settings.watchdogMs / PARTS, pausing.signal)
      if (!pausing.signal.aborted) await watch()
    }
  }
  const workers = Promise.all([...Array.from({ length: settings.sessions }, work), watching()]).then(() => {})

  return {
    settle: async (dispositions) => {
      const groups = new Map<Session, Disposition<BusMessage>[]>()
      for (const disposition of dispositions) {
        const session = sessionOf.get(disposition.message)
        const group = session && groups.get(session)
        if (group) group.push(disposition)
        else if (session) groups.set(session, [disposition])
      }
      await Promise.all([...groups].map(([session, group]) => settleIn(session, group)))
    },
    stopReceiving: async () => {
      pausing.abort()
      // Without credit what is on its way runs out; what comes until the session is given back goes back with it.
      for (const session of sessions) session.ending = true
    },
    // A session takes what is unsettled in it along when it is given back, uncounted.
    handBack: async () => {},
    close: async () => {
      pausing.abort()
      closing.abort()
      await Promise.all([...sessions].map(end))
      await workers
      // A connection that is closed under who waits for a session keeps the process alive for a minute.
      await closeWithin(
        CLOSE_MS,
        Promise.all(waiting).then(() => {}),
      )
      await connection.close()
    },
  }
}
