import { overtakesUnanswered } from '../overtake.ts'
import { isFinal } from '../../ledger/lifecycle.ts'
import type { FoldRules } from '../fold/rules.ts'
import type { MappedRecord, Mapping } from '../mapping/mapping.ts'
import type { Routing } from '../../destinations/routing.ts'
import type { Pilot } from '../pilot.ts'
import type { AttributionRules } from './attribute-failure.ts'
import type { Decided, EventDecision } from '../../ledger/decision.ts'
import { type EffectiveState, effectiveState } from './effective-state.ts'
import type { Employee, EmployeeEvent } from '../../ledger/employee.ts'
import type { EventReason, FailureCode } from '../../ledger/event-reason.ts'

export interface PlanRules<M extends Mapping = Mapping> {
  readonly mapping: M
  readonly fold?: FoldRules
  readonly attributeFailure?: AttributionRules
  /** Without one, every employee is sent. */
  readonly pilot?: Pilot
  /** Where employees belong; without it there is one destination, and `mapping` is its mapping. */
  readonly routing?: Routing
  readonly digest: (text: string) => string
}

/** One attempt at planning an employee: the input of every step. */
export interface Planning {
  readonly employee: Employee
  readonly now: number
  readonly rules: PlanRules
  readonly state: EffectiveState
  /** The state says `active: false`. */
  readonly isInactive: boolean
  /** The operation is sent although an older one, which activates, is unanswered. */
  readonly overtakes: boolean
  /** Where the record is sent; not set with one destination only. */
  readonly place?: Place
}

/**
 * Where an attempt sends its record. An employee has one enabled account at a time: one who moves to
 * another destination is disabled where the account is (`leaves`), and is sent to the new one only
 * when that has been confirmed (`moves`).
 */
export type Place =
  | { readonly kind: 'stays'; readonly destination: string }
  | { readonly kind: 'leaves'; readonly destination: string; readonly by: number }
  | { readonly kind: 'moves'; readonly destination: string; readonly from: string }
  /** No rule fits: the employee waits for the attributes that the rules read. */
  | { readonly kind: 'nowhere'; readonly destination: string; readonly missing: readonly string[] }

/** The attempt once its record is mapped. */
export interface MappedPlanning extends Planning {
  readonly mapped: MappedRecord
  /** The record, serialised once. */
  readonly json: string
  readonly hash: string
}

/**
 * What a step makes of an attempt. `again`: these events died of it, and the employee is planned
 * without them.
 */
export type Step =
  | { readonly kind: 'decided'; readonly decision: Decided }
  | {
      readonly kind: 'again'
      readonly employee: Employee
      readonly deadLettered: readonly EventDecision[]
    }

export function beginPlanning(employee: Employee, now: number, rules: PlanRules): Planning {
  const state = effectiveState(employee, now, rules.fold)
  const isInactive = state.attributes.get('active')?.value === false
  return { employee, now, rules, state, isInactive, overtakes: overtakesUnanswered(isInactive, employee) }
}

export function withRecord(planning: Planning, mapped: MappedRecord): MappedPlanning {
  const json = JSON.stringify(mapped.record)
  return { ...planning, mapped, json, hash: planning.rules.digest(json) }
}

/** Events without a final outcome that are in force. */
export function openEvents({ employee, state }: Planning): readonly EmployeeEvent[] {
  return employee.events.filter(
    (event) => !isFinal(event.state) && state.effects.get(event.seq)?.kind === 'applied',
  )
}

export interface DeathOfEvents {
  readonly events: readonly EmployeeEvent[]
  readonly reason: EventReason | FailureCode
  readonly detail: string | null
}

/** The employee as if these events were dead already, and the decisions that make them so. */
export function planAgainWithout(employee: Employee, death: DeathOfEvents): Step {
  const { reason } = death
  const dead = new Set(death.events.map(({ seq }) => seq))
  const events = employee.events.map((event): EmployeeEvent =>
    dead.has(event.seq) ? { ...event, state: 'dead-lettered', reason, dead: true } : event,
  )
  return { kind: 'again', employee: { ...employee, events }, deadLettered: deadLetter(death) }
}

export function deadLetter({ events, reason, detail }: DeathOfEvents): readonly EventDecision[] {
  return events.map(({ seq }) => ({ seq, state: 'dead-lettered', reason, detail, by: null }))
}
