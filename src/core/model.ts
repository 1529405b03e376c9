/** The words of Rollcall. `…At` is an instant in epoch milliseconds, `…Ms` a duration in milliseconds. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** What an HR event says it is: the whole record, only what changed, or merely that something changed. */
export type Mode = 'snapshot' | 'delta' | 'notice'

/** The value a source orders its own events by. Missing (`null`) sorts below every number, a number below every string. */
export type OrderValue = number | string | null

/** Names an event: the same pair again is the same event. */
export interface EventName {
  readonly source: string
  readonly id: string
}

/** A change to one employee, in the canonical form every shape of input is brought into. */
export interface HrEvent extends EventName {
  readonly type: string
  readonly employeeId: string
  /** When HR recorded it. */
  readonly recordedAt: number
  /** From when it holds. */
  readonly effectiveAt: number
  /** What the event said of it, word for word; `null` when it said nothing and the day of `recordedAt` counts. */
  readonly effectiveRaw: string | null
  readonly order: OrderValue
  /** Of its source: of two events that take effect at one moment the higher rank stands. */
  readonly rank: number
  readonly mode: Mode
  /** Attributes as the event gave them, `active` included where the type implies it. */
  readonly worker: JsonObject
  /** What a notice says has changed, in the source's own words. */
  readonly changedFields?: readonly string[]
  /** The event this one cancels. */
  readonly rescinds: EventName | null
  /** W3C trace context the event came with. */
  readonly traceparent: string | null
}

/** The type of an event made of a row of a baseline file. No message may carry it. */
export const BASELINE = 'worker.baseline'
/** The type of what stands for the leaving of an employee who was erased. No message may carry it. */
export const ERASED = 'worker.erased'

/** True when the event, by itself, puts its person out. */
export function isTermination(event: Pick<HrEvent, 'worker'>): boolean {
  return event.worker['active'] === false
}

/** One value an operation carries, and the event it comes from. */
export interface Attribute {
  readonly value: Json
  /** Ledger sequence of the event that set it. */
  readonly by: number
}

/** A SCIM user as it goes to the directory. */
export type ScimUser = JsonObject

/**
 * Terminations go before joiners, joiners before everybody else.
 * The numbers are kept in the ledger and order the queue, so they only ever grow at the end.
 */
export const LANES = { leaver: 0, joiner: 1, mover: 2 } as const
export type Lane = keyof typeof LANES
