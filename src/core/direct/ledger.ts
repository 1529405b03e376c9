import type { Spending } from '../emergency/money.ts'
import type { JoinedRecord } from '../ledger/port/report.ts'

/**
 * The operations of a direct destination, from the first call to the answer, and what the calls
 * cost. `destination` is the one that a method speaks of. Batches, slots and holds are those of
 * every destination.
 */
export interface DirectLedger {
  /**
   * Runs before the calls for one operation of a batch that this owner has, and reserves what they
   * may cost. Prolongs the lease of the batch.
   */
  beginDirectWrite(order: DirectOrder, now: number, destination?: string): Promise<DirectBegun>
  /**
   * Ends what was begun: what the calls really cost, and the answer if there is one. An answered
   * operation leaves its batch; an answer to one that has left it changes nothing.
   */
  endDirectWrite(end: DirectEnd, now: number, destination?: string): Promise<void>
  /** What the calls of the destination cost; those without an answer count as billed. */
  readDirectSpending(now: number, destination?: string): Promise<Spending>
}

export interface DirectOrder {
  readonly batch: string
  readonly owner: string
  readonly leaseMs: number
  readonly operation: string
  /** The most that the calls can cost. */
  readonly microUsd: number
  readonly budget: Spending
}

export type DirectBegun =
  | {
      readonly kind: 'begun'
      readonly reservation: Reservation
      /** The Entra object of the employee; `null` while it is not known. */
      readonly objectId: string | null
      /** That of the manager, who is in the same destination; `null` when it is not known. */
      readonly managerObjectId: string | null
    }
  /** The budget does not pay for it. */
  | { readonly kind: 'spent' }
  /** The employee has changed since the batch got its slot, so another slot decides. */
  | { readonly kind: 'changed' }
  /** Another instance has the batch. */
  | { readonly kind: 'lost' }

/** What is counted for calls until their end is known. */
export interface Reservation {
  /** The hour it counts in, in hours since the epoch. */
  readonly hour: number
  readonly microUsd: number
}

export interface DirectEnd {
  readonly reservation: Reservation
  /** What the calls really cost. */
  readonly microUsd: number
  /** The answer as a log record, with the operation; `null` when it is not answered. */
  readonly answer: JoinedRecord | null
}
