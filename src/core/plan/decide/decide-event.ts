import { isFinal, type EventState } from '../../ledger/lifecycle.ts'
import { type Effect, type EmployeeState, sameJson } from '../fold/state.ts'
import { flatten } from '../fold/flatten.ts'
import { isPureRescind } from '../fold/event.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { compareEvents } from '../fold/order.ts'
import type { EventDecision } from '../../ledger/decision.ts'
import { INCOMPLETE_RECORD, NO_OUTCOME, REASONS, RESCIND_BEYOND_RETENTION } from './employee.ts'
import type { Employee, EmployeeEvent } from '../../ledger/employee.ts'

/** What an event contributes to the record. */
export type Contribution =
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'rescinded'; readonly by: number }
  /** Says nothing but that another event is out. */
  | { readonly kind: 'rescind'; readonly known: boolean }
  /** Names an event that retention folded away: nothing can be taken back of it. */
  | { readonly kind: 'beyond-retention' }
  | { readonly kind: 'nothing-mapped' }
  | { readonly kind: 'surviving' }
  | { readonly kind: 'superseded'; readonly by: number; readonly settled: boolean }

export function contributionOf(
  employee: Employee,
  folded: EmployeeState,
  mapping: Mapping,
): (event: EmployeeEvent, effect: Effect) => Contribution {
  const bySeq = new Map(employee.events.map((event) => [event.seq, event]))
  return (event, effect) => {
    switch (effect.kind) {
      case 'later':
        return { kind: 'later', reason: REASONS.notYet }
      case 'unread':
        return { kind: 'later', reason: REASONS.unread }
      case 'announced':
        return { kind: 'later', reason: REASONS.announced }
      case 'rescinded':
        return { kind: 'rescinded', by: effect.by }
      case 'applied': {
        const { rescinds } = event
        const target =
          rescinds &&
          employee.events.find(({ source, id }) => id === rescinds.id && source === rescinds.source)
        if (target?.folded && !event.folded) return { kind: 'beyond-retention' }
        if (rescinds && isPureRescind(event))
          return { kind: 'rescind', known: target !== undefined && target !== null }
        // What a rescind says besides stands for what comes back, too.
        if (rescinds) return { kind: 'surviving' }
        let winner: EmployeeEvent | undefined
        let mapped = false
        for (const path of effect.paths) {
          if (!mapping.uses(path)) continue
          mapped = true
          const holder = folded.attributes.get(path)
          if (holder?.by === event.seq) return { kind: 'surviving' }
          const other = holder && bySeq.get(holder.by)
          if (other && (!winner || compareEvents(other, winner) > 0)) winner = other
        }
        if (!mapped)
          return repeats(event, folded, mapping) ? { kind: 'surviving' } : { kind: 'nothing-mapped' }
        if (!winner) return { kind: 'nothing-mapped' }
        return {
          kind: 'superseded',
          by: winner.seq,
          settled: isFinal(winner.state) && winner.state !== 'dead-lettered',
        }
      }
    }
  }
}

/** True for a snapshot that wrote nothing because what it says of the record was known: it says so all the same. */
function repeats(event: EmployeeEvent, { attributes }: EmployeeState, mapping: Mapping): boolean {
  return flatten(event.worker).some(
    ([path, value]) => mapping.uses(path) && sameJson(attributes.get(path)?.value, value),
  )
}

/**
 * Whether an event that has its final outcome needs another one: what its outcome said no longer holds. A newer event that takes its place once
 * it was confirmed changes nothing about that it was.
 */
export function reopens(event: EmployeeEvent, share: Contribution, folded: EmployeeState): boolean {
  if (share.kind === 'rescinded') {
    if (event.state !== 'skipped' || event.reason !== REASONS.rescinded) return true
    return event.by !== share.by && fellAway(event.by ?? null, folded)
  }
  switch (event.state) {
    case 'dead-lettered':
      // What it says goes out again with the next record, and has the answer of that.
      return event.reason === INCOMPLETE_RECORD || (event.reason === NO_OUTCOME && share.kind === 'surviving')
    case 'skipped':
      return event.reason === REASONS.rescinded
    case 'superseded':
      if ((event.by ?? null) === null || share.kind === 'later') return false
      return (
        share.kind === 'surviving' ||
        (fellAway(event.by ?? null, folded) && !(share.kind === 'superseded' && share.by === event.by))
      )
    case 'unchanged':
      return event.reason === REASONS.targetUnknown && share.kind === 'rescind' && share.known
    case 'confirmed':
    case 'received':
    case 'held':
    case 'incomplete':
    case 'planned':
      return false
  }
}

/** The event an outcome names is rescinded, dead or not in force: it stands in nobody's place. */
function fellAway(seq: number | null, folded: EmployeeState): boolean {
  return seq === null || folded.effects.get(seq)?.kind !== 'applied'
}

/** What the plan makes of the record as a whole. */
export interface Sending {
  readonly send: boolean
  /** What the record lacks, by name. */
  readonly missing: readonly string[]
  /** The directory took the very same record last. */
  readonly same: boolean
}

export function decide(
  { seq }: EmployeeEvent,
  share: Contribution,
  { send, missing, same }: Sending,
): EventDecision {
  const waits = missing.length > 0
  const incomplete: EventDecision = {
    seq,
    state: 'incomplete',
    reason: REASONS.incomplete,
    detail: missing.join(', '),
    by: null,
  }
  const decision = (state: EventState, reason: string | null, by: number | null = null): EventDecision => ({
    seq,
    state,
    reason,
    detail: null,
    by,
  })
  switch (share.kind) {
    case 'later':
      return decision('held', share.reason)
    case 'rescinded':
      return decision('skipped', REASONS.rescinded, share.by)
    case 'rescind':
      if (!share.known) return decision('unchanged', REASONS.targetUnknown)
      return send
        ? decision('planned', null)
        : decision('unchanged', same ? REASONS.sameRecord : REASONS.nothingSent)
    case 'beyond-retention':
      return decision('dead-lettered', RESCIND_BEYOND_RETENTION)
    case 'nothing-mapped':
      return decision('unchanged', REASONS.nothingMapped)
    case 'surviving':
      return waits ? incomplete : send ? decision('planned', null) : decision('unchanged', REASONS.sameRecord)
    case 'superseded':
      if (share.settled) return decision('superseded', null, share.by)
      return waits ? incomplete : decision(send ? 'planned' : 'superseded', null, share.by)
  }
}
