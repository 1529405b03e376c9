import type { QueueEntity } from './entity.ts'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import type { BrokerSettings } from '../settings.ts'
import type { Arrival, DeadLetter } from '../store/contract.ts'
import type { StoredMessage } from '../store/message.ts'
import type { Envelope } from '../wire/message.ts'
import { withApplicationProperties } from '../wire/sections.ts'

/** A message may be forwarded this often [documented]. */
const MAX_HOPS = 4

/**
 * Passes a message on to `target`, the entity at `address`. A message that cannot be passed on goes
 * to `fallback`, the transfer dead-letter queue of the entity it comes from.
 */
export function forward(
  address: string,
  target: QueueEntity | undefined,
  fallback: QueueEntity | undefined,
  envelope: Envelope,
  arrival: Arrival,
  now: number,
): void {
  const fail = (reason: string, description: string) => {
    const bare = withApplicationProperties(
      envelope.bare,
      lettered({ reason, description, properties: new Map() }),
    )
    fallback?.queue.enqueue({ ...envelope, bare }, now, arrival)
  }
  if (target === undefined || target.status === 'Disabled' || target.status === 'SendDisabled') {
    fail(
      'MessagingEntityNotFound',
      `The message could not be forwarded to '${address}': it does not exist or does not take messages.`,
    )
  } else if (arrival.hops > MAX_HOPS) {
    fail('MaxTransferHopCountExceeded', `The message was forwarded more than ${MAX_HOPS} times.`)
  } else if (
    target.queue.spec.requiresSession &&
    envelope.sessionId === undefined &&
    target.deadLetters !== undefined
  ) {
    const letter = {
      reason: 'Session ID is null',
      description: 'A message without a session id was forwarded to an entity that requires sessions.',
    }
    const bare = withApplicationProperties(envelope.bare, lettered({ ...letter, properties: new Map() }))
    target.deadLetters.queue.enqueue({ ...envelope, bare }, now, arrival)
  } else {
    target.queue.enqueue(envelope, now, arrival)
  }
}

/** Puts a message into the dead-letter queue of its entity. */
export function bury(
  target: QueueEntity,
  message: StoredMessage,
  envelope: Envelope,
  letter: DeadLetter,
  now: number,
  deadLetterSequence: BrokerSettings['deadLetterSequence'],
): void {
  const bare = withApplicationProperties(envelope.bare, lettered(letter))
  target.queue.enqueue({ ...envelope, bare }, now, {
    deliveryCount: message.deliveryCount,
    sequence: deadLetterSequence === 'keep' ? message.sequence : undefined,
    enqueuedAt: message.enqueuedAt,
    originalSequence: message.originalSequence,
    deadLetterSource: message.deadLetterSource,
    hops: message.hops,
    wasScheduled: false,
  })
}

function lettered({ reason, description, properties }: DeadLetter): Map<string, Typed> {
  const all = new Map<string, Typed>(properties)
  if (reason !== undefined) all.set('DeadLetterReason', amqp.wrap_string(reason))
  if (description !== undefined) all.set('DeadLetterErrorDescription', amqp.wrap_string(description))
  return all
}
