import { isFinal } from '../../ledger/lifecycle.ts'
import type { EmployeeState } from '../fold/state.ts'
import type { Mapping } from '../mapping/mapping.ts'
import type { Failure, Employee, EmployeeEvent } from '../../ledger/employee.ts'
import { REASONS } from './employee.ts'
import { CORE_USER, ENTERPRISE_USER } from '../mapping/scim.ts'
import { placesNamed, type Targets, targetsOf } from '../mapping/targets.ts'

export interface AttributionRules {
  /** How often the same record is sent, when the log does not name what is wrong with it, before the events in it die. */
  readonly attempts: number
  readonly targets: Targets
}
export const DEFAULT_ATTRIBUTION: AttributionRules = { attempts: 1, targets: targetsOf() }

/** What becomes of the events of an operation that failed for good. */
export type Attribution =
  /** Nobody's fault any more, or it may be tried again as it is. */
  | { readonly kind: 'none' }
  /** These die; the rest is planned without them. `detail` names what the service named. */
  | { readonly kind: 'bury'; readonly events: readonly EmployeeEvent[]; readonly detail: string | null }

/**
 * Who brought what the service does not take. Where it names an attribute, the events that failed and still set it; where it names none, or one whose
 * event is long finished, the events that failed, together; but first what is left over of an event of which nothing but that its person is out was
 * taken. What a newer event has replaced is past, and so is the blame for it. Each time at least one event dies or nothing is blamed, so this ends.
 */
export function attributeFailure(
  employee: Employee,
  folded: EmployeeState,
  hash: string,
  mapping: Mapping,
  rules: AttributionRules,
): Attribution {
  const { failure } = employee
  if (!failure) return { kind: 'none' }
  const held = new Map<number, string[]>()
  for (const [path, { by }] of folded.attributes)
    if (mapping.uses(path)) held.set(by, [...(held.get(by) ?? []), path])
  // The directory has taken all of it since.
  if (hash === employee.acceptedHash) return { kind: 'none' }
  const open = employee.events.filter(({ seq, state }) => !isFinal(state) && failure.carried.includes(seq))
  const carried = open.filter(({ seq }) => held.has(seq))
  // What sets nothing itself, a rescind, can only be to blame when nothing else has changed.
  if (carried.length === 0)
    return open.length > 0 && hash === failure.hash
      ? { kind: 'bury', events: open, detail: null }
      : { kind: 'none' }

  const places = placesNamed(failure.reason, rules.targets)
  const reads = places.map((place) => mapping.readsOf(place))
  const named = (seq: number): boolean =>
    (held.get(seq) ?? []).some((path) => reads.some((read) => read(path)))
  const leftOver = employee.events.filter((event) => isLeftOver(event) && saysMore(held.get(event.seq)))
  // What waits for its moment or is held back is carried by nothing, and is in the record all the same when that has not changed.
  const waiting =
    hash === failure.hash
      ? employee.events.filter(({ seq, state }) => state === 'held' && saysMore(held.get(seq)))
      : []
  const offendingEvents = [...new Set([...carried, ...leftOver, ...waiting])].filter(({ seq }) => named(seq))
  if (offendingEvents.length > 0) return { kind: 'bury', events: offendingEvents, detail: places.join(', ') }
  if (places.length > 0 && employee.events.some(({ seq, state }) => !isFinal(state) && named(seq)))
    return { kind: 'none' }
  if (places.length === 0 && mayTryAgain(failure, hash, rules)) return { kind: 'none' }
  const detail = places.length > 0 ? places.join(', ') : null
  return { kind: 'bury', events: places.length === 0 && leftOver.length > 0 ? leftOver : carried, detail }
}

/** Its person was put out alone because of something it says, and that is in the record still: whatever comes later would fail of it. */
function isLeftOver({ state, reason }: EmployeeEvent): boolean {
  return state === 'confirmed' && reason === REASONS.deactivationOnly
}

/** More than that somebody is out or in. */
function saysMore(paths: readonly string[] = []): boolean {
  return paths.some((path) => path !== 'active')
}

function mayTryAgain(failure: Failure, hash: string, { attempts }: AttributionRules): boolean {
  return !failure.refused && hash === failure.hash && failure.failures < attempts
}

/** The last record taken and nothing but `active: false` on top: as little as can be wrong. */
export function deactivationOnly(employeeId: string, { lastAccepted: taken }: Failure): string {
  const record: unknown =
    taken === null ? { schemas: [CORE_USER, ENTERPRISE_USER], externalId: employeeId } : JSON.parse(taken)
  return JSON.stringify({ ...(typeof record === 'object' ? record : {}), active: false })
}
