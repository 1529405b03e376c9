import type { EventState } from '../ledger/lifecycle.ts'
import type { EventName, Json } from '../model.ts'
import type { EmployeeState } from './fold/state.ts'
import { flatten } from './fold/flatten.ts'
import { compareEvents } from './fold/order.ts'
import type { BlockPeriod, Employee, EmployeeEvent } from '../ledger/employee.ts'
import { atPlace } from './decide/place.ts'
import { beginPlanning, type PlanRules } from './decide/planning.ts'
import { type RecordValue, valueOrigins } from './mapping/origins.ts'

/**
 * Why an event is in its state, and which attributes of the current record come from it. Names
 * attributes, never values.
 */
export interface EventExplanation extends EventName {
  readonly seq: number
  readonly type: string
  readonly state: EventState
  readonly reason: string | null
  readonly recordedAt: number
  readonly effectiveAt: number
  /** The effective date as the event gave it; `null` when the day of its recording counts. */
  readonly effectiveRaw: string | null
  /** The activations that this termination is dated before and counts from. */
  readonly countsFrom: readonly EventName[]
  readonly part: Part
}

/** What the fold makes of an event at this moment. */
export type Part =
  /** The event takes effect later. */
  | { readonly kind: 'held'; readonly until: number; readonly why: string }
  /** A notice: its employee has not been read from HR yet. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'rescinded'; readonly by: EventName }
  /** The event rescinds the one it names; `known` is false while that one has not arrived. */
  | { readonly kind: 'rescinds'; readonly names: EventName; readonly known: boolean }
  /** The event is out of the fold; `blocksReactivation` when its `active: false` still counts. */
  | { readonly kind: 'dead'; readonly blocksReactivation: boolean }
  | {
      readonly kind: 'in force'
      /** Attributes of the record that come from the event. */
      readonly applied: readonly string[]
      readonly superseded: readonly { readonly path: string; readonly by: EventName }[]
      /** Attributes without effect: no rule maps them, or the record had the same value already. */
      readonly unmapped: readonly string[]
      readonly same: readonly string[]
    }

/** One attribute of an employee and the event it comes from. */
export interface AttributeExplanation {
  readonly path: string
  readonly value: Json
  readonly mapped: boolean
  readonly by: EventName
}

export interface Explanation {
  readonly employeeId: string
  readonly at: number
  readonly nextAt: number | null
  /** The block in force: the employee is sent disabled, whatever the events say. */
  readonly blocked: BlockPeriod | null
  readonly events: readonly EventExplanation[]
  readonly attributes: readonly AttributeExplanation[]
  /** The values of the record, each with the events it comes from. */
  readonly record: readonly (RecordValue & { readonly events: readonly EventName[] })[]
}

/** The state of one employee at `now`, and why. Pure; the plan uses the same fold. */
export async function explainEmployee(
  employee: Employee,
  now: number,
  rules: PlanRules,
): Promise<Explanation> {
  const planning = beginPlanning(employee, now, rules)
  const { state } = planning
  const { mapping } = atPlace(planning).rules
  const bySeq = new Map(employee.events.map((event) => [event.seq, event]))
  const context: ExplainContext = { state, mapping, bySeq }
  const nameOf = (seq: number): EventName => nameOfEvent(bySeq.get(seq))
  const events = employee.events.toSorted(compareEvents).map((event) => explainEvent(event, context))
  return {
    employeeId: employee.employeeId,
    at: now,
    nextAt: state.nextAt,
    blocked: state.isBlocked ? (employee.blocked ?? null) : null,
    events,
    attributes: attributesIn(employee, state.attributes, mapping),
    record: (await valueOrigins(mapping, employee.employeeId, state.attributes)).map((value) => ({
      ...value,
      events: value.by.map(nameOf),
    })),
  }
}

/**
 * The attributes of one employee at `now`, each with its origin. Runs no expression of the mapping.
 */
export function explainAttributes(
  employee: Employee,
  now: number,
  rules: PlanRules,
): readonly AttributeExplanation[] {
  const planning = beginPlanning(employee, now, rules)
  return attributesIn(employee, planning.state.attributes, atPlace(planning).rules.mapping)
}

function attributesIn(
  { events }: Employee,
  attributes: EmployeeState['attributes'],
  mapping: PlanRules['mapping'],
): readonly AttributeExplanation[] {
  const bySeq = new Map(events.map((event) => [event.seq, event]))
  return [...attributes].map(([path, { value, by }]) => ({
    path,
    value,
    mapped: mapping.uses(path),
    by: nameOfEvent(bySeq.get(by)),
  }))
}

interface ExplainContext {
  readonly state: EmployeeState
  /** That of the destination to which the employee would be sent now. */
  readonly mapping: PlanRules['mapping']
  readonly bySeq: ReadonlyMap<number, EmployeeEvent>
}

function explainEvent(event: EmployeeEvent, context: ExplainContext): EventExplanation {
  const { seq, source, id, type, state, reason, recordedAt, effectiveAt, effectiveRaw } = event
  const { late } = context.state
  const countsFrom = late?.termination === seq ? late.activations : []
  return {
    seq,
    source,
    id,
    type,
    state,
    reason,
    recordedAt,
    effectiveAt,
    effectiveRaw,
    countsFrom: countsFrom.map((activation) => nameOfEvent(context.bySeq.get(activation))),
    part: partOf(event, context),
  }
}

function partOf(event: EmployeeEvent, context: ExplainContext): Part {
  const { state, bySeq } = context
  const effect = state.effects.get(event.seq)
  if (effect === undefined)
    return { kind: 'dead', blocksReactivation: state.attributes.get('active')?.by === event.seq }
  switch (effect.kind) {
    case 'later':
      return { kind: 'held', until: effect.at, why: 'it takes effect then' }
    case 'unread':
      return { kind: 'unread' }
    case 'announced':
      return {
        kind: 'held',
        until: effect.at,
        why: 'the employee becomes active then; its attributes are sent ahead, disabled',
      }
    case 'rescinded':
      return { kind: 'rescinded', by: nameOfEvent(bySeq.get(effect.by)) }
    case 'applied': {
      if (event.rescinds === null) return partInForce(event, effect.paths, context)
      const { source, id } = event.rescinds
      const known = [...bySeq.values()].some((one) => one.id === id && one.source === source)
      return { kind: 'rescinds', names: { source, id }, known }
    }
  }
}

function partInForce(
  event: EmployeeEvent,
  paths: readonly string[],
  { state, mapping, bySeq }: ExplainContext,
): Part {
  const written = new Set(paths)
  const superseded: { path: string; by: EventName }[] = []
  const applied: string[] = []
  for (const path of paths) {
    const by = state.attributes.get(path)?.by
    if (!mapping.uses(path) || by === undefined) continue
    if (by === event.seq) applied.push(path)
    else superseded.push({ path, by: nameOfEvent(bySeq.get(by)) })
  }
  const unmapped = paths.filter((path) => !mapping.uses(path))
  const same = snapshotPaths(event).filter((path) => !written.has(path) && mapping.uses(path))
  return { kind: 'in force', applied, superseded, unmapped, same }
}

function snapshotPaths(event: EmployeeEvent): readonly string[] {
  return event.mode === 'snapshot' ? flatten(event.worker).map(([path]) => path) : []
}

function nameOfEvent(event: EmployeeEvent | undefined): EventName {
  return event ? { source: event.source, id: event.id } : { source: '', id: 'unknown' }
}
