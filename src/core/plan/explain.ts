import type { EventState } from '../ledger/lifecycle.ts'
import type { EventName, Json } from '../model.ts'
import type { Effect, EmployeeState } from './fold/state.ts'
import { flatten } from './fold/flatten.ts'
import { compareEvents } from './fold/order.ts'
import type { Employee, EmployeeEvent } from '../ledger/employee.ts'
import type { PlanRules } from './decide/planning.ts'
import { effectiveState } from './decide/effective-state.ts'
import { type RecordValue, valueOrigins } from './mapping/origins.ts'

/** Why an event is where it is, and what of the present record comes from it. Names attributes, never values. */
export interface EventExplanation extends EventName {
  readonly seq: number
  readonly type: string
  readonly state: EventState
  readonly reason: string | null
  readonly recordedAt: number
  readonly effectiveAt: number
  readonly part: Part
}

/** What an event comes to in the fold of this moment. */
export type Part =
  /** Takes effect later. */
  | { readonly kind: 'held'; readonly until: number; readonly why: string }
  /** A notice: what it is about is still to be read. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'rescinded'; readonly by: EventName }
  /** Takes another event out; `target` is `null` while that one has not arrived. */
  | { readonly kind: 'rescinds'; readonly names: EventName; readonly known: boolean }
  /** Out of the fold; `blocksReactivation` when its `active: false` stays in. */
  | { readonly kind: 'dead'; readonly blocksReactivation: boolean }
  | {
      readonly kind: 'in force'
      /** Attributes of the record that come from it. */
      readonly applied: readonly string[]
      readonly superseded: readonly { readonly path: string; readonly by: EventName }[]
      /** What it says without any effect: nothing maps it, or it stood so already. */
      readonly unmapped: readonly string[]
      readonly same: readonly string[]
    }

/** One attribute of a person and the event it comes from. */
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
  readonly events: readonly EventExplanation[]
  readonly attributes: readonly AttributeExplanation[]
  /** What the record holds, each value with the events it is made of. */
  readonly record: readonly (RecordValue & { readonly events: readonly EventName[] })[]
}

/** What stands of one person at `now`, and why. Pure, and the same fold that decides what is sent. */
export async function explainEmployee(
  employee: Employee,
  now: number,
  rules: PlanRules,
): Promise<Explanation> {
  const folded = effectiveState(employee, now, rules.fold)
  const { attributes } = folded
  const bySeq = new Map(employee.events.map((event) => [event.seq, event]))
  const nameOf = (seq: number): EventName => toName(bySeq.get(seq))
  const events = employee.events
    .toSorted(compareEvents)
    .map((event) => explainEvent(event, folded.effects.get(event.seq), folded, rules, bySeq))
  return {
    employeeId: employee.employeeId,
    at: now,
    nextAt: folded.nextAt,
    events,
    attributes: [...attributes].map(([path, { value, by }]) => ({
      path,
      value,
      mapped: rules.mapping.uses(path),
      by: nameOf(by),
    })),
    record: (await valueOrigins(rules.mapping, employee.employeeId, attributes)).map((value) => ({
      ...value,
      events: value.by.map(nameOf),
    })),
  }
}

function explainEvent(
  event: EmployeeEvent,
  effect: Effect | undefined,
  folded: EmployeeState,
  rules: PlanRules,
  bySeq: ReadonlyMap<number, EmployeeEvent>,
): EventExplanation {
  const { seq, source, id, type, state, reason, recordedAt, effectiveAt } = event
  return {
    seq,
    source,
    id,
    type,
    state,
    reason,
    recordedAt,
    effectiveAt,
    part: partOf(event, effect, folded, rules, bySeq),
  }
}

function partOf(
  event: EmployeeEvent,
  effect: Effect | undefined,
  folded: EmployeeState,
  rules: PlanRules,
  bySeq: ReadonlyMap<number, EmployeeEvent>,
): Part {
  if (effect === undefined)
    return { kind: 'dead', blocksReactivation: folded.attributes.get('active')?.by === event.seq }
  switch (effect.kind) {
    case 'later':
      return { kind: 'held', until: effect.at, why: 'it takes effect then' }
    case 'unread':
      return { kind: 'unread' }
    case 'announced':
      return {
        kind: 'held',
        until: effect.at,
        why: 'its person becomes active then; what it says is sent ahead, disabled',
      }
    case 'rescinded':
      return { kind: 'rescinded', by: toName(bySeq.get(effect.by)) }
    case 'applied': {
      if (event.rescinds !== null) {
        const { source, id } = event.rescinds
        return {
          kind: 'rescinds',
          names: { source, id },
          known: [...bySeq.values()].some((one) => one.id === id && one.source === source),
        }
      }
      const written = new Set(effect.paths)
      const superseded: { path: string; by: EventName }[] = []
      const applied: string[] = []
      for (const path of effect.paths) {
        const by = folded.attributes.get(path)?.by
        if (!rules.mapping.uses(path) || by === undefined) continue
        if (by === event.seq) applied.push(path)
        else superseded.push({ path, by: toName(bySeq.get(by)) })
      }
      const unmapped = effect.paths.filter((path) => !rules.mapping.uses(path))
      const same = saidBy(event).filter((path) => !written.has(path) && rules.mapping.uses(path))
      return { kind: 'in force', applied, superseded, unmapped, same }
    }
  }
}

function saidBy(event: EmployeeEvent): readonly string[] {
  return event.mode === 'snapshot' ? flatten(event.worker).map(([path]) => path) : []
}

function toName(event: EmployeeEvent | undefined): EventName {
  return event ? { source: event.source, id: event.id } : { source: '', id: 'unknown' }
}

/** A part in words, one line each, without any value. */
export function describePart(part: Part): readonly string[] {
  switch (part.kind) {
    case 'held':
      return [`held until ${new Date(part.until).toISOString()}: ${part.why}`]
    case 'unread':
      return ['held until it is read from the HR system']
    case 'rescinded':
      return [`rescinded by ${part.by.id}`]
    case 'rescinds':
      return [
        part.known ? `takes ${part.names.id} out` : `takes ${part.names.id} out as soon as that arrives`,
      ]
    case 'dead':
      return [
        part.blocksReactivation
          ? 'dead, but its person stays out: active false still counts'
          : 'dead: out of the record',
      ]
    case 'in force':
      return [
        ...(part.applied.length > 0 ? [`applied: ${part.applied.join(', ')}`] : []),
        ...part.superseded.map(({ path, by }) => `superseded on ${path} by ${by.id}`),
        ...(part.same.length > 0 ? [`unchanged, stood so already: ${part.same.join(', ')}`] : []),
        ...(part.unmapped.length > 0 ? [`not mapped to the directory: ${part.unmapped.join(', ')}`] : []),
        ...(part.applied.length + part.superseded.length + part.same.length + part.unmapped.length === 0
          ? ['unchanged: it says nothing that goes to the directory']
          : []),
      ]
  }
}
