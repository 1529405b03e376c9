/**
 * The basic types of Rollcall. `…At` is an instant in epoch milliseconds, `…Ms` a duration in
 * milliseconds.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * What an event contains: the whole record, only what changed, or only the news that something
 * changed.
 */
export type Mode = 'snapshot' | 'delta' | 'notice'

/**
 * Orders the events of one source. `null` (missing) sorts below every number, a number below a
 * whole number that a double cannot hold (its digits as text), and that below every other string.
 */
export type OrderValue = number | string | null

/** Identifies an event: the same pair is the same event. */
export interface EventName {
  readonly source: string
  readonly id: string
}

/** A change to one employee, in the canonical form that every input is converted to. */
export interface HrEvent extends EventName {
  readonly type: string
  readonly employeeId: string
  /** When HR recorded it. */
  readonly recordedAt: number
  /** When the change takes effect. */
  readonly effectiveAt: number
  /**
   * The effective date exactly as the event gave it; `null` if it had none and the day of
   * `recordedAt` counts.
   */
  readonly effectiveRaw: string | null
  readonly order: OrderValue
  /** The rank of its source: of two events that take effect at one moment, the higher rank wins. */
  readonly rank: number
  readonly mode: Mode
  /** Attributes as the event gave them, `active` included where the type implies it. */
  readonly worker: JsonObject
  /** The fields that a notice reports as changed, in the source's own names. */
  readonly changedFields?: readonly string[]
  /** The event this one cancels. */
  readonly rescinds: EventName | null
  /** Of a `worker.blocked`: when the block ends by itself; `null`: only an unblock lifts it. */
  readonly blockUntil?: number | null
  /** W3C trace context the event came with. */
  readonly traceparent: string | null
}

/** The types of events that block an employee and lift the block. They set no attribute. */
export const BLOCKED = 'worker.blocked'
export const UNBLOCKED = 'worker.unblocked'

export function isBlockType(type: string): boolean {
  return type === BLOCKED || type === UNBLOCKED
}

/** The type of an event from a row of a baseline file. No message may have it. */
export const BASELINE = 'worker.baseline'
/**
 * The type of the event that keeps the termination of an erased employee. No message may have it.
 */
export const ERASED = 'worker.erased'

/** True when the event deactivates its employee. */
export function isTermination(event: Pick<HrEvent, 'worker'>): boolean {
  return event.worker['active'] === false
}

/** One value an operation carries, and the event it comes from. */
export interface Attribute {
  readonly value: Json
  /** Ledger sequence of the event that set it. */
  readonly by: number
}

/** A SCIM user as it is sent to the directory. */
export type ScimUser = JsonObject

/**
 * Leavers are sent before joiners, and joiners before movers.
 * The numbers are kept in the ledger and order the queue, so they only ever grow at the end.
 */
export const LANES = { leaver: 0, joiner: 1, mover: 2 } as const
export type Lane = keyof typeof LANES
