import type {
  MessageHandlers,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from '@azure/service-bus'
import type { SourceQueue, Receiver } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { busCode, closeWithin } from './client.ts'
import type { Connection } from './connection.ts'
import { type BusMessage, toMessage } from './message.ts'
import { receiverAt } from './address.ts'
import { entityOf, type EntityAddress } from '../../core/intake/entity.ts'
import { probe } from './probe.ts'
import { guardedSettler } from './settle.ts'
import { pauseMs, troubleOf } from './trouble.ts'
import { unpacking } from './bodies/unpack.ts'

export type SourceQueueSettings = EntityAddress & {
  /** The most unsettled messages. The client stalls at 2,048 for each receiver, so this stays well below. */
  readonly inFlight: number
  /**
   * A connection that stops answering is replaced within this time, and so is a receiver that brings
   * nothing for this long although the queue holds messages.
   */
  readonly watchdogMs: number
  /** Called when the bus cannot be reached, or the connection is lost. */
  readonly onTrouble?: () => void
}
export const MOST_IN_FLIGHT = 1_500
const CLOSE_MS = 5_000
/** Locks are renewed at half their duration. They may be as short as 5 s, the least that the service allows. */
const RENEW_AT_ONCE = 64
const RENEW_EVERY_MS = 1_000

/** If nothing arrives for this long after the last credit, nothing more is on its way. */
const QUIET_MS = 100
const LONGEST_QUIET_MS = 2_000
/** The client waits 200 ms for the answer, and then closes the link. */
const DRAIN_MS = 1_000
const HAND_BACK_MS = 3_000
/**
 * The watchdog's time has four parts, one each for the silence, the next check, the answer to it, and
 * opening a new link.
 */
const PARTS = 4
/** A link that is lost earlier than this counts as a failed attempt. */
const STEADY_MS = 30_000

interface Link {
  readonly client: ServiceBusClient
  readonly receiver: ServiceBusReceiver
  readonly subscription: { close(): Promise<void> }
  readonly settle: ReturnType<typeof guardedSettler>
}

/**
 * Hooks that the client calls before and after each attempt to open the link. They are not in its
 * published types, and are the only way to set the pause between attempts (streamingReceiver.js, 7.9.5).
 */
interface Gate {
  preInitialize(): Promise<void>
  postInitialize(): Promise<void>
}

interface Held {
  readonly message: BusMessage
  /** Whether its lock is to be renewed. False once it is being settled, or has lost its lock. */
  isLocked: boolean
  /** Lets the client grant credit for another message. */
  readonly letGo: () => void
}

/**
 * A queue or subscription in peek-lock mode through the official client, with a guard against each of
 * the client's traps. Each guard has a test of that name.
 */
export function busSourceQueue(
  connection: Connection,
  settings: SourceQueueSettings,
  runtime: Runtime,
): SourceQueue<BusMessage> {
  return unpacking({ open: async (onMessage) => openReceiver(connection, settings, runtime, onMessage) })
}

function openReceiver(
  connection: Connection,
  settings: SourceQueueSettings,
  runtime: Runtime,
  onMessage: (message: BusMessage) => void,
): Receiver<BusMessage> {
  const entity = entityOf(settings)
  const closing = new AbortController()
  // By lock token: two messages may have the same messageId, or none.
  const held = new Map<string, Held>()
  const mostHeld = Math.min(settings.inFlight, MOST_IN_FLIGHT)
  /** Aborts when no more messages are wanted. */
  const pausing = new AbortController()
  /** Callbacks of messages settled since then. To call them would grant credit for new messages. */
  const spent: (() => void)[] = []
  const trouble = troubleOf(entity, runtime)
  /**
   * The longest lock that a message arrived with, in milliseconds. A message that this process reads late
   * arrives with only a rest of its lock, and half of a rest can be shorter than the time to the next look.
   */
  let longestLockMs = 0
  /** Attempts to open the link since it last held or brought something. */
  let attempts = 0
  let lastCode = ''
  let openedAt: number | null = null
  let triedAt = runtime.now()
  let lastArrivalAt = runtime.now()
  /** When the service last showed that this connection reaches it. */
  let lastAnswerAt = lastArrivalAt
  let link = subscribe()

  function subscribe(): Link {
    const { client } = connection
    const receiver = receiverAt(client, settings, {
      receiveMode: 'peekLock',
      // The client renews by messageId: of two messages with one id, the second would lose its lock.
      // A message without an id could not be settled.
      maxAutoLockRenewalDurationInMs: 0,
      skipParsingBodyAsJson: true,
    })
    const handlers: MessageHandlers & Gate = {
      ...gate(),
      processMessage: (native) =>
        new Promise<void>((resolve) => {
          const message = toMessage(entity, native)
          lastArrivalAt = runtime.now()
          attempts = 0
          trouble.over()
          const until = native.lockedUntilUtc?.getTime()
          if (until !== undefined) longestLockMs = Math.max(longestLockMs, until - lastArrivalAt)
          held.set(keyOf(native), { message, isLocked: until !== undefined, letGo: resolve })
          onMessage(message)
        }),
      processError: async ({ error, errorSource }) => {
        settings.onTrouble?.()
        lastCode = busCode(error)
        trouble.failed(lastCode, { during: errorSource })
      },
    }
    const subscription = receiver.subscribe(handlers, {
      autoCompleteMessages: false,
      maxConcurrentCalls: mostHeld,
    })
    return { client, receiver, subscription, settle: guardedSettler(receiver) }
  }

  /** Without this, the client tries every half second for ever. */
  function gate(): Gate {
    return {
      preInitialize: async () => {
        if (isSteady()) attempts = 0
        openedAt = null
        attempts += 1
        triedAt = runtime.now()
        if (attempts === 1) return
        settings.onTrouble?.()
        await runtime.sleep(pauseMs(attempts - 1, lastCode, runtime.random()), pausing.signal)
        triedAt = runtime.now()
      },
      postInitialize: async () => {
        openedAt = runtime.now()
      },
    }
  }
  function isSteady(): boolean {
    return openedAt !== null && runtime.now() - openedAt >= STEADY_MS
  }

  const keyOf = (native: ServiceBusReceivedMessage): string =>
    native.lockToken ?? String(native.sequenceNumber)
  function release(native: ServiceBusReceivedMessage): void {
    const letGo = held.get(keyOf(native))?.letGo
    held.delete(keyOf(native))
    if (letGo === undefined) return
    if (pausing.signal.aborted) spent.push(letGo)
    else letGo()
  }

  /** Renews several at a time: one by one would outlast the locks when the bus is far away. */
  async function renewLocks(): Promise<void> {
    const due = [...held.values()].filter(({ message, isLocked }) => {
      const until = message.native.lockedUntilUtc?.getTime()
      return isLocked && until !== undefined && until - runtime.now() <= longestLockMs / 2
    })
    for (let at = 0; at < due.length && !closing.signal.aborted; at += RENEW_AT_ONCE)
      await Promise.all(
        due
          .slice(at, at + RENEW_AT_ONCE)
          .map((one) => (held.has(keyOf(one.message.native)) ? renew(one) : Promise.resolve())),
      )
  }

  async function renew(one: Held): Promise<void> {
    await link.receiver.renewMessageLock(one.message.native).catch((error: unknown) => {
      const code = busCode(error)
      // The message comes again; another renewal would only fail again.
      if (code === 'MessageLockLost') one.isLocked = false
      runtime.log.warn('inbox.renew.failed', { code })
    })
  }

  /** Checks the connection: one that is open on this side only looks like an empty queue. */
  async function watch(): Promise<void> {
    const now = runtime.now()
    if (isSteady()) trouble.over()
    // While the client tries to open the link, it notices by itself.
    if (openedAt === null && Math.abs(now - triedAt) < settings.watchdogMs) return
    if (Math.abs(now - Math.max(lastArrivalAt, lastAnswerAt)) < settings.watchdogMs / PARTS) return
    const { client } = link
    const answer = await probe(client, settings, settings.watchdogMs / PARTS)
    if (pausing.signal.aborted) return
    if (answer.kind === 'silent') {
      settings.onTrouble?.()
      runtime.log.warn('inbox.unanswered', {
        queue: entity,
        what: 'the connection is open and the service does not answer on it: a new one is made',
      })
      connection.replace(client)
      void reopen()
      return
    }
    lastAnswerAt = runtime.now()
    const isIdle = held.size === 0 && Math.abs(now - lastArrivalAt) >= settings.watchdogMs
    if (answer.waiting !== true || !isIdle) return
    runtime.log.warn('inbox.silent', {
      queue: entity,
      what: 'the queue holds messages and none arrives: the receiver is opened anew',
    })
    await reopen()
  }

  function reopen(): Promise<void> {
    const former = link
    lastArrivalAt = runtime.now()
    openedAt = null
    triedAt = runtime.now()
    // Reopening is a remedy, and does not count as a failed attempt.
    attempts = 0
    link = subscribe()
    return closeWithin(CLOSE_MS, former.receiver.close())
  }

  const every = async (ms: number, work: () => Promise<void>): Promise<void> => {
    while (!closing.signal.aborted) {
      await runtime.sleep(ms, closing.signal)
      if (!closing.signal.aborted)
        await work().catch((error: unknown) => runtime.log.warn('inbox.error', { code: busCode(error) }))
    }
  }
  const upkeep = Promise.all([
    every(RENEW_EVERY_MS, renewLocks),
    every(settings.watchdogMs / PARTS, watch),
  ]).then(() => {})

  /** Waits until the messages that are still on their way have arrived. */
  async function quiet(): Promise<void> {
    const from = runtime.now()
    for (;;) {
      const now = runtime.now()
      if (held.size + spent.length >= mostHeld || now - from >= LONGEST_QUIET_MS) return
      const restMs = QUIET_MS - (now - Math.max(from, lastArrivalAt))
      if (restMs <= 0) return
      await runtime.sleep(restMs)
    }
  }
  const pause = async (): Promise<void> => {
    const { subscription } = link
    const isOpen = openedAt !== null
    pausing.abort()
    if (isOpen) await quiet()
    await closeWithin(DRAIN_MS, subscription.close())
  }
  let paused: Promise<void> | null = null

  let closed: Promise<void> | null = null
  const close = async (): Promise<void> => {
    pausing.abort()
    closing.abort()
    // Nothing is abandoned: that would raise delivery counts, and during a long outage of the ledger
    // the bus would dead-letter sound messages.
    const receiverClosed = closeWithin(CLOSE_MS, link.receiver.close())
    for (const letGo of [...[...held.values()].map((one) => one.letGo), ...spent]) letGo()
    held.clear()
    // A renewal or a peek in progress can hang too.
    await Promise.all([receiverClosed, closeWithin(CLOSE_MS, upkeep)])
  }

  return {
    settle: async (dispositions) => {
      // When a connection is cut, the client takes most of a minute to give up a settlement. A lock
      // renewed meanwhile would keep the message from coming again.
      for (const { message } of dispositions) {
        const one = held.get(keyOf(message.native))
        if (one) one.isLocked = false
      }
      const settled = await link.settle(dispositions)
      for (const { message } of settled) release(message)
      const failed = settled.filter(({ error }) => error !== null)
      if (failed.length > 0)
        runtime.log.warn('inbox.settle.failed', {
          messages: failed.length,
          code: busCode(failed[0]?.error),
          what: 'they come again and are known',
        })
    },
    stopReceiving: () => (paused ??= pause()),
    handBack: async () => {
      // A message that is being settled, or has lost its lock, has none to give back.
      const locked = [...held.values()].filter(({ isLocked }) => isLocked)
      const abandoned = locked.map(({ message }) => ({ kind: 'abandon', message }) as const)
      await closeWithin(
        HAND_BACK_MS,
        link.settle(abandoned).then((settled) => {
          for (const { message, error } of settled) if (error === null) release(message)
        }),
      )
    },
    close: () => (closed ??= close()),
  }
}
