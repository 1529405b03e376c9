import type { RetryOptions, ServiceBusClient } from '@azure/service-bus'
import { entityOf } from '../../../core/intake/entity.ts'
import type { Receiver, SourceQueue } from '../../../core/ports.ts'
import type { Runtime } from '../../../core/runtime.ts'
import { unpacking } from '../bodies/unpack.ts'
import { closeWithin } from '../client.ts'
import { connectionOf } from '../connection.ts'
import type { BusMessage } from '../message.ts'
import { probe } from './probe.ts'
import { end, settleIn } from './session.ts'
import type { SessionPool, SessionSettings } from './session-pool.ts'
import { work } from './session-worker.ts'
import { troubleOf } from './trouble.ts'
import { PARTS } from './watchdog.ts'

/**
 * For a client of its own: a request for the next session ends only with the timeout, and no signal
 * reaches it.
 */
export const ACCEPT_RETRY: RetryOptions = { maxRetries: 0, timeoutInMs: 3_000 }

const CLOSE_MS = 5_000

/**
 * A queue or subscription that requires sessions: a pool of workers, each with one session at a
 * time, in the order the bus offers them. Inside a session messages come in order and are settled
 * through the session. When a session or the connection is lost, or the receiver is closed, nothing
 * is abandoned: unsettled messages come again, in order and uncounted.
 */
export function sessionSourceQueue(
  connect: () => ServiceBusClient,
  settings: SessionSettings,
  runtime: Runtime,
): SourceQueue<BusMessage> {
  return unpacking({
    open: async (onMessage) => receiverOf(poolOf(connect, settings, runtime, onMessage)),
  })
}

function poolOf(
  connect: () => ServiceBusClient,
  settings: SessionSettings,
  runtime: Runtime,
  onMessage: (message: BusMessage) => void,
): SessionPool {
  const entity = entityOf(settings)
  const pausing = new AbortController()
  return {
    entity,
    settings,
    runtime,
    connection: connectionOf(connect),
    trouble: troubleOf(entity, runtime),
    onMessage,
    pausing,
    paused: new Promise((resolve) => pausing.signal.addEventListener('abort', () => resolve(null))),
    closing: new AbortController(),
    sessions: new Set(),
    sessionOf: new WeakMap(),
    waiting: new Set(),
    givenUp: Promise.withResolvers(),
    outage: null,
    lastAnswerAt: runtime.now(),
  }
}

function receiverOf(pool: SessionPool): Receiver<BusMessage> {
  const workers = Promise.all([
    ...Array.from({ length: pool.settings.sessions }, () => work(pool)),
    watchConnection(pool),
  ])
  return {
    settle: async (dispositions) => {
      const groups = Map.groupBy(dispositions, ({ message }) => pool.sessionOf.get(message) ?? null)
      await Promise.all(
        [...groups].map(async ([session, group]) => {
          if (session) await settleIn(pool, session, group)
        }),
      )
    },
    stopReceiving: async () => {
      pool.pausing.abort()
      // Without credit the messages on their way run out. Those that come before the session is
      // given back go back with it.
      for (const session of pool.sessions) session.ending = true
    },
    // A session that is given back takes its unsettled messages with it, uncounted.
    handBack: async () => {},
    close: async () => {
      pool.pausing.abort()
      pool.closing.abort()
      await Promise.all([...pool.sessions].map((session) => end(pool, session)))
      await workers
      // If the connection closes while a request for a session waits, the client keeps the process
      // alive for a minute.
      await closeWithin(
        CLOSE_MS,
        Promise.all(pool.waiting).then(() => {}),
      )
      await pool.connection.close()
    },
  }
}

async function watchConnection(pool: SessionPool): Promise<void> {
  const { runtime, settings, pausing } = pool
  while (!pausing.signal.aborted) {
    await runtime.sleep(settings.watchdogMs / PARTS, pausing.signal)
    if (!pausing.signal.aborted) await watch(pool)
  }
}

/** A connection that is open on this side only looks like a queue without sessions. */
async function watch(pool: SessionPool): Promise<void> {
  const { runtime, settings, connection } = pool
  const partMs = settings.watchdogMs / PARTS
  if (pool.outage !== null || Math.abs(runtime.now() - pool.lastAnswerAt) < partMs) return
  const { client } = connection
  const answer = await probe(client, settings, partMs)
  if (pool.pausing.signal.aborted) return
  if (answer.kind === 'answered') {
    pool.lastAnswerAt = runtime.now()
    return
  }
  settings.onTrouble?.()
  runtime.log.warn('inbox.unanswered', {
    queue: pool.entity,
    what: 'the connection is open but the service does not answer on it: opening a new one',
  })
  pool.lastAnswerAt = runtime.now()
  connection.replace(client)
  pool.givenUp.resolve(null)
  pool.givenUp = Promise.withResolvers()
  for (const session of pool.sessions) session.lost = true
}
