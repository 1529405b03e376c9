import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus'
import Long from 'long'
import { RollcallError } from '../../core/errors.ts'
import {
  type DeadLetterQueue,
  type PeekedMessage,
  REJECTED_FIELD,
  type ResendCopy,
} from '../../core/ports.ts'
import { asUtf8, isContentEncoding } from '../../core/intake/body/content-type.ts'
import type { Runtime } from '../../core/runtime.ts'
import { closeWithin } from './client.ts'
import { amqpBody } from './bodies/amqp-body.ts'
import { type BodySettings, type BusMessage, toMessage, unpackMessage } from './message.ts'
import { type Sendable, sendInBatches } from './sender.ts'
import { receiverAt } from './address.ts'
import { entityOf, type EntityAddress } from '../../core/intake/entity.ts'
import { messageRemover } from './remove/remover.ts'
import { unpack } from './bodies/unpack.ts'

export type DeadLetterQueueSettings = EntityAddress &
  BodySettings & {
    /** Its native dead-letter queue, or the queue itself, which then may not require sessions. */
    readonly shelf: 'dead-letters' | 'queue'
    /**
     * How long a message is waited for that another receiver keeps locked; longer than the longest
     * lock (5 min) by default.
     */
    readonly patienceMs?: number
    /**
     * A plain queue whose head was delivered so often is not passed over again; well below its
     * `MaxDeliveryCount`. By default 7, which fits the service's own default of 10.
     */
    readonly mostDeliveries?: number
  }

/** A message of a shelf as the client gave it, so that a copy can be made of all of it. */
type PeekedBusMessage = PeekedMessage & BusMessage

const CLOSE_MS = 5_000
const PATIENCE_MS = 330_000
const MOST_DELIVERIES = 7
/** The service answers no more than 250 at once, whatever is asked for. */
export const PEEK_AT_ONCE = 250
/** Properties that a message gets when it is dead-lettered. A copy of it is sent without them. */
const OF_DEAD_LETTERS: ReadonlySet<string> = new Set([
  'DeadLetterReason',
  'DeadLetterErrorDescription',
  'DeadLetterSource',
  REJECTED_FIELD,
])

/**
 * A queue of dead letters through the official client. Peeking takes no lock and changes nothing.
 * `messageRemover` describes what `remove` does to the messages that it passes over. Errors of the
 * client come through as they are (`busCode` reads them); `QueueTakesNoCopies` and
 * `MessageTooLarge` are ours.
 */
export function busDeadLetterQueue(
  client: ServiceBusClient,
  settings: DeadLetterQueueSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
): DeadLetterQueue {
  const entity = entityOf(settings)
  const receiver = () =>
    receiverAt(client, settings, {
      ...(settings.shelf === 'dead-letters' ? { subQueueType: 'deadLetter' } : {}),
      skipConvertingDate: true,
    })
  let probe: ReturnType<typeof receiver> | null = null
  let sender: ReturnType<ServiceBusClient['createSender']> | null = null

  const peek = async (from: string, limit: number): Promise<readonly PeekedBusMessage[]> => {
    const found = await (probe ??= receiver()).peekMessages(Math.min(limit, PEEK_AT_ONCE), {
      fromSequenceNumber: Long.fromString(from),
    })
    const messages = found.map((native) => toMessage(entity, native, settings))
    for (const message of messages) await unpackMessage(message, unpack)
    return messages.map(toPeeked)
  }
  const remover = messageRemover(
    receiver,
    peek,
    {
      patienceMs: settings.patienceMs ?? PATIENCE_MS,
      mostDeliveries: settings.shelf === 'queue' ? (settings.mostDeliveries ?? MOST_DELIVERIES) : Infinity,
    },
    runtime,
  )

  return {
    entity,
    takesCopies: 'queue' in settings,
    peek,
    resend: async (copies) => {
      if (!('queue' in settings))
        throw new RollcallError(
          'QueueTakesNoCopies',
          `what is sent to the topic of ${entity} would reach every other subscription too`,
        )
      await sendInBatches((sender ??= client.createSender(settings.queue)), copies.map(toNative))
    },
    remove: remover.remove,
    close: async () => {
      await closeWithin(CLOSE_MS, remover.close())
      await Promise.all(
        [probe, sender].map((link) => closeWithin(CLOSE_MS, link?.close() ?? Promise.resolve())),
      )
    },
  }
}

/** The text is made here, because a peeked message is looked at. */
function toPeeked(message: BusMessage): PeekedBusMessage {
  const { native } = message
  return {
    ...message,
    deliveryCount: native.deliveryCount ?? 0,
    reason: native.deadLetterReason ?? null,
    description: native.deadLetterErrorDescription ?? null,
  }
}

function isOfTheBus(message: PeekedMessage): message is PeekedBusMessage {
  return 'native' in message
}

/**
 * The body in the very bytes of the original unless its text was changed; a changed text is sent as
 * UTF-8, not packed, and is marked as such. The time to live is not copied, because a message that
 * expired once would expire again; the entity's own default holds.
 */
function toNative({ original, messageId, text, properties }: ResendCopy): Sendable {
  const native = isOfTheBus(original) ? original.native : null
  const isWhole = native !== null && text === original.text
  const kept = Object.entries(original.properties).filter(
    ([name]) => !OF_DEAD_LETTERS.has(name) && (isWhole || !isContentEncoding(name)),
  )
  const applicationProperties = { ...Object.fromEntries(kept), ...properties }
  const { sessionId } = original
  const contentType = isWhole ? original.contentType : asUtf8(original.contentType)
  const contentEncoding = isWhole ? native._rawAmqpMessage.properties?.contentEncoding : undefined
  const body = isWhole ? bodyOf(native) : textBody(text)
  if (body.type !== 'data' || contentEncoding !== undefined)
    // A value is not a data section; the client keeps the difference, and the encoding, only in its
    // annotated form.
    return {
      body: body.value,
      bodyType: body.type,
      applicationProperties,
      properties: {
        messageId,
        ...(contentType === null ? {} : { contentType }),
        ...(contentEncoding === undefined ? {} : { contentEncoding }),
        ...(sessionId === null ? {} : { groupId: sessionId }),
        ...(native?.subject === undefined ? {} : { subject: native.subject }),
        ...(native?.correlationId === undefined ? {} : { correlationId: native.correlationId }),
        ...(native?.to === undefined ? {} : { to: native.to }),
        ...(native?.replyTo === undefined ? {} : { replyTo: native.replyTo }),
      },
    }
  return {
    messageId,
    body: body.value,
    applicationProperties,
    ...(contentType === null ? {} : { contentType }),
    ...(sessionId === null ? {} : { sessionId }),
    ...(native?.subject === undefined ? {} : { subject: native.subject }),
    ...(native?.correlationId === undefined ? {} : { correlationId: native.correlationId }),
    ...(native?.partitionKey === undefined ? {} : { partitionKey: native.partitionKey }),
    ...(native?.to === undefined ? {} : { to: native.to }),
    ...(native?.replyTo === undefined ? {} : { replyTo: native.replyTo }),
    ...(native?.replyToSessionId === undefined ? {} : { replyToSessionId: native.replyToSessionId }),
  }
}

interface Body {
  readonly type: 'data' | 'value' | 'sequence'
  readonly value: unknown
}

function bodyOf(native: ServiceBusReceivedMessage): Body {
  const { body, _rawAmqpMessage: raw } = native
  // Several data sections are one body.
  const read = raw.bodyType === 'sequence' ? null : amqpBody(native)
  if (read?.kind === 'bytes') return { type: 'data', value: read.bytes }
  return { type: raw.bodyType === 'sequence' ? 'sequence' : 'value', value: body as unknown }
}

function textBody(text: string | null): Body {
  if (text === null)
    throw new RollcallError(
      'BodyNotText',
      'the message is not text, and nothing was given to send instead of it',
    )
  return { type: 'data', value: Buffer.from(text) }
}
