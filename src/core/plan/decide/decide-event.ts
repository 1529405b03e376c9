import { isFinal, type EventState } from '../../ledger/lifecycle.ts'
import { isPureRescind } from '../fold/event.ts'
import { isBlockType } from '../../model.ts'
import { flatten } from '../fold/flatten.ts'
import { compareEvents } from '../fold/order.ts'
import { type Effect, type EmployeeState, sameJson } from '../fold/state.ts'
import type { Mapping } from '../mapping/mapping.ts'
import type { EventDecision } from '../../ledger/decision.ts'
import type { Employee, EmployeeEvent } from '../../ledger/employee.ts'
import { EVENT_REASONS, type EventReason, leavesFold } from '../../ledger/event-reason.ts'

/** What an event contributes to the record. */
export type Contribution =
  | { readonly kind: 'later'; readonly reason: EventReason }
  | { readonly kind: 'rescinded'; readonly by: number }
  /** The event only rescinds another. */
  | { readonly kind: 'rescind'; readonly known: boolean }
  /** The event blocks its employee, or lifts the block: it sets no attribute. */
  | { readonly kind: 'block' }
  /** The event rescinds one that retention folded away, which cannot be taken back. */
  | { readonly kind: 'beyond-retention' }
  | { readonly kind: 'nothing-mapped' }
  | { readonly kind: 'surviving' }
  | { readonly kind: 'superseded'; readonly by: number; readonly settled: boolean }

export function contributionOf(
  employee: Employee,
  state: EmployeeState,
  mapping: Mapping,
): (event: EmployeeEvent, effect: Effect) => Contribution {
  // Few events decide the record, and mostly the last ones.
  const winners = new Map<number, EmployeeEvent | undefined>()
  const eventOf = (seq: number): EmployeeEvent | undefined => {
    if (!winners.has(seq))
      winners.set(
        seq,
        employee.events.findLast((event) => event.seq === seq),
      )
    return winners.get(seq)
  }
  return (event, effect) => {
    switch (effect.kind) {
      case 'later':
        return { kind: 'later', reason: EVENT_REASONS.notYet }
      case 'unread':
        return { kind: 'later', reason: EVENT_REASONS.unread }
      case 'announced':
        return { kind: 'later', reason: EVENT_REASONS.announced }
      case 'rescinded':
        return { kind: 'rescinded', by: effect.by }
      case 'applied':
        if (isBlockType(event.type)) return { kind: 'block' }
        return (
          contributionOfRescind(event, employee) ??
          contributionOfWrites(event, effect.paths, { state, mapping, eventOf })
        )
    }
  }
}

/** `null` for an event that rescinds nothing. */
function contributionOfRescind(event: EmployeeEvent, { events }: Employee): Contribution | null {
  const { rescinds } = event
  if (rescinds === null) return null
  const target = events.find(({ source, id }) => id === rescinds.id && source === rescinds.source)
  if (target?.folded && !event.folded) return { kind: 'beyond-retention' }
  // The attributes of a rescind count for what it brings back, too.
  return isPureRescind(event) ? { kind: 'rescind', known: target !== undefined } : { kind: 'surviving' }
}

interface Writes {
  readonly state: EmployeeState
  readonly mapping: Mapping
  readonly eventOf: (seq: number) => EmployeeEvent | undefined
}

function contributionOfWrites(
  event: EmployeeEvent,
  paths: readonly string[],
  { state, mapping, eventOf }: Writes,
): Contribution {
  let winner: EmployeeEvent | null = null
  let isMapped = false
  for (const path of paths) {
    if (!mapping.uses(path)) continue
    isMapped = true
    const attribute = state.attributes.get(path)
    if (attribute?.by === event.seq) return { kind: 'surviving' }
    const other = attribute && eventOf(attribute.by)
    if (other && other !== winner && (!winner || compareEvents(other, winner) > 0)) winner = other
  }
  if (!isMapped)
    return repeatsRecord(event, state, mapping) ? { kind: 'surviving' } : { kind: 'nothing-mapped' }
  if (!winner) return { kind: 'nothing-mapped' }
  return {
    kind: 'superseded',
    by: winner.seq,
    settled: isFinal(winner.state) && !isSentAgain(winner),
  }
}

/**
 * A dead event whose values go out with the next record. Any other dead event in force is a
 * termination that failed: what waited for its operation would be sent, and fail, again and again.
 */
function isSentAgain({ state, reason }: EmployeeEvent): boolean {
  return state === 'dead-lettered' && !leavesFold(reason)
}

/** True for a snapshot that wrote nothing because the record already had its values. */
function repeatsRecord(event: EmployeeEvent, { attributes }: EmployeeState, mapping: Mapping): boolean {
  return flatten(event.worker).some(
    ([path, value]) => mapping.uses(path) && sameJson(attributes.get(path)?.value, value),
  )
}

/**
 * Whether an event's final outcome no longer holds, so that it needs another one. A confirmed event
 * stays confirmed when a newer event replaces its values.
 */
export function needsNewOutcome(
  event: EmployeeEvent,
  contribution: Contribution,
  state: EmployeeState,
): boolean {
  const by = event.by ?? null
  if (contribution.kind === 'rescinded') {
    if (event.reason !== EVENT_REASONS.rescinded) return true
    return by !== contribution.by && hasLostEffect(by, state)
  }
  switch (event.state) {
    case 'dead-lettered':
      // Its values are sent again with the next record and share that record's outcome.
      return (
        event.reason === EVENT_REASONS.incompleteRecord ||
        (event.reason === EVENT_REASONS.noOutcome && contribution.kind === 'surviving')
      )
    case 'skipped':
      return event.reason === EVENT_REASONS.rescinded
    case 'superseded':
      if (by === null || contribution.kind === 'later') return false
      return (
        contribution.kind === 'surviving' ||
        (hasLostEffect(by, state) && !(contribution.kind === 'superseded' && contribution.by === by))
      )
    case 'unchanged':
      return (
        event.reason === EVENT_REASONS.targetUnknown && contribution.kind === 'rescind' && contribution.known
      )
    case 'confirmed':
    case 'received':
    case 'held':
    case 'incomplete':
    case 'planned':
      return false
  }
}

/** The event an outcome names is rescinded, dead or not in force, so it replaces no other event. */
function hasLostEffect(seq: number | null, state: EmployeeState): boolean {
  return seq === null || state.effects.get(seq)?.kind !== 'applied'
}

/** What the plan makes of the record as a whole. */
export interface Sending {
  readonly send: boolean
  /** Attributes the record lacks, by name. */
  readonly missing: readonly string[]
  /** The record equals the last accepted one. */
  readonly same: boolean
}

export function decideEvent(
  { seq }: EmployeeEvent,
  contribution: Contribution,
  { send, missing, same }: Sending,
): EventDecision {
  const withoutRecord = same ? EVENT_REASONS.sameRecord : EVENT_REASONS.nothingSent
  switch (contribution.kind) {
    case 'later':
      return decision(seq, 'held', contribution.reason)
    case 'rescinded':
      return decision(seq, 'skipped', EVENT_REASONS.rescinded, contribution.by)
    case 'rescind':
      if (!contribution.known) return decision(seq, 'unchanged', EVENT_REASONS.targetUnknown)
      return send ? decision(seq, 'planned') : decision(seq, 'unchanged', withoutRecord)
    case 'block':
      return send ? decision(seq, 'planned') : decision(seq, 'unchanged', withoutRecord)
    case 'beyond-retention':
      return decision(seq, 'dead-lettered', EVENT_REASONS.rescindBeyondRetention)
    case 'nothing-mapped':
      return decision(seq, 'unchanged', EVENT_REASONS.nothingMapped)
    case 'surviving':
      if (missing.length > 0) return incomplete(seq, missing)
      return send ? decision(seq, 'planned') : decision(seq, 'unchanged', EVENT_REASONS.sameRecord)
    case 'superseded':
      if (contribution.settled) return decision(seq, 'superseded', null, contribution.by)
      if (missing.length > 0) return incomplete(seq, missing)
      return decision(seq, send ? 'planned' : 'superseded', null, contribution.by)
  }
}

function decision(
  seq: number,
  state: EventState,
  reason: EventReason | null = null,
  by: number | null = null,
): EventDecision {
  return { seq, state, reason, detail: null, by }
}

function incomplete(seq: number, missing: readonly string[]): EventDecision {
  return {
    seq,
    state: 'incomplete',
    reason: EVENT_REASONS.incomplete,
    detail: missing.join(', '),
    by: null,
  }
}
