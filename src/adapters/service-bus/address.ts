import type {
  ServiceBusClient,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiver,
} from '@azure/service-bus'

/** A queue, or a subscription of a topic. */
export type Place = { readonly queue: string } | { readonly topic: string; readonly subscription: string }

/** As the bus itself addresses it. */
export function entityOf(place: Place): string {
  return 'queue' in place ? place.queue : `${place.topic}/Subscriptions/${place.subscription}`
}

export function receiverAt(
  client: ServiceBusClient,
  place: Place,
  options: ServiceBusReceiverOptions,
): ServiceBusReceiver {
  return 'queue' in place
    ? client.createReceiver(place.queue, options)
    : client.createReceiver(place.topic, place.subscription, options)
}

/** The session that is on offer longest. Rejects with `ServiceTimeout` when none came within the client's timeout; cannot be aborted. */
export function nextSessionAt(client: ServiceBusClient, place: Place): Promise<ServiceBusSessionReceiver> {
  const options = {
    receiveMode: 'peekLock',
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  } as const
  return 'queue' in place
    ? client.acceptNextSession(place.queue, options)
    : client.acceptNextSession(place.topic, place.subscription, options)
}
