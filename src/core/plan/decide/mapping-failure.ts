import { isTermination } from '../../model.ts'
import type { MappingFailure } from '../mapping/mapping.ts'
import { decideWith } from './decide-record.ts'
import type { EmployeeEvent } from '../../ledger/employee.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import { type MappedPlanning, openEvents, planAgainWithout, type Step } from './planning.ts'

/**
 * When a mapping rule failed, dead-letters the open events that set what the rule reads, and plans
 * the employee without them; so later events get through. When none of them is open, all open
 * events die together. `null` when no rule failed, or when the record of a leaver can do without
 * the failed place: the directory has to learn of the termination.
 */
export function handleMappingFailure(planning: MappedPlanning): Step | null {
  const { failure } = planning.mapped
  if (!failure) return null
  const offending = offendingEvents(planning, failure)
  if (planning.isInactive && offending.length === 0) return null
  const events = offending.length > 0 ? offending : openEvents(planning)
  // No event is open: nothing is sent, and events that take effect later wait for their moment.
  if (events.length === 0) return { kind: 'decided', decision: decideWith(planning, [failure.rule]) }
  return planAgainWithout(planning.employee, {
    events,
    reason: EVENT_REASONS.mappingFailed,
    detail: `${failure.rule}: ${failure.why}`,
  })
}

/**
 * Open events that set what the failed rule reads. Terminations are not among them: they are sent
 * in any case.
 */
function offendingEvents(planning: MappedPlanning, failure: MappingFailure): readonly EmployeeEvent[] {
  const setters = new Set(
    [...planning.state.attributes].flatMap(([path, { by }]) => (failure.reads(path) ? [by] : [])),
  )
  return openEvents(planning).filter((event) => setters.has(event.seq) && !isTermination(event))
}
