import { types } from 'node:util'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { MAX_DEPTH } from '../../../core/json.ts'
import { bare } from '../../../core/own.ts'
import type { Json } from '../../../core/model.ts'
import type { BodyTrouble } from '../../../core/ports.ts'

/**
 * The body of an AMQP message. A data section holds bytes; a value section holds a text, a number,
 * a list or a map, and sequence sections lists, all of which become JSON
 * (https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-message-format).
 */
export type AmqpBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'unreadable' } & BodyTrouble)

type Body = Pick<ServiceBusReceivedMessage, 'body' | '_rawAmqpMessage'>

export function amqpBody({ body, _rawAmqpMessage: raw }: Body): AmqpBody {
  const value: unknown = body
  // Not instanceof, here and below: the client makes objects of described values that only look
  // like bytes or dates.
  if (types.isUint8Array(value)) return { kind: 'bytes', bytes: value }
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (value === undefined || value === null) return unreadable('has nothing in it; send a CloudEvent as JSON')
  if (raw.bodyType === 'data' && Array.isArray(value) && value.every((part) => types.isUint8Array(part)))
    return { kind: 'bytes', bytes: Buffer.concat(value) }
  const parts =
    raw.bodyType === 'sequence' && Array.isArray(value) && value.every(Array.isArray) ? value.flat() : value
  const json = toJson(parts, MAX_DEPTH + 1)
  if (json !== undefined) return { kind: 'text', text: JSON.stringify(json) }
  return unreadable(
    'is an AMQP value with bytes in it, or with a number that JSON does not hold exactly; send JSON as bytes',
  )
}

/**
 * Deeper levels are left out: intake refuses such a body anyway. `undefined` for what is not JSON.
 */
function toJson(value: unknown, depth: number): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return isExact(value) ? value : undefined
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  // The client leaves whole numbers beyond 2^53 as their eight bytes.
  if (typeof value !== 'object' || types.isUint8Array(value)) return undefined
  if (depth === 0) return null
  if (Array.isArray(value)) {
    const items = value.map((item) => toJson(item, depth - 1))
    return items.includes(undefined) ? undefined : (items as Json[])
  }
  const made = bare<Json>()
  for (const [key, inside] of Object.entries(value)) {
    const json = toJson(inside, depth - 1)
    if (json === undefined) return undefined
    made[key] = json
  }
  return made
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}

function unreadable(what: string): AmqpBody {
  return { kind: 'unreadable', code: 'BodyNotText', description: `the body ${what}` }
}
