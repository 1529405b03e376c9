import { isFinal } from '../../ledger/lifecycle.ts'
import { attributeFailure, DEFAULT_ATTRIBUTION } from './attribute-failure.ts'
import { deactivationOnly, resendDeactivation } from './deactivation-only.ts'
import { contributionOf } from './decide-event.ts'
import { decideWith } from './decide-record.ts'
import type { EventDecision } from '../../ledger/decision.ts'
import type { EmployeeEvent, Failure } from '../../ledger/employee.ts'
import { deadLetter, type MappedPlanning, openEvents, planAgainWithout, type Step } from './planning.ts'

/**
 * When the service failed an operation for good, attributes the failure to events and plans the
 * employee without them; so later events get through. A termination among them is sent as a
 * deactivation only before its event may die. `null` when no operation failed, or when this one
 * overtakes.
 */
export function handleServiceFailure(planning: MappedPlanning): Step | null {
  const { employee, state, hash, rules, overtakes } = planning
  const { failure } = employee
  if (!failure || overtakes) return null
  const attribution = attributeFailure(
    { employee, state, hash, mapping: rules.mapping },
    rules.attributeFailure ?? DEFAULT_ATTRIBUTION,
  )
  if (attribution.kind === 'none')
    return { kind: 'decided', decision: resendDeactivation(planning, failure, decideWith(planning)) }

  const { events, detail } = attribution
  const termination = openTermination(planning, failure, events)
  return (
    (termination && deactivateFirst(planning, { failure, events, detail, termination })) ??
    planAgainWithout(
      // The failure is attributed, so the same record is not resent at once.
      { ...employee, failure: { ...failure, carried: [], failures: Infinity } },
      { events, reason: failure.code, detail },
    )
  )
}

/**
 * The event among these that disables the employee, when the failed operation said so too. An
 * announced event does not.
 */
function openTermination(
  { state }: MappedPlanning,
  failure: Failure,
  events: readonly EmployeeEvent[],
): EmployeeEvent | null {
  const active = state.attributes.get('active')
  if (active?.value !== false || failure.active) return null
  const isOpen = (event: EmployeeEvent): boolean =>
    !isFinal(event.state) && state.effects.get(event.seq)?.kind === 'applied'
  return events.find((event) => event.seq === active.by && isOpen(event)) ?? null
}

interface FailedTermination {
  readonly failure: Failure
  readonly events: readonly EmployeeEvent[]
  readonly detail: string | null
  readonly termination: EmployeeEvent
}

/**
 * Sends the deactivation only and dead-letters the other events the failure is attributed to;
 * `null` when that is what failed. What the termination superseded ends with it. Further open events
 * are looked at after the answer: planned before it, they would be sent instead and fail with the
 * same values.
 */
function deactivateFirst(
  planning: MappedPlanning,
  { failure, events, detail, termination }: FailedTermination,
): Step | null {
  const { employee, state, rules } = planning
  const operation = deactivationOnly(employee.employeeId, failure, rules)
  if (operation.hash === failure.hash) return null
  const others = events.filter((event) => event !== termination)
  return {
    kind: 'decided',
    decision: {
      kind: 'decided',
      employeeId: employee.employeeId,
      revision: employee.revision,
      events: [
        ...deadLetter({ events: others, reason: failure.code, detail }),
        planned(termination.seq, null),
        ...supersededBy(termination, planning).map(({ seq }) => planned(seq, termination.seq)),
      ],
      operation,
      nextAt: state.nextAt,
    },
  }
}

function planned(seq: number, by: number | null): EventDecision {
  return { seq, state: 'planned', reason: null, detail: null, by }
}

function supersededBy(winner: EmployeeEvent, planning: MappedPlanning): readonly EmployeeEvent[] {
  const { employee, state, rules } = planning
  const contribution = contributionOf(employee, state, rules.mapping)
  return openEvents(planning).filter((event) => {
    const effect = state.effects.get(event.seq)
    const contributed = effect && contribution(event, effect)
    return contributed?.kind === 'superseded' && contributed.by === winner.seq
  })
}
