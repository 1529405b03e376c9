import type { EventName, HrEvent } from '../../model.ts'

/** An event as the ledger holds it. `seq` identifies it there and says nothing about order. */
export interface LedgerEvent extends HrEvent {
  readonly seq: number
  /** Dead-lettered: left out of the fold, except that `active: false` still counts. */
  readonly dead: boolean
  /** A dead letter that a person gave up for good: it has no effect any more. */
  readonly discarded?: boolean
  /** What retention kept of an event: it holds values and cannot be rescinded any more. */
  readonly folded?: boolean
}

/** True for an event that carries no attribute and only rescinds another. */
export function isPureRescind(event: LedgerEvent): boolean {
  return event.mode === 'delta' && Object.keys(event.worker).length === 0
}

/**
 * An event's name as one string. Intake refuses control characters, so neither part contains the
 * separator.
 */
export function eventKey({ source, id }: EventName): string {
  return `${source}\n${id}`
}
