import type { ServiceBusClient, ServiceBusMessage, ServiceBusMessageBatch } from '@azure/service-bus'
import { RollcallError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/model.ts'
import type { Outlet, OutboxMessage } from '../../core/ports.ts'

/** A queue or topic to send to, in batches as large as the bus takes. */
export function busOutlet(client: ServiceBusClient, entity: string): Outlet<JsonObject | string> & { close(): Promise<void> } {
  const sender = client.createSender(entity)
  return {
    send: (messages) => sendInBatches(sender, messages.map(toNative)),
    close: () => sender.close(),
  }
}

/** A message, or one in the client's annotated form. */
export type Sendable = Parameters<ServiceBusMessageBatch['tryAddMessage']>[0]

/** In order, in as few transfers as their size allows. */
export async function sendInBatches(sender: ReturnType<ServiceBusClient['createSender']>, messages: readonly Sendable[]): Promise<void> {
  let batch = await sender.createMessageBatch()
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue
    if (batch.count > 0) await sender.sendMessages(batch)
    batch = await sender.createMessageBatch()
    if (!batch.tryAddMessage(message))
      throw new RollcallError('MessageTooLarge', `a message is larger than the ${batch.maxSizeInBytes} bytes the bus takes at once`)
  }
  if (batch.count > 0) await sender.sendMessages(batch)
}

function toNative(message: OutboxMessage<JsonObject | string>): ServiceBusMessage {
  return {
    messageId: message.id,
    subject: message.subject,
    contentType: message.contentType,
    // The client would make a JSON text of a text.
    body: typeof message.body === 'string' ? Buffer.from(message.body) : message.body,
    ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
    applicationProperties: { ...message.properties },
  }
}
