import type { HrEvent } from '../model.ts'

/** The fields by which the events of one employee are ordered. */
export type OrderedEvent = Pick<HrEvent, 'effectiveAt' | 'rank' | 'order' | 'recordedAt' | 'source' | 'id'>

/** An event as the ledger holds it. `seq` identifies it there and does not order it. */
export interface LedgerEvent extends HrEvent {
  readonly seq: number
  /**
   * Dead-lettered: it leaves the fold, except that a termination still keeps the employee inactive.
   */
  readonly dead: boolean
  /** A dead letter that an operator discarded: it counts as if it had never happened. */
  readonly discarded?: boolean
  /**
   * The part of an event that retention kept: it still holds values but can no longer be rescinded.
   */
  readonly folded?: boolean
  /** What retention kept of the first activation: that there was one, without its value. */
  readonly activated?: true
}
