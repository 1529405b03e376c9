import type { MessageHandlers, ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus'
import { entityOf, type EntityAddress } from '../../../core/intake/entity.ts'
import type { Runtime } from '../../../core/runtime.ts'
import { receiverAt } from '../address.ts'
import { busCode, closeWithin } from '../client.ts'
import type { Connection } from '../connection.ts'
import { type BodySettings, type BusMessage, toMessage } from '../message.ts'
import { type Settling, withSettler } from '../settle.ts'
import { type HeldMessages, heldMessages } from './held-messages.ts'
import { type OpenAttempts, openAttempts, type OpenHooks } from './open-attempts.ts'
import { paceReads } from './pace-reads.ts'
import { type Trouble, troubleOf } from './trouble.ts'

export type SourceQueueSettings = EntityAddress &
  BodySettings & {
    /**
     * The most unsettled messages. The client stalls at 2,048 for each receiver, so this stays well
     * below.
     */
    readonly inFlight: number
    /**
     * A connection that stops answering is replaced within this time, and so is a receiver that
     * brings nothing for this long although the queue holds messages.
     */
    readonly watchdogMs: number
    /** Called when the bus cannot be reached, or the connection is lost. */
    readonly onTrouble?: () => void
    /** The trouble that several receivers of the entity share; one of its own by default. */
    readonly trouble?: Trouble
  }

const MOST_IN_FLIGHT = 1_500
export const CLOSE_MS = 5_000

/**
 * One subscription to the queue. A receiver replaces its link when the bus stops answering on it.
 */
export interface Link extends Settling<ServiceBusReceiver> {
  readonly client: ServiceBusClient
  readonly subscription: { close(): Promise<void> }
}

/** What one open receiver is made of, whatever link it has at the moment. */
export interface Receiving {
  readonly connection: Connection
  readonly settings: SourceQueueSettings
  readonly entity: string
  readonly runtime: Runtime
  readonly onMessage: (message: BusMessage) => void
  readonly mostHeld: number
  readonly held: HeldMessages
  readonly attempts: OpenAttempts
  readonly trouble: Trouble
  /** Aborts when no more messages are wanted. */
  readonly pausing: AbortController
  readonly closing: AbortController
  link: Link
  lastArrivalAt: number
  /** When the service last showed that this connection reaches it. */
  lastAnswerAt: number
}

/** Opens the first link. */
export function startReceiving(
  connection: Connection,
  settings: SourceQueueSettings,
  runtime: Runtime,
  onMessage: (message: BusMessage) => void,
): Receiving {
  const entity = entityOf(settings)
  const pausing = new AbortController()
  const parts = {
    connection,
    settings,
    entity,
    runtime,
    onMessage,
    mostHeld: Math.min(settings.inFlight, MOST_IN_FLIGHT),
    held: heldMessages(pausing.signal, runtime),
    attempts: openAttempts(settings.onTrouble, pausing.signal, runtime),
    trouble: settings.trouble ?? troubleOf(entity, runtime),
    pausing,
    closing: new AbortController(),
    lastArrivalAt: runtime.now(),
    lastAnswerAt: runtime.now(),
  }
  return Object.assign(parts, { link: subscribe(parts) })
}

/** Replaces the link. Resolves when the former one is closed. */
export function reopen(receiving: Receiving): Promise<void> {
  const former = receiving.link
  receiving.lastArrivalAt = receiving.runtime.now()
  receiving.attempts.restart()
  receiving.link = subscribe(receiving)
  return closeWithin(CLOSE_MS, former.receiver.close())
}

function subscribe(receiving: Omit<Receiving, 'link'>): Link {
  const { connection, settings, entity, runtime, held, attempts, trouble } = receiving
  const { client } = connection
  const receiver = receiverAt(client, settings)
  const handlers: MessageHandlers & OpenHooks = {
    ...attempts.hooks,
    postInitialize: async () => {
      await attempts.hooks.postInitialize()
      paceReads(client)
    },
    processMessage: (native) =>
      new Promise<void>((resolve) => {
        const message = toMessage(entity, native, settings)
        receiving.lastArrivalAt = runtime.now()
        attempts.succeeded()
        trouble.over()
        held.add(message, resolve)
        receiving.onMessage(message)
      }),
    processError: async ({ error, errorSource }) => {
      // An attempt to open the link that was still waiting ends with an error when the receiver
      // closes.
      if (receiving.pausing.signal.aborted && error.name === 'AbortError') return
      settings.onTrouble?.()
      const code = busCode(error)
      attempts.failed(code)
      trouble.failed(code, { during: errorSource })
    },
  }
  const subscription = receiver.subscribe(handlers, {
    autoCompleteMessages: false,
    maxConcurrentCalls: receiving.mostHeld,
  })
  return { client, subscription, ...withSettler(receiver) }
}
