import type { TakenIn } from '../../../../src/core/intake/message.ts'
import type { Chance } from '../../../fakes/plain-event.ts'

/**
 * One parsing layer: reads one spoilt input, and says what is wrong with how it did; `null` when
 * nothing is.
 */
export interface Target {
  /** How many of a hundred cases are its own. */
  readonly share: number
  readonly run: (chance: Chance) => string | null | Promise<string | null>
}

/** Neither lost nor made up: a message gives its events, or a reason. */
export function unaccounted({ events, rejected }: TakenIn): string | null {
  if (rejected === null && events.length === 0) return 'a message gave neither an event nor a reason'
  if (rejected !== null && events.length > 0) return 'a refused message gave events'
  return events.some(({ employeeId, id }) => employeeId === '' || id === '') ? 'an event has no name' : null
}
