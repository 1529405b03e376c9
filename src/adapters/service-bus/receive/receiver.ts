import { setImmediate as nextMacrotask } from 'node:timers/promises'
import type { Receiver, SourceQueue } from '../../../core/ports.ts'
import type { Runtime } from '../../../core/runtime.ts'
import { unpacking } from '../bodies/unpack.ts'
import { busCode, closeWithin } from '../client.ts'
import type { Connection } from '../connection.ts'
import type { BusMessage } from '../message.ts'
import { logUnsettled } from '../settle.ts'
import { renewLocks } from './held-messages.ts'
import { CLOSE_MS, type Receiving, type SourceQueueSettings, startReceiving } from './link.ts'
import { PARTS, watch } from './watchdog.ts'

/**
 * Locks are renewed at half their duration. They may be as short as 5 s, the least that the service
 * allows.
 */
const RENEW_EVERY_MS = 1_000
/** If nothing arrives for this long after the last credit, nothing more is on its way. */
const QUIET_MS = 100
const LONGEST_QUIET_MS = 2_000
/** The client waits 200 ms for the answer, and then closes the link. */
const DRAIN_MS = 1_000
const HAND_BACK_MS = 3_000
/** Messages let go before the event loop gets a turn. */
const RELEASED_AT_ONCE = 64

/**
 * A queue or subscription in peek-lock mode through the official client, with a guard against each
 * of the client's traps. Each guard has a test of that name.
 */
export function busSourceQueue(
  connection: Connection,
  settings: SourceQueueSettings,
  runtime: Runtime,
): SourceQueue<BusMessage> {
  return unpacking({
    open: async (onMessage) => receiverOf(startReceiving(connection, settings, runtime, onMessage)),
  })
}

function receiverOf(receiving: Receiving): Receiver<BusMessage> {
  const { held, runtime } = receiving
  const upkeep = keepUp(receiving)
  let paused: Promise<void> | null = null
  let closed: Promise<void> | null = null
  return {
    settle: async (dispositions) => {
      // When a connection is cut, the client takes most of a minute to give up a settlement. If the
      // lock were renewed until then, the message would not come again.
      for (const { message } of dispositions) held.endLock(message.native)
      const settled = await receiving.link.settle(dispositions)
      for (const [index, { message }] of settled.entries()) {
        // Each grants credit for another message, in a frame of its own.
        if (index % RELEASED_AT_ONCE === RELEASED_AT_ONCE - 1) await nextMacrotask()
        held.release(message)
      }
      logUnsettled(settled, runtime)
    },
    stopReceiving: () => (paused ??= pause(receiving)),
    handBack: () => handBack(receiving),
    close: () => (closed ??= close(receiving, upkeep)),
  }
}

/** Renews locks and watches the connection, until the receiver is closed. */
async function keepUp(receiving: Receiving): Promise<void> {
  const { held, settings, runtime } = receiving
  const closing = receiving.closing.signal
  const every = async (ms: number, work: () => Promise<void>): Promise<void> => {
    while (!closing.aborted) {
      await runtime.sleep(ms, closing)
      if (!closing.aborted)
        await work().catch((error: unknown) => receiving.trouble.failed(busCode(error), { during: 'upkeep' }))
    }
  }
  await Promise.all([
    every(RENEW_EVERY_MS, () => renewLocks(held, () => receiving.link.receiver, closing, runtime)),
    every(settings.watchdogMs / PARTS, () => watch(receiving)),
  ])
}

async function pause(receiving: Receiving): Promise<void> {
  const { link, attempts } = receiving
  const wasOpen = attempts.isOpen
  receiving.pausing.abort()
  if (wasOpen) await quiet(receiving)
  await closeWithin(DRAIN_MS, link.subscription.close())
}

/** Waits until the messages that are still on their way have arrived. */
async function quiet(receiving: Receiving): Promise<void> {
  const { runtime, held, mostHeld } = receiving
  const from = runtime.now()
  for (;;) {
    const now = runtime.now()
    if (held.taken >= mostHeld || now - from >= LONGEST_QUIET_MS) return
    const restMs = QUIET_MS - (now - Math.max(from, receiving.lastArrivalAt))
    if (restMs <= 0) return
    await runtime.sleep(restMs)
  }
}

async function handBack({ held, link }: Receiving): Promise<void> {
  // A message that is being settled, or has lost its lock, has none to give back.
  const abandoned = held.locked().map((message) => ({ kind: 'abandon', message }) as const)
  await closeWithin(
    HAND_BACK_MS,
    link.settle(abandoned).then((settled) => {
      for (const { message, error } of settled) if (error === null) held.release(message)
    }),
  )
}

/**
 * Abandons nothing: that would raise delivery counts, and during a long outage of the ledger the
 * bus would dead-letter sound messages.
 */
async function close(receiving: Receiving, upkeep: Promise<void>): Promise<void> {
  receiving.pausing.abort()
  receiving.closing.abort()
  const receiverClosed = closeWithin(CLOSE_MS, receiving.link.receiver.close())
  receiving.held.clear()
  // A renewal or a peek in progress can hang too.
  await Promise.all([receiverClosed, closeWithin(CLOSE_MS, upkeep)])
}
