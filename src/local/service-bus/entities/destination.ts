import type { ManagedConfig } from '../config.ts'
import type { Destination, QueueEntity } from './entity.ts'
import { type Refusal, REFUSALS } from '../errors.ts'
import type { BrokerSettings } from '../settings.ts'
import type { Envelope } from '../wire/message.ts'
import { propertySizes } from '../wire/sections.ts'

/**
 * Property limits the service documents
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas).
 */
const MAX_ID_LENGTH = 128
const MAX_PROPERTY_BYTES = 32 * 1024
const MAX_PROPERTIES_BYTES = 64 * 1024

/**
 * Sending to a queue or topic: everything that can be wrong with a message is found before any
 * message of the delivery is stored.
 */
export function destinationOf(
  entity: QueueEntity,
  settings: BrokerSettings,
  managed: { readonly config: ManagedConfig },
): Destination {
  const { queue, address } = entity
  const refusalOf = (envelopes: readonly Envelope[]): Refusal | undefined => {
    if (envelopes.length > settings.maxBatchMessages) {
      return REFUSALS.notAllowed(
        `A batch may hold ${settings.maxBatchMessages} messages, this one holds ${envelopes.length}.`,
      )
    }
    if (
      queue.spec.partitioned &&
      new Set(envelopes.map(({ sessionId, partitionKey }) => sessionId ?? partitionKey)).size > 1
    )
      return REFUSALS.notAllowed(
        'The messages of a batch to a partitioned entity have to have the same SessionId or PartitionKey.',
      )
    const maxEntityBytes = managed.config.maxEntityBytes ?? settings.maxEntityBytes
    let bytes = queue.bytes
    for (const envelope of envelopes) {
      bytes += envelope.size
      if (bytes > maxEntityBytes) return REFUSALS.quotaExceeded(address)
      const problem = problemOf(envelope, queue.spec.requiresSession)
      if (problem !== undefined) return REFUSALS.notAllowed(problem)
      const tooLarge = oversizedProperties(envelope)
      if (tooLarge !== undefined) return tooLarge
    }
    return undefined
  }
  return {
    address,
    get status() {
      return entity.status
    },
    get maxMessageBytes() {
      return managed.config.maxMessageBytes ?? settings.maxMessageBytes
    },
    accept: (envelopes, now) => {
      const refusal = refusalOf(envelopes)
      if (refusal !== undefined) return refusal
      for (const envelope of envelopes) queue.enqueue(envelope, now)
      return undefined
    },
    // A duplicate has no sequence number of its own.
    schedule: (envelope, now) => refusalOf([envelope]) ?? queue.enqueue(envelope, now) ?? 0,
    cancelScheduled: (sequences) => queue.cancelScheduled(sequences),
  }
}

function problemOf(
  { messageId, sessionId, partitionKey }: Envelope,
  requiresSession: boolean,
): string | undefined {
  if (requiresSession && sessionId === undefined) {
    return 'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.'
  }
  if (messageId.length > MAX_ID_LENGTH) return `The MessageId is longer than ${MAX_ID_LENGTH} characters.`
  if (sessionId !== undefined && sessionId.length > MAX_ID_LENGTH)
    return `The SessionId is longer than ${MAX_ID_LENGTH} characters.`
  if (
    sessionId !== undefined &&
    sessionId !== '' &&
    partitionKey !== undefined &&
    sessionId !== partitionKey
  ) {
    return 'The PartitionKey and the SessionId of a message have to be the same when both are set.'
  }
  return undefined
}

/**
 * The quotas count bytes; what the service answers over AMQP when they are exceeded is not
 * documented.
 */
function oversizedProperties({ bare, annotations }: Envelope): Refusal | undefined {
  if (bare.length + (annotations?.length ?? 0) <= MAX_PROPERTY_BYTES) return undefined
  const sizes = propertySizes(bare)
  const largest = sizes.application.reduce((most, size) => Math.max(most, size), 0)
  if (largest > MAX_PROPERTY_BYTES)
    return REFUSALS.propertiesTooLarge('A property of the message', largest, MAX_PROPERTY_BYTES)
  const all = sizes.sections + (annotations?.length ?? 0)
  return all > MAX_PROPERTIES_BYTES
    ? REFUSALS.propertiesTooLarge(
        'The header of the message with all of its properties',
        all,
        MAX_PROPERTIES_BYTES,
      )
    : undefined
}
