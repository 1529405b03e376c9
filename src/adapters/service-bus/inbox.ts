import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import type { Inbox, Receiver } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { busCode, closeWithin } from './client.ts'
import { type BusMessage, toMessage } from './message.ts'
import { entityOf, type Place, receiverAt } from './place.ts'
import { guardedSettler } from './settle.ts'

export type InboxSettings = Place & {
  /** Unsettled at once. The client stalls at 2,048 a receiver, so this stays well below. */
  readonly inFlight: number
  /** A receiver that brought nothing for this long although the queue holds something is opened anew. */
  readonly watchdogMs: number
  /** Hears that the bus could not be reached, or was lost. */
  readonly onTrouble?: () => void
}
export const MOST_IN_FLIGHT = 1_500
const CLOSE_MS = 5_000
/** Looked at this often, for locks as short as the service allows (5 s); renewed when less than half of a lock is left. */
const RENEW_AT_ONCE = 64
const RENEW_EVERY_MS = 1_000

interface Held {
  readonly message: BusMessage
  /** How long a lock lasts, as it was when the message arrived; `null` when it has none, or has lost it. */
  lockMs: number | null
  /** Lets the client grant credit for another message. */
  readonly letGo: () => void
}

/** A queue or subscription in peek-lock mode through the official client, with guards against what it does wrong; each guard has a test of that name. */
export function busInbox(
  client: ServiceBusClient,
  settings: InboxSettings,
  runtime: Runtime,
): Inbox<BusMessage> {
  return { open: async (onMessage) => openReceiver(client, settings, runtime, onMessage) }
}

function openReceiver(
  client: ServiceBusClient,
  settings: InboxSettings,
  runtime: Runtime,
  onMessage: (message: BusMessage) => void,
): Receiver<BusMessage> {
  const entity = entityOf(settings)
  const closing = new AbortController()
  // By lock token: two messages may bear the same messageId, or none.
  const held = new Map<string, Held>()
  let lastArrivalAt = runtime.now()
  let link = subscribe()

  function subscribe(): {
    readonly receiver: ServiceBusReceiver
    readonly settle: ReturnType<typeof guardedSettler>
  } {
    const receiver = receiverAt(client, settings, {
      receiveMode: 'peekLock',
      // The client renews by messageId, so the second of two messages of one id would lose its lock, and one without an id cannot be settled.
      maxAutoLockRenewalDurationInMs: 0,
      skipParsingBodyAsJson: true,
    })
    receiver.subscribe(
      {
        processMessage: (native) =>
          new Promise<void>((resolve) => {
            const message = toMessage(entity, native)
            lastArrivalAt = runtime.now()
            const until = native.lockedUntilUtc?.getTime()
            held.set(keyOf(native), {
              message,
              lockMs: until === undefined ? null : until - lastArrivalAt,
              letGo: resolve,
            })
            onMessage(message)
          }),
        processError: async ({ error, errorSource }) => {
          settings.onTrouble?.()
          runtime.log.warn('inbox.error', { code: busCode(error), during: errorSource })
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: Math.min(settings.inFlight, MOST_IN_FLIGHT) },
    )
    return { receiver, settle: guardedSettler(receiver) }
  }

  const keyOf = (native: ServiceBusReceivedMessage): string =>
    native.lockToken ?? String(native.sequenceNumber)
  function release(native: ServiceBusReceivedMessage): void {
    held.get(keyOf(native))?.letGo()
    held.delete(keyOf(native))
  }

  /** Some at a time: one after another would take longer than a lock lasts when the bus is far away. */
  async function renewLocks(): Promise<void> {
    const due = [...held.values()].filter(({ message, lockMs }) => {
      const until = message.native.lockedUntilUtc?.getTime()
      return until !== undefined && lockMs !== null && until - runtime.now() <= lockMs / 2
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
      // It comes again; asking for it once more would only say so once more.
      if (code === 'MessageLockLost') one.lockMs = null
      runtime.log.warn('inbox.renew.failed', { code })
    })
  }

  async function revive(): Promise<void> {
    if (held.size > 0 || Math.abs(runtime.now() - lastArrivalAt) < settings.watchdogMs) return
    lastArrivalAt = runtime.now()
    const probe = receiverAt(client, settings, { receiveMode: 'peekLock' })
    const waiting = await probe.peekMessages(1).catch(() => [])
    await closeWithin(CLOSE_MS, probe.close())
    if (waiting.length === 0 || closing.signal.aborted || held.size > 0) return
    runtime.log.warn('inbox.silent', {
      queue: entity,
      what: 'the queue holds messages and none arrives: the receiver is opened anew',
    })
    const silent = link.receiver
    link = subscribe()
    await closeWithin(CLOSE_MS, silent.close())
  }

  const every = async (ms: number, work: () => Promise<void>): Promise<void> => {
    while (!closing.signal.aborted) {
      await runtime.sleep(ms, closing.signal)
      if (!closing.signal.aborted)
        await work().catch((error: unknown) => runtime.log.warn('inbox.error', { code: busCode(error) }))
    }
  }
  const upkeep = Promise.all([every(RENEW_EVERY_MS, renewLocks), every(settings.watchdogMs, revive)]).then(
    () => {},
  )

  let closed: Promise<void> | null = null
  const close = async (): Promise<void> => {
    closing.abort()
    // Nothing is abandoned: that would raise delivery counts, and a long outage of ours would dead-letter what is sound.
    const receiverClosed = closeWithin(CLOSE_MS, link.receiver.close())
    for (const { letGo } of held.values()) letGo()
    held.clear()
    // A renewal or a peek that is on its way can hang as well.
    await Promise.all([receiverClosed, closeWithin(CLOSE_MS, upkeep)])
  }

  return {
    settle: async (dispositions) => {
      // After a cut the client takes most of a minute to give a settlement up; a lock renewed meanwhile would keep the message from coming again.
      for (const { message } of dispositions) {
        const one = held.get(keyOf(message.native))
        if (one) one.lockMs = null
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
    close: () => (closed ??= close()),
  }
}
