import type { Reply } from './control.ts'
import type { QueueEntity } from './entity.ts'
import { refusals } from './errors.ts'
import type { Refusal } from './errors.ts'
import { amqp } from './rhea-types.ts'
import type { DecodedMessage, Typed } from './rhea-types.ts'
import { stampOf } from './store/message.ts'
import type { Outcome } from './store/queue.ts'
import { encodeStored } from './wire/delivery.ts'

/**
 * The operations of `<entity>/$management` on a queue, subscription or dead-letter queue, as the request/response part of the Service Bus
 * AMQP guide lists them (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response).
 */
export function manageQueue(entity: QueueEntity, request: DecodedMessage, now: number): Reply {
  const operation = textOf(request.application_properties?.['operation']) ?? ''
  const handler = handlers[operation]
  if (handler === undefined) return failed(400, refusals.notImplemented(`The operation '${operation}' is not supported.`))
  return handler(entity, bodyOf(request), now)
}

type Body = Readonly<Record<string, unknown>>
type Handler = (entity: QueueEntity, body: Body, now: number) => Reply

export const ok = (body?: Readonly<Record<string, unknown>>): Reply =>
  body === undefined ? { status: 200, description: 'OK' } : { status: 200, description: 'OK', body }
export const failed = (status: number, { condition, description }: Refusal): Reply => ({ status, description, condition })
const noContent = (detail: string): Reply => ({ status: 204, description: detail, condition: 'com.microsoft:message-not-found' })

const handlers: Readonly<Record<string, Handler>> = {
  'com.microsoft:renew-lock': renewLocks,
  'com.microsoft:peek-message': peekMessages,
  'com.microsoft:update-disposition': updateDisposition,
  'com.microsoft:receive-by-sequence-number': receiveDeferred,
  'com.microsoft:cancel-scheduled-message': cancelScheduled,
  'com.microsoft:batch-delete-messages': deleteMessages,
}

function renewLocks(entity: QueueEntity, body: Body, now: number): Reply {
  const expirations: number[] = []
  for (const token of buffersOf(body['lock-tokens'])) {
    const until = entity.queue.renew(entity.queue.tokens.decode(token), now)
    if (until === undefined) return failed(410, refusals.messageLockLost())
    expirations.push(until)
  }
  return ok({ expirations: amqp.wrap_array(expirations, 0x83) })
}

function peekMessages(entity: QueueEntity, body: Body): Reply {
  const sessionId = textOf(body['session-id'])
  const accept =
    sessionId === undefined
      ? undefined
      : (message: { envelope: { sessionId: string | undefined } }) => message.envelope.sessionId === sessionId
  const messages = entity.queue.peek(
    numberOf(body['from-sequence-number']) ?? 0,
    Math.min(numberOf(body['message-count']) ?? 1, 1000),
    accept,
  )
  if (messages.length === 0) return noContent('There are no messages to peek.')
  return ok({
    messages: messages.map((message) => ({
      message: amqp.wrap_binary(encodeStored(message.envelope, { ...stampOf(message), lockedUntil: undefined })),
    })),
  })
}

function updateDisposition(entity: QueueEntity, body: Body, now: number): Reply {
  const outcome = dispositionOutcome(body)
  if (outcome === undefined) return failed(400, refusals.invalidField('disposition-status is missing or unknown.'))
  for (const token of buffersOf(body['lock-tokens'])) {
    const settlement = entity.queue.settle(entity.queue.tokens.decode(token), outcome, now)
    switch (settlement) {
      case 'settled':
        break
      case 'lock-lost':
        return failed(410, refusals.messageLockLost())
      case 'not-allowed':
        return failed(400, refusals.notAllowed('A message in a dead-letter queue cannot be dead-lettered.'))
      default:
        settlement satisfies never
    }
  }
  return ok()
}

function dispositionOutcome(body: Body): Outcome | undefined {
  const properties = propertiesOf(body['properties-to-modify'])
  switch (textOf(body['disposition-status']) ?? '') {
    case 'completed':
      return { kind: 'complete' }
    case 'abandoned':
      return { kind: 'abandon', properties, counts: true }
    case 'defered':
    case 'deferred':
      return { kind: 'defer', properties }
    case 'suspended':
      return {
        kind: 'deadLetter',
        reason: textOf(body['deadletter-reason']),
        description: textOf(body['deadletter-description']),
        properties,
      }
    default:
      return undefined
  }
}

function receiveDeferred(entity: QueueEntity, body: Body, now: number): Reply {
  const removes = numberOf(body['receiver-settle-mode']) === 0
  const messages = entity.queue.takeDeferred(numbersOf(body['sequence-numbers']), removes, now)
  if (messages === undefined)
    return failed(404, refusals.messageNotFound('Failed to lock one or more specified messages. The message does not exist.'))
  return ok({
    messages: messages.map((message) => ({
      'lock-token': amqp.wrap_uuid(entity.queue.tokens.encode({ lock: message.lock, sequence: message.sequence })),
      message: amqp.wrap_binary(encodeStored(message.envelope, stampOf(message))),
    })),
  })
}

function cancelScheduled(entity: QueueEntity, body: Body): Reply {
  if (entity.queue.cancelScheduled(numbersOf(body['sequence-numbers']))) return ok()
  return failed(404, refusals.messageNotFound('One or more of the scheduled messages were not found.'))
}

function deleteMessages(entity: QueueEntity, body: Body, now: number): Reply {
  const before = body['enqueued-time-utc']
  const deleted = entity.queue.deleteReady(
    Math.min(numberOf(body['message-count']) ?? 0, 4000),
    before instanceof Date ? before.getTime() : now,
  )
  return deleted === 0 ? noContent('There are no messages to delete.') : ok({ 'message-count': amqp.wrap_int(deleted) })
}

function bodyOf(request: DecodedMessage): Body {
  const { body } = request
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : {}
}

/** Numbers come as such, or as eight bytes when they exceed 2^53. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (Buffer.isBuffer(value) && value.length === 8) return Number(value.readBigInt64BE(0))
  return undefined
}

export function numbersOf(value: unknown): number[] {
  return (Array.isArray(value) ? value : []).map(numberOf).filter((entry) => entry !== undefined)
}

function buffersOf(value: unknown): Buffer[] {
  return (Array.isArray(value) ? value : []).filter((entry) => Buffer.isBuffer(entry))
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function propertiesOf(value: unknown): Map<string, Typed> {
  if (typeof value !== 'object' || value === null) return new Map()
  return new Map(Object.entries(value).map(([name, entry]) => [name, amqp.wrap(entry)]))
}
