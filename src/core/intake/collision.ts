import type { HrEvent, JsonObject, Mode } from '../model.ts'
import { sameJson } from '../plan/fold/state.ts'

/** What of an event must be the same for a second one to be its duplicate. */
export interface EventContent {
  readonly employeeId: string
  readonly type: string
  readonly mode: Mode
  readonly effectiveRaw: string | null
  readonly worker: JsonObject
}

/**
 * Whether an event that has the source and id of a known one is another event: about another
 * employee, of another type, or with other content. The recorded time does not count, because it
 * may be the time of the bus. A known notice that was read holds what HR answered, which no message
 * says.
 */
export function isCollision(event: HrEvent, known: EventContent): boolean {
  if (event.employeeId !== known.employeeId || event.type !== known.type) return true
  if (event.mode !== known.mode) return event.mode !== 'notice'
  if (event.mode === 'notice') return false
  return event.effectiveRaw !== known.effectiveRaw || !sameJson(event.worker, known.worker)
}
