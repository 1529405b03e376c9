import type { EventName, Lane } from '../model.ts'
import type { Decided, EventDecision } from '../ledger/decision.ts'
import type { Employee } from '../ledger/employee.ts'
import { planEmployee } from './decide/plan.ts'
import type { PlanRules } from './decide/planning.ts'
import { type Change, changesBetween, type RecordValue, valueOrigins } from './mapping/origins.ts'
import { effectiveState } from './decide/effective-state.ts'
import { parseRecord } from './mapping/record.ts'

/** What a plan made now would do for one employee. A preview sends and changes nothing. */
export interface Preview {
  readonly employeeId: string
  /** `null` when nothing would be sent. */
  readonly operation: {
    readonly lane: Lane
    readonly active: boolean
    readonly changes: readonly PreviewChange[]
  } | null
  /** Where it would be sent; not set with one destination only. */
  readonly destination?: PreviewPlace
  /** An operation of the employee is unanswered: this one would be sent after the answer. */
  readonly waits: boolean
  readonly decisions: readonly (Pick<EventDecision, 'state' | 'reason' | 'detail'> & {
    readonly event: EventName
    readonly by: EventName | null
  })[]
  readonly nextAt: number | null
  /** The events leave the employee inactive. */
  readonly isInactive: boolean
}

export type PreviewPlace =
  | { readonly kind: 'stays'; readonly at: string }
  /** Disabled there first, and then sent to the other destination. */
  | { readonly kind: 'leaves'; readonly at: string; readonly to: string | null }
  /** The account at the other destination is disabled, or there is none. */
  | { readonly kind: 'moves'; readonly at: string; readonly from: string }

/** A value that would change, and the events it comes from. */
export type PreviewChange = Change & { readonly events: readonly EventName[] }

export async function previewEmployee(
  employee: Employee,
  lastAccepted: string | null,
  now: number,
  rules: PlanRules,
): Promise<Preview> {
  const planned = await planEmployee(employee, now, rules)
  const waits = planned.kind === 'wait'
  const decision = waits ? await planEmployee({ ...employee, unanswered: [] }, now, rules) : planned
  const { attributes } = effectiveState(employee, now, rules.fold)
  const isInactive = attributes.get('active')?.value === false
  if (decision.kind === 'wait')
    return {
      employeeId: employee.employeeId,
      operation: null,
      waits,
      decisions: [],
      nextAt: null,
      isInactive,
    }

  const names = new Map(employee.events.map(({ seq, source, id }) => [seq, { source, id }]))
  const name = (seq: number): EventName => names.get(seq) ?? { source: '', id: 'unknown' }
  const { operation, destination } = decision
  const place = placeOf(decision, rules.routing?.routeOf(attributes) ?? null)
  // The new destination has no record of the employee yet.
  const before = place?.kind === 'moves' ? null : lastAccepted
  const mapping = (destination && rules.routing?.mappingOf(destination.name)) ?? rules.mapping
  return {
    employeeId: employee.employeeId,
    operation: operation && {
      lane: operation.lane,
      active: operation.active,
      changes: withEvents(
        changesBetween(before === null ? null : parseRecord(before), parseRecord(operation.record)),
        await valueOrigins(mapping, employee.employeeId, attributes),
        name,
      ),
    },
    ...(place ? { destination: place } : {}),
    waits,
    decisions: decision.events.map(({ seq, state, reason, detail, by }) => ({
      event: name(seq),
      state,
      reason,
      detail,
      by: by === null ? null : name(by),
    })),
    nextAt: decision.nextAt,
    isInactive,
  }
}

function placeOf({ operation, destination }: Decided, to: string | null): PreviewPlace | null {
  if (!destination || operation === null) return null
  const { name: at, from } = destination
  if (operation.departs) return { kind: 'leaves', at, to }
  return from === null ? { kind: 'stays', at } : { kind: 'moves', at, from }
}

function withEvents(
  changes: readonly Change[],
  values: readonly RecordValue[],
  name: (seq: number) => EventName,
): readonly PreviewChange[] {
  const origins = new Map(values.map(({ target, by }) => [target, by]))
  return changes.map((change) => ({ ...change, events: (origins.get(change.target) ?? []).map(name) }))
}
