import { isObject } from '../../json.ts'
import { isFinal } from '../../ledger/lifecycle.ts'
import type { Lane, ScimUser } from '../../model.ts'
import { ENTERPRISE_USER } from '../mapping/scim.ts'
import { attributesToWaitFor } from './incomplete.ts'
import { contributionOf, decideEvent, needsNewOutcome, type Sending } from './decide-event.ts'
import type { Decided, EventDecision } from '../../ledger/decision.ts'
import type { EmployeeEvent } from '../../ledger/employee.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import type { EffectiveState } from './effective-state.ts'
import { type MappedPlanning, openEvents, type Step } from './planning.ts'
import { earliest, resendAt } from './resend.ts'

/** Decides on the record as it is: whether it is sent, and the state of each event. */
export function decideRecord(planning: MappedPlanning): Step {
  return { kind: 'decided', decision: decideWith(planning) }
}

/** The same with other missing attributes than the mapping names. */
export function decideWith(
  planning: MappedPlanning,
  missing: readonly string[] = planning.mapped.missing,
): Decided {
  const { employee, state, json, hash, overtakes } = planning
  const { employeeId, revision } = employee
  const incomplete = attributesToWaitFor(planning, missing)
  const hasContent = incomplete.length === 0 && state.attributes.size > 0
  const hold = holdAfterFailure(planning)
  const isDue = overtakes || isLeaverResend(planning) || hash !== employee.acceptedHash
  const send = hasContent && hold === null && isDue
  const retryAt = hold && hasContent && hash !== employee.acceptedHash ? hold.until : null
  return {
    kind: 'decided',
    employeeId,
    revision,
    events: decideEvents(planning, { send, missing: incomplete, same: hash === employee.acceptedHash }),
    operation: send
      ? {
          lane: laneOf(planning),
          active: state.attributes.get('active')?.value === true,
          record: json,
          hash,
          manager: managerOf(planning.mapped.record, employeeId),
          overtakes,
        }
      : null,
    nextAt: earliest(state.nextAt, retryAt),
  }
}

/** An open leaver case resends its operation on its own schedule, whatever ended the last one. */
function isLeaverResend({ employee, isInactive }: MappedPlanning): boolean {
  return isInactive && employee.leaver?.resend === true
}

/**
 * Keeps a record that failed for good from being resent without an open event. Where the failure
 * could not be attributed, the record is resent on the schedule of `resendAt`.
 */
function holdAfterFailure(planning: MappedPlanning): { readonly until: number | null } | null {
  const { employee, now, hash, isInactive } = planning
  if (hash !== employee.failedHash || openEvents(planning).length > 0 || opensAgain(planning)) return null
  if (isLeaverResend(planning)) return null
  const until = isInactive ? null : resendAt(employee.failure)
  return until === null || until > now ? { until } : null
}

/**
 * Whether a final event counts again, so that its record is sent as for an open one: the termination
 * that superseded it was discarded, or the attributes that it lacked are there now.
 */
function opensAgain({ employee, state, rules }: MappedPlanning): boolean {
  const contribution = contributionOf(employee, state, rules.mapping)
  return employee.events.some((event) => {
    const effect = state.effects.get(event.seq)
    // What had no answer is no reason to send what failed since.
    if (!effect || event.folded || event.reason === EVENT_REASONS.noOutcome) return false
    const contributed = contribution(event, effect)
    return contributed.kind === 'surviving' && needsNewOutcome(event, contributed, state)
  })
}

function decideEvents(
  { employee, state, rules }: MappedPlanning,
  sending: Sending,
): readonly EventDecision[] {
  const contribution = contributionOf(employee, state, rules.mapping)
  const decisions: EventDecision[] = []
  for (const event of employee.events) {
    const effect = state.effects.get(event.seq)
    if (!effect || event.folded) continue
    const contributed = contribution(event, effect)
    if (isFinal(event.state) && !needsNewOutcome(event, contributed, state)) continue
    const decision = withBlockReason(decideEvent(event, contributed, sending), event, state)
    if (!staysDead(event, decision, sending)) decisions.push(decision)
  }
  return decisions
}

/** A dead event that is sent again with the next record stays what it is until one is sent. */
function staysDead(event: EmployeeEvent, { state }: EventDecision, { same }: Sending): boolean {
  if (event.state !== 'dead-lettered') return false
  return (
    state === 'incomplete' || (event.reason === EVENT_REASONS.noOutcome && state === 'unchanged' && !same)
  )
}

/** Says of an event that makes its employee active that a block overrides it. */
function withBlockReason(
  decision: EventDecision,
  { seq }: EmployeeEvent,
  { overridden }: EffectiveState,
): EventDecision {
  if (seq !== overridden?.by || !overridden.saysActive) return decision
  return decision.state === 'planned' || decision.state === 'unchanged'
    ? { ...decision, reason: EVENT_REASONS.blocked }
    : decision
}

function laneOf({ employee, isInactive }: MappedPlanning): Lane {
  if (isInactive) return 'leaver'
  return employee.known ? 'mover' : 'joiner'
}

/**
 * The manager's record goes first. An employee who is their own manager waits for no other record.
 */
function managerOf(record: ScimUser, employeeId: string): string | null {
  const extension = record[ENTERPRISE_USER]
  const manager = isObject(extension) ? extension['manager'] : undefined
  const value = isObject(manager) ? manager['value'] : undefined
  return typeof value === 'string' && value !== employeeId ? value : null
}
