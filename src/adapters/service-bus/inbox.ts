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
}
export const MOST_IN_FLIGHT = 1_500
const CLOSE_MS = 5_000
/** Looked at this often; renewed when less than half of a lock is left. */
const RENEW_EVERY_MS = 5_000

interface Held {
  readonly message: BusMessage
  readonly since: number
  /** Lets the client grant credit for another message. */
  readonly letGo: () => void
}

/** A queue or subscription in peek-lock mode through the official client, with guards against what it does wrong; each guard has a test of that name. */
export function busInbox(client: ServiceBusClient, settings: InboxSettings, runtime: Runtime): Inbox<BusMessage> {
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

  function subscribe(): { readonly receiver: ServiceBusReceiver; readonly settle: ReturnType<typeof guardedSettler> } {
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
            held.set(native.lockToken ?? message.sequence, { message, since: lastArrivalAt, letGo: resolve })
            onMessage(message)
          }),
        processError: async ({ error, errorSource }) => runtime.log.warn('inbox.error', { code: busCode(error), during: errorSource }),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: Math.min(settings.inFlight, MOST_IN_FLIGHT) },
    )
    return { receiver, settle: guardedSettler(receiver) }
  }

  function release(native: ServiceBusReceivedMessage): void {
    const key = native.lockToken ?? String(native.sequenceNumber)
    held.get(key)?.letGo()
    held.delete(key)
  }

  async function renewLocks(): Promise<void> {
    const { receiver } = link
    const now = runtime.now()
    for (const { message, since } of held.values()) {
      const until = message.native.lockedUntilUtc?.getTime()
      if (until === undefined || until - now > (until - since) / 2) continue
      await receiver
        .renewMessageLock(message.native)
        .catch((error: unknown) => runtime.log.warn('inbox.renew.failed', { code: busCode(error) }))
    }
  }

  async function revive(): Promise<void> {
    if (held.size > 0 || runtime.now() - lastArrivalAt < settings.watchdogMs) return
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
      if (!closing.signal.aborted) await work().catch((error: unknown) => runtime.log.warn('inbox.error', { code: busCode(error) }))
    }
  }
  const upkeep = Promise.all([every(RENEW_EVERY_MS, renewLocks), every(settings.watchdogMs, revive)])

  return {
    settle: async (dispositions) => {
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
    close: async () => {
      closing.abort()
      // Nothing is abandoned: that would raise delivery counts, and a long outage of ours would dead-letter what is sound.
      const closed = closeWithin(CLOSE_MS, link.receiver.close())
      for (const { letGo } of held.values()) letGo()
      held.clear()
      await closed
      await upkeep
    },
  }
}
