import { randomUUID } from 'node:crypto'
import type { MessageHandlers, ServiceBusClient } from '@azure/service-bus'
import type { EntityAddress } from '../../core/intake/entity.ts'
import { receiverAt, sessionAt } from './address.ts'
import { busCode, closeWithin } from './client.ts'
import type { OpenHooks } from './receive/open-attempts.ts'

const CLOSE_MS = 2_000

/** `opened`, or the code of the refusal as `busCode` gives it. */
export type TriedReceiver = { readonly kind: 'opened' } | { readonly kind: 'refused'; readonly code: string }

/**
 * Opens a receiver in peek-lock mode as `run` would, and closes it before it asks for a message:
 * nothing is delivered, and no delivery is counted. With sessions, it takes a session of a name
 * that no message has. An identity that may open it may also settle: both need the right to listen.
 * Never rejects.
 */
export async function tryReceiver(
  client: ServiceBusClient,
  address: EntityAddress,
  sessions: boolean,
): Promise<TriedReceiver> {
  try {
    if (sessions) {
      const session = await sessionAt(client, address, `rollcall-check-${randomUUID()}`)
      await closeWithin(CLOSE_MS, session.close())
    } else await openWithoutCredit(client, address)
    return { kind: 'opened' }
  } catch (error) {
    const code = busCode(error)
    // No other receiver can hold a session of this name. The client reports the same code if the
    // service opens a link without a session.
    return {
      kind: 'refused',
      code: sessions && code === 'SessionCannotBeLocked' ? 'SessionsNotEnabled' : code,
    }
  }
}

/**
 * The client grants credit once `postInitialize` has ended. Held back until the receiver is closed,
 * it grants none (streamingReceiver.js, 7.9.5).
 */
async function openWithoutCredit(client: ServiceBusClient, address: EntityAddress): Promise<void> {
  const receiver = receiverAt(client, address)
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const handlers: MessageHandlers & OpenHooks = {
    preInitialize: async () => {},
    postInitialize: async () => {
      opened.resolve()
      await closed.promise
    },
    processMessage: async () => {},
    processError: async ({ error }) => opened.reject(error),
  }
  receiver.subscribe(handlers, { autoCompleteMessages: false })
  try {
    await opened.promise
  } finally {
    await closeWithin(CLOSE_MS, receiver.close())
    closed.resolve()
  }
}
