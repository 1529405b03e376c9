import type { LedgerEvent } from '../../ledger/event.ts'
import type { EventName } from '../../model.ts'

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
