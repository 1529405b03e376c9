import type { Attribute } from '../../model.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { flatten } from '../fold/flatten.ts'
import { fold } from '../fold/fold.ts'
import type { FoldRules } from '../fold/rules.ts'
import type { EmployeeState } from '../fold/state.ts'
import type { Employee } from '../../ledger/employee.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import { isInForce, nextChangeOf } from '../../blocks/period.ts'
import { earliest } from './resend.ts'

export interface EffectiveState extends EmployeeState {
  /** A block is in force. */
  readonly isBlocked: boolean
  /**
   * What the block overrides; `null` when the events say that the employee is inactive, or nothing.
   */
  readonly overridden: Overridden | null
}

export interface Overridden {
  /**
   * The event that `active: false` is attributed to: the one that decides `active`, or the last.
   */
  readonly by: number
  /** The event makes the employee active; otherwise no event decides. */
  readonly saysActive: boolean
}

/**
 * The state a record is made of: the fold, with three additions.
 *
 * - When the event that activated an employee was rescinded or moved and no event decides `active`
 *   any more, the employee is inactive, if the directory may hold the account. Otherwise a hire
 *   rescinded after it was sent would stay active.
 * - Attributes that only a rescinded event set are cleared: left out of the record, the directory
 *   would keep them.
 * - While a block is in force the employee is inactive, whatever the events say.
 */
export function effectiveState(employee: Employee, now: number, rules?: FoldRules): EffectiveState {
  return withBlock(stateByEvents(employee, now, rules), employee, now)
}

function withBlock(state: EmployeeState, { blocked }: Employee, now: number): EffectiveState {
  if (!blocked) return { ...state, isBlocked: false, overridden: null }
  const isBlocked = isInForce(blocked, now)
  const nextAt = earliest(state.nextAt, nextChangeOf(blocked, now))
  const active = state.attributes.get('active')
  const by = active?.by ?? [...state.attributes.values()].at(-1)?.by ?? null
  if (!isBlocked || active?.value === false || by === null)
    return { ...state, nextAt, isBlocked, overridden: null }
  const attributes = new Map([...state.attributes, ['active', { value: false, by }]])
  return { ...state, attributes, nextAt, isBlocked, overridden: { by, saysActive: active !== undefined } }
}

function stateByEvents(employee: Employee, now: number, rules?: FoldRules): EmployeeState {
  const folded = fold(employee.events, now, rules)
  const added: [string, Attribute][] = clearedByRescinds(employee.events, folded)
  const by =
    folded.attributes.has('active') || !mayHaveAccount(employee) ? null : eventThatWithdraws(employee, folded)
  if (by !== null) added.push(['active', { value: false, by }])
  return added.length === 0 ? folded : { ...folded, attributes: new Map([...folded.attributes, ...added]) }
}

/**
 * Attributes of rescinded events that no event in force sets, at their own path, above it or below
 * it.
 */
function clearedByRescinds(
  events: readonly LedgerEvent[],
  { attributes, effects }: EmployeeState,
): [string, Attribute][] {
  const cleared: [string, Attribute][] = []
  if (events.every(({ rescinds }) => rescinds === null)) return cleared
  for (const event of events) {
    const effect = effects.get(event.seq)
    if (effect?.kind !== 'rescinded') continue
    for (const [path] of flatten(event.worker)) {
      const isDecided =
        path === 'active' ||
        [...attributes.keys()].some((other) => covers(other, path) || covers(path, other))
      if (!isDecided) cleared.push([path, { value: null, by: effect.by }])
    }
  }
  return cleared
}

const covers = (above: string, path: string): boolean => path === above || path.startsWith(`${above}.`)

/** The directory accepted a record of the employee, or will, or may have without an outcome. */
export function mayHaveAccount({ known, unanswered, events }: Employee): boolean {
  return (
    known ||
    unanswered.length > 0 ||
    events.some(({ state, reason }) => state === 'dead-lettered' && reason === EVENT_REASONS.noOutcome)
  )
}

/**
 * The event because of which no event activates the employee any more: the rescind, or the
 * activation that moved.
 */
function eventThatWithdraws(employee: Employee, folded: EmployeeState): number | null {
  for (const event of employee.events) {
    if (event.worker['active'] !== true) continue
    const effect = folded.effects.get(event.seq)
    if (effect?.kind === 'rescinded') return effect.by
    // An event in force that did not set `active`: a dead rescind would have rescinded it.
    if (effect?.kind === 'later' || effect?.kind === 'applied') return event.seq
  }
  return null
}
