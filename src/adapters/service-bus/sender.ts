import type { ServiceBusClient, ServiceBusMessage, ServiceBusMessageBatch } from '@azure/service-bus'
import { RollcallError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/model.ts'
import type { Sender, OutboxMessage } from '../../core/ports.ts'

/** A queue or topic to send to, in batches as large as the bus takes. */
export function busSender(
  client: ServiceBusClient,
  entity: string,
): Sender<JsonObject | string> & { close(): Promise<void> } {
  const sender = client.createSender(entity)
  return {
    send: (messages) => sendInBatches(sender, messages.map(toNative)),
    close: () => sender.close(),
  }
}

type SdkSender = ReturnType<ServiceBusClient['createSender']>
/** A message, or one in the client's annotated form. */
export type Sendable = Parameters<ServiceBusMessageBatch['tryAddMessage']>[0]

/** The most groups that are sent at once. */
const GROUPS_AT_ONCE = 16

/**
 * In as few transfers as their size allows, those of one session or partition key in order. A batch
 * holds one of these only: a partitioned entity takes no batch of messages that are meant for
 * different partitions
 * (https://learn.microsoft.com/previous-versions/dotnet/api/microsoft.azure.servicebus.queueclient.sendasync).
 */
export async function sendInBatches(sender: SdkSender, messages: readonly Sendable[]): Promise<void> {
  const groups = [...Map.groupBy(messages, keyOf).values()]
  for (let at = 0; at < groups.length; at += GROUPS_AT_ONCE) {
    // All of them have ended before one is sent again, so that none lands behind its repetition.
    const sent = await Promise.allSettled(
      groups.slice(at, at + GROUPS_AT_ONCE).map((group) => sendGroup(sender, group)),
    )
    for (const one of sent) if (one.status === 'rejected') throw one.reason
  }
}

async function sendGroup(sender: SdkSender, messages: readonly Sendable[]): Promise<void> {
  let batch = await sender.createMessageBatch()
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue
    if (batch.count > 0) await sender.sendMessages(batch)
    batch = await sender.createMessageBatch()
    if (!batch.tryAddMessage(message))
      throw new RollcallError(
        'MessageTooLarge',
        `a message is larger than the ${batch.maxSizeInBytes} bytes the bus takes at once`,
      )
  }
  if (batch.count > 0) await sender.sendMessages(batch)
}

function keyOf(message: Sendable): string | null {
  if ('sessionId' in message && message.sessionId !== undefined) return message.sessionId
  if ('partitionKey' in message && message.partitionKey !== undefined) return message.partitionKey
  return ('properties' in message ? message.properties?.groupId : undefined) ?? null
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
