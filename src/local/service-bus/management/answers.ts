import type { Reply } from '../amqp/control.ts'
import type { Destination, QueueEntity } from '../entities/entity.ts'
import type { Refusal } from '../errors.ts'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import type { RuleSet } from '../entities/topic.ts'

export type Body = Readonly<Record<string, unknown>>

/** One request to a management node, and what it is about. */
export interface Ask {
  readonly entity: QueueEntity
  readonly destination: Destination | undefined
  readonly rules: RuleSet | undefined
  readonly body: Body
  /** The link the client says it acts for. */
  readonly linkName: string | undefined
  readonly now: number
}

export type Operation = (ask: Ask) => Reply

export const ok = (body?: Body): Reply =>
  body === undefined ? { status: 200, description: 'OK' } : { status: 200, description: 'OK', body }
export const failed = (status: number, { condition, description }: Refusal): Reply => ({
  status,
  description,
  condition,
})
export const noContent = (detail: string): Reply => ({
  status: 204,
  description: detail,
  condition: 'com.microsoft:message-not-found',
})

/** The entries of a map; none for anything else. */
export function mapOf(body: unknown): Body {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : {}
}

/** Numbers come as such, or as eight bytes when they exceed 2^53. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (Buffer.isBuffer(value) && value.length === 8) return Number(value.readBigInt64BE(0))
  return undefined
}

export function buffersOf(value: unknown): Buffer[] {
  return (Array.isArray(value) ? value : []).filter((entry) => Buffer.isBuffer(entry))
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function propertiesOf(value: unknown): Map<string, Typed> {
  if (typeof value !== 'object' || value === null) return new Map()
  return new Map(Object.entries(value).map(([name, entry]) => [name, amqp.wrap(entry)]))
}
