import type { Routing } from '../../destinations/routing.ts'
import type { Decided, EventDecision } from '../../ledger/decision.ts'
import type { Employee, EmployeeEvent } from '../../ledger/employee.ts'
import { isFinal } from '../../ledger/lifecycle.ts'
import type { Attribute } from '../../model.ts'
import { compareEvents } from '../fold/order.ts'
import type { EffectiveState } from './effective-state.ts'
import type { Place, Planning } from './planning.ts'
import type { MappedRecord } from '../mapping/mapping.ts'

/**
 * The attempt at its place: with the mapping of the destination, and the account there. Without
 * routing there is one destination, and the attempt stays as it is.
 */
export function atPlace(planning: Planning): Planning {
  const { employee, state, rules } = planning
  const { routing } = rules
  if (!routing) return planning
  const place = placeOf(planning, routing)
  const there = { ...planning, place, rules: { ...rules, mapping: routing.mappingOf(place.destination) } }
  switch (place.kind) {
    case 'stays':
    case 'nowhere':
      return there
    case 'moves':
      return { ...there, employee: withoutAccount(employee) }
    case 'leaves':
      return { ...there, state: disabled(state, place.by), isInactive: true, overtakes: false }
  }
}

/** An employee who has left, or is blocked, stays where the account is. */
function placeOf({ employee, state, isInactive }: Planning, routing: Routing): Place {
  const current = employee.account?.destination ?? null
  const route = routing.routeOf(state.attributes)
  if (current !== null && (isInactive || route === current)) return { kind: 'stays', destination: current }
  if (route === null)
    return isInactive
      ? { kind: 'stays', destination: routing.fallback }
      : { kind: 'nowhere', destination: current ?? routing.fallback, missing: routing.paths }
  if (current === null) return { kind: 'stays', destination: route }
  return employee.account?.mayBeEnabled
    ? { kind: 'leaves', destination: current, by: moverOf(employee, state, routing) }
    : { kind: 'moves', destination: route, from: current }
}

/** No event of the ledger has this `seq`. */
const NO_EVENT = 0

/**
 * The event because of which the employee moves: the last open one that sets what the rules read.
 * When the rules themselves changed, the last event that sets any of it, or anything at all.
 */
function moverOf({ events }: Employee, { attributes }: EffectiveState, { paths }: Routing): number {
  const setting = (those: readonly (Attribute | undefined)[]): readonly EmployeeEvent[] => {
    const seqs = new Set(those.map((attribute) => attribute?.by))
    return events.filter(({ seq }) => seqs.has(seq)).toSorted(compareEvents)
  }
  const setters = setting(paths.map((path) => attributes.get(path)))
  const mover =
    setters.findLast(({ state }) => !isFinal(state)) ??
    setters.at(-1) ??
    setting([...attributes.values()]).at(-1)
  return mover?.seq ?? NO_EVENT
}

function disabled(state: EffectiveState, by: number): EffectiveState {
  return { ...state, attributes: new Map([...state.attributes, ['active', { value: false, by }]]) }
}

/** The employee as the new destination knows it: nothing was accepted or has failed there. */
function withoutAccount({ failure: _failure, ...employee }: Employee): Employee {
  return { ...employee, acceptedHash: null, failedHash: null, known: false }
}

/** What the record lacks, with the attributes of the rules while none of them fits. */
export function withMissing(mapped: MappedRecord, { place }: Planning): MappedRecord {
  return place?.kind === 'nowhere' ? { ...mapped, missing: [...mapped.missing, ...place.missing] } : mapped
}

/** The decision with its destination. */
export function withDestination(decision: Decided, planning: Planning): Decided {
  const { place } = planning
  if (!place || decision.operation === null) return decision
  const { destination } = place
  switch (place.kind) {
    case 'stays':
    case 'nowhere':
      return { ...decision, destination: { name: destination, from: null } }
    case 'moves':
      return { ...decision, destination: { name: destination, from: place.from } }
    case 'leaves':
      return {
        ...decision,
        operation: { ...decision.operation, departs: { by: place.by } },
        destination: { name: destination, from: null },
        events: decision.events.map((event) => (isCarried(event, planning) ? carry(event) : event)),
      }
  }
}

/**
 * Every open event that is in force waits for the deactivation, also one that changes nothing here:
 * its outcome is decided at the new destination.
 */
function isCarried({ seq, state }: EventDecision, { employee }: Planning): boolean {
  if (state !== 'unchanged' && state !== 'superseded') return false
  return employee.events.some((event) => event.seq === seq && !isFinal(event.state))
}

function carry({ seq }: EventDecision): EventDecision {
  return { seq, state: 'planned', reason: null, detail: null, by: null }
}
