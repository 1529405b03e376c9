import { isFinal } from '../../ledger/lifecycle.ts'
import type { EmployeeState } from '../fold/state.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { placesNamed, type Targets, targetsOf } from '../mapping/targets.ts'
import type { Employee, EmployeeEvent, Failure } from '../../ledger/employee.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'

export interface AttributionRules {
  /** How often a record is sent before its events die, when the log names no attribute. */
  readonly attempts: number
  readonly targets: Targets
}
export const DEFAULT_ATTRIBUTION: AttributionRules = { attempts: 1, targets: targetsOf() }

/** The decision for the events of an operation that failed for good. */
export type Attribution =
  /** No event is at fault any more, or the record may be sent again unchanged. */
  | { readonly kind: 'none' }
  /**
   * These events die; the employee is planned without them. `detail` lists the places the service
   * named.
   */
  | {
      readonly kind: 'dead-letter'
      readonly events: readonly EmployeeEvent[]
      readonly detail: string | null
    }

/** The record that is planned now, to be compared with the one that failed. */
export interface RecordInQuestion {
  readonly employee: Employee
  readonly state: EmployeeState
  readonly hash: string
  readonly mapping: Mapping
}

/**
 * Decides which events a failure comes from. When the service names an attribute: the events that
 * failed and still set it. When it names none, or one that only a finished event sets: all events
 * that failed, together. Before those, an event of which the directory accepted the deactivation
 * only. Values that a newer event has replaced no longer count. Each call that does not return
 * `none` names at least one event, so planning again ends.
 */
export function attributeFailure(record: RecordInQuestion, rules: AttributionRules): Attribution {
  const { employee, hash } = record
  const { failure } = employee
  // Once the directory has accepted the record, the failure is past.
  if (!failure || hash === employee.acceptedHash) return NONE
  const mapped = mappedPathsByEvent(record)
  const open = employee.events.filter(({ seq, state }) => !isFinal(state) && failure.carried.includes(seq))
  const carried = open.filter(({ seq }) => mapped.has(seq))
  if (carried.length === 0)
    // A rescind sets nothing itself: it is at fault only when nothing else has changed.
    return open.length > 0 && hash === failure.hash
      ? { kind: 'dead-letter', events: open, detail: null }
      : NONE

  const places = placesNamed(failure.reason, rules.targets)
  const detail = places.length > 0 ? places.join(', ') : null
  const leftOver = employee.events.filter(
    (event) => isLeftOver(event) && setsMoreThanActive(mapped.get(event.seq)),
  )
  const setsNamedPlace = namedPlaceSetter(record, places, mapped)
  const named = new Set([...carried, ...leftOver, ...heldButSent(record, failure, mapped)])
  const offending = [...named].filter(setsNamedPlace)
  if (offending.length > 0) return { kind: 'dead-letter', events: offending, detail }
  if (places.length > 0) {
    const isLaterAtFault = employee.events.some((event) => !isFinal(event.state) && setsNamedPlace(event))
    return isLaterAtFault ? NONE : { kind: 'dead-letter', events: carried, detail }
  }
  if (mayTryAgain(failure, hash, rules)) return NONE
  return { kind: 'dead-letter', events: leftOver.length > 0 ? leftOver : carried, detail }
}

const NONE: Attribution = { kind: 'none' }

/** By event, the attributes that reach the directory and come from it. */
type PathsByEvent = ReadonlyMap<number, readonly string[]>

function mappedPathsByEvent({ state, mapping }: RecordInQuestion): PathsByEvent {
  const paths = new Map<number, string[]>()
  for (const [path, { by }] of state.attributes)
    if (mapping.uses(path)) paths.set(by, [...(paths.get(by) ?? []), path])
  return paths
}

function namedPlaceSetter(
  { mapping }: RecordInQuestion,
  places: readonly string[],
  mapped: PathsByEvent,
): (event: EmployeeEvent) => boolean {
  const reads = places.map((place) => mapping.readsOf(place))
  return ({ seq }) => (mapped.get(seq) ?? []).some((path) => reads.some((read) => read(path)))
}

/**
 * The directory accepted the deactivation only; the event's other values are still in the record,
 * and every later operation would fail on them.
 */
function isLeftOver({ state, reason }: EmployeeEvent): boolean {
  return state === 'confirmed' && reason === EVENT_REASONS.deactivationOnly
}

/**
 * Held events are carried by no operation, yet their values were in the record that failed, if it
 * has not changed since.
 */
function heldButSent(
  { employee, hash }: RecordInQuestion,
  failure: Failure,
  mapped: PathsByEvent,
): readonly EmployeeEvent[] {
  if (hash !== failure.hash) return []
  return employee.events.filter(({ seq, state }) => state === 'held' && setsMoreThanActive(mapped.get(seq)))
}

function setsMoreThanActive(paths: readonly string[] = []): boolean {
  return paths.some((path) => path !== 'active')
}

function mayTryAgain(failure: Failure, hash: string, { attempts }: AttributionRules): boolean {
  return !failure.refused && hash === failure.hash && failure.failures < attempts
}
