import type {
  ServiceBusClient,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiver,
} from '@azure/service-bus'
import type { EntityAddress } from '../../core/intake/entity.ts'

export function receiverAt(
  client: ServiceBusClient,
  address: EntityAddress,
  options: ServiceBusReceiverOptions,
): ServiceBusReceiver {
  return 'queue' in address
    ? client.createReceiver(address.queue, options)
    : client.createReceiver(address.topic, address.subscription, options)
}

/**
 * Accepts the next session that has messages. Rejects with `ServiceTimeout` when there is none within the
 * client's timeout. Cannot be aborted.
 */
export function nextSessionAt(
  client: ServiceBusClient,
  address: EntityAddress,
): Promise<ServiceBusSessionReceiver> {
  const options = {
    receiveMode: 'peekLock',
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  } as const
  return 'queue' in address
    ? client.acceptNextSession(address.queue, options)
    : client.acceptNextSession(address.topic, address.subscription, options)
}
