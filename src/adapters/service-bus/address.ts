import type {
  ServiceBusClient,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiver,
} from '@azure/service-bus'
import type { EntityAddress } from '../../core/intake/entity.ts'

/**
 * The client's own renewal of locks is off. It identifies messages by messageId: of two messages
 * with one id, the second would lose its lock, and a message without an id could not be settled.
 * That of sessions outlives its session and keeps the process alive.
 */
const PEEK_LOCK = {
  receiveMode: 'peekLock',
  maxAutoLockRenewalDurationInMs: 0,
  skipParsingBodyAsJson: true,
} as const

/**
 * A receiver in peek-lock mode that renews no locks and leaves bodies as they are, unless `more`
 * says otherwise.
 */
export function receiverAt(
  client: ServiceBusClient,
  address: EntityAddress,
  more: ServiceBusReceiverOptions = {},
): ServiceBusReceiver {
  const options = { ...PEEK_LOCK, ...more }
  return 'queue' in address
    ? client.createReceiver(address.queue, options)
    : client.createReceiver(address.topic, address.subscription, options)
}

/**
 * Accepts the next session that has messages. Rejects with `ServiceTimeout` when there is none
 * within the client's timeout. Cannot be aborted.
 */
export function nextSessionAt(
  client: ServiceBusClient,
  address: EntityAddress,
): Promise<ServiceBusSessionReceiver> {
  return 'queue' in address
    ? client.acceptNextSession(address.queue, PEEK_LOCK)
    : client.acceptNextSession(address.topic, address.subscription, PEEK_LOCK)
}

/** Accepts the session of this name, whether it has messages or not. */
export function sessionAt(
  client: ServiceBusClient,
  address: EntityAddress,
  session: string,
): Promise<ServiceBusSessionReceiver> {
  return 'queue' in address
    ? client.acceptSession(address.queue, session, PEEK_LOCK)
    : client.acceptSession(address.topic, address.subscription, session, PEEK_LOCK)
}
