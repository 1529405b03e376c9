import type {
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
} from '@azure/service-bus'

/** Renewal is off everywhere: the client keys it by message id, which is not unique. */
export const manual: ServiceBusReceiverOptions = { maxAutoLockRenewalDurationInMs: 0 }

/** Receives `count` messages; throws when they do not arrive within `waitMs`. */
export async function receive(
  receiver: ServiceBusReceiver,
  count: number,
  waitMs = 8_000,
): Promise<ServiceBusReceivedMessage[]> {
  const messages: ServiceBusReceivedMessage[] = []
  const deadline = Date.now() + waitMs
  while (messages.length < count && Date.now() < deadline) {
    messages.push(
      ...(await receiver.receiveMessages(count - messages.length, {
        maxWaitTimeInMs: Math.max(1, deadline - Date.now()),
      })),
    )
  }
  if (messages.length < count) throw new Error(`received ${messages.length} of ${count} messages`)
  return messages
}

/** Exactly one message. */
export async function receiveOne(
  receiver: ServiceBusReceiver,
  waitMs?: number,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1, waitMs)
  if (message === undefined) throw new Error('received no message')
  return message
}
