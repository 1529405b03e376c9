import type { Reply } from '../amqp/control.ts'
import { REFUSALS } from '../errors.ts'
import type { Node } from '../entities/address-table.ts'
import { amqp, type DecodedMessage } from '../amqp/rhea-types.ts'
import type { Outcome } from '../store/contract.ts'
import { stampOf, type StoredMessage } from '../store/message.ts'
import { encodeStored } from '../wire/delivery.ts'
import { parseEnvelope } from '../wire/message.ts'
import { sectionBounds } from '../wire/sections.ts'
import { MalformedError } from '../wire/reader.ts'
import {
  type Ask,
  type Body,
  buffersOf,
  failed,
  mapOf,
  noContent,
  numberOf,
  ok,
  type Operation,
  propertiesOf,
  textOf,
} from './answers.ts'
import { fromWire, toWire } from '../store/sequence-number.ts'
import { addRule, listRules, removeRule } from './rules.ts'
import { getSessionState, listSessions, renewSessionLock, sessionLost, setSessionState } from './sessions.ts'
import { unreachable } from '../unreachable.ts'

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['com.microsoft:renew-lock', renewLocks],
  ['com.microsoft:peek-message', peekMessages],
  ['com.microsoft:update-disposition', updateDisposition],
  ['com.microsoft:receive-by-sequence-number', receiveDeferred],
  ['com.microsoft:schedule-message', scheduleMessages],
  ['com.microsoft:cancel-scheduled-message', cancelScheduled],
  ['com.microsoft:batch-delete-messages', deleteMessages],
  ['com.microsoft:renew-session-lock', renewSessionLock],
  ['com.microsoft:set-session-state', setSessionState],
  ['com.microsoft:get-session-state', getSessionState],
  ['com.microsoft:get-message-sessions', listSessions],
  ['com.microsoft:add-rule', addRule],
  ['com.microsoft:remove-rule', removeRule],
  ['com.microsoft:enumerate-rules', listRules],
])

/**
 * Answers a request to `<entity>/$management`, as the request/response part of the Service Bus AMQP
 * guide lists them
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response).
 */
export function manage(node: Node, request: DecodedMessage, now: number): Reply {
  if (node.kind !== 'queue' && node.kind !== 'topic')
    return failed(400, REFUSALS.notAllowed('This node is not managed.'))
  const name = textOf(request.application_properties?.['operation']) ?? ''
  const operation = OPERATIONS.get(name)
  if (operation === undefined)
    return failed(400, REFUSALS.notImplemented(`The operation '${name}' is not supported.`))
  const rules = node.kind === 'queue' ? node.rules : undefined
  const linkName = textOf(request.application_properties?.['associated-link-name'])
  try {
    return operation({
      entity: node.entity,
      destination: node.destination,
      rules,
      body: mapOf(request.body),
      linkName,
      now,
    })
  } catch (error) {
    if (error instanceof MalformedError || error instanceof RangeError)
      return failed(400, REFUSALS.decodeError(error.message))
    throw error
  }
}

function renewLocks({ entity, body, now }: Ask): Reply {
  const expirations: number[] = []
  for (const token of buffersOf(body['lock-tokens'])) {
    const until = entity.queue.renew(entity.queue.tokens.decode(token), now)
    if (until === undefined) return failed(410, REFUSALS.messageLockLost())
    expirations.push(until)
  }
  return ok({ expirations: amqp.wrap_array(expirations, 0x83) })
}

function peekMessages({ entity, body }: Ask): Reply {
  if (entity.status === 'Disabled' || entity.status === 'ReceiveDisabled')
    return failed(400, REFUSALS.entityDisabled(entity.address))
  const sessionId = textOf(body['session-id'])
  const accept =
    sessionId === undefined ? undefined : (message: StoredMessage) => message.envelope.sessionId === sessionId
  const count = Math.min(numberOf(body['message-count']) ?? 1, 1000)
  const withoutBody = body['omit-message-body'] === true
  const messages = entity.queue.peek(fromWire(body['from-sequence-number']) ?? 0, count, accept)
  if (messages.length === 0) return noContent('There are no messages to peek.')
  return ok({
    messages: messages.map((message) => {
      const envelope = withoutBody
        ? { ...message.envelope, bare: headOf(message.envelope.bare) }
        : message.envelope
      return {
        message: amqp.wrap_binary(encodeStored(envelope, { ...stampOf(message), lockedUntil: undefined })),
      }
    }),
  })
}

function updateDisposition({ entity, body, now }: Ask): Reply {
  const outcome = dispositionOutcome(body)
  if (outcome === undefined)
    return failed(400, REFUSALS.invalidField('disposition-status is missing or unknown.'))
  const sessionId = textOf(body['session-id'])
  for (const token of buffersOf(body['lock-tokens'])) {
    const settlement = entity.queue.settle(entity.queue.tokens.decode(token), outcome, now)
    switch (settlement) {
      case 'settled':
        break
      case 'lock-lost':
        return sessionId === undefined ? failed(410, REFUSALS.messageLockLost()) : sessionLost(sessionId)
      case 'not-allowed':
        return failed(400, REFUSALS.notAllowed('A message in a dead-letter queue cannot be dead-lettered.'))
      default:
        return unreachable(settlement)
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
    // The service spells it with one r; both are taken.
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

function receiveDeferred({ entity, body, now }: Ask): Reply {
  const removes = numberOf(body['receiver-settle-mode']) === 0
  const sessionId = textOf(body['session-id'])
  const { sessions } = entity.queue
  if (sessions !== undefined && (sessionId === undefined || sessions.get(sessionId)?.lock === 0))
    return sessionLost(sessionId ?? '')
  const messages = entity.queue.takeDeferred(sequencesOf(body['sequence-numbers']), removes, now, sessionId)
  if (messages === undefined)
    return failed(
      404,
      REFUSALS.messageNotFound('Failed to lock one or more specified messages. The message does not exist.'),
    )
  return ok({
    messages: messages.map((message) => {
      const token = entity.queue.tokens.encode({ lock: message.lock, sequence: message.sequence })
      const stamp = stampOf(message, removes ? undefined : token)
      return {
        'lock-token': amqp.wrap_uuid(token),
        message: amqp.wrap_binary(encodeStored(message.envelope, stamp)),
      }
    }),
  })
}

function sequencesOf(value: unknown): number[] {
  return (Array.isArray(value) ? value : []).flatMap((entry: unknown) => fromWire(entry) ?? [])
}

function scheduleMessages({ entity, destination, body, now }: Ask): Reply {
  if (destination === undefined)
    return failed(400, REFUSALS.notAllowed(`Messages cannot be sent to '${entity.address}'.`))
  if (destination.status === 'Disabled' || destination.status === 'SendDisabled')
    return failed(400, REFUSALS.entityDisabled(entity.address))
  const entries = Array.isArray(body['messages']) ? body['messages'] : []
  const envelopes = entries.map((entry) => {
    const bytes = mapOf(entry)['message']
    if (!Buffer.isBuffer(bytes)) throw new MalformedError('an entry of messages has no message')
    return parseEnvelope(bytes)
  })
  const sequences: Buffer[] = []
  for (const envelope of envelopes) {
    const scheduled = destination.schedule(envelope, now)
    if (typeof scheduled !== 'number')
      return failed(scheduled.condition === 'amqp:resource-limit-exceeded' ? 403 : 400, scheduled)
    sequences.push(toWire(scheduled))
  }
  return ok({ 'sequence-numbers': amqp.wrap_array(sequences, 0x81) })
}

function cancelScheduled({ destination, body }: Ask): Reply {
  if (destination?.cancelScheduled(sequencesOf(body['sequence-numbers'])) === true) return ok()
  return failed(404, REFUSALS.messageNotFound('One or more of the scheduled messages were not found.'))
}

function deleteMessages({ entity, body, now }: Ask): Reply {
  const before = body['enqueued-time-utc']
  const sessionId = textOf(body['session-id'])
  const session = sessionId === undefined ? undefined : entity.queue.sessions?.get(sessionId)
  // The service deletes at most 4000 in one call [documented].
  const count = Math.min(numberOf(body['message-count']) ?? 0, 4000)
  const deleted = entity.queue.deleteReady(count, before instanceof Date ? before.getTime() : now, session)
  return deleted === 0
    ? noContent('There are no messages to delete.')
    : ok({ 'message-count': amqp.wrap_int(deleted) })
}

/** Properties and application properties, without the body: what a peek without bodies shows. */
function headOf(bare: Buffer): Buffer {
  const properties = sectionBounds(bare, 0x73)
  const application = sectionBounds(bare, 0x74)
  return Buffer.concat([
    bare.subarray(properties?.start ?? 0, properties?.end ?? 0),
    bare.subarray(application?.start ?? 0, application?.end ?? 0),
  ])
}
