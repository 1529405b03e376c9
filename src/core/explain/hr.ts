import type { Employee, EmployeeEvent } from '../ledger/employee.ts'
import { ERASED, type EventName, isTermination } from '../model.ts'
import { type EffectiveState, effectiveState } from '../plan/decide/effective-state.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import type { HrSays, Obstacle } from './access.ts'

/** The employee as HR's events have it, without the overlay of a block. */
export function stateByHr(employee: Employee, now: number, rules?: FoldRules): EffectiveState {
  const { blocked: _blocked, ...unblocked } = employee
  return effectiveState(unblocked, now, rules)
}

/** What the events of HR say about access. */
export function hrSays({ events }: Employee, state: EffectiveState): HrSays {
  const active = state.attributes.get('active')
  const event = active && events.find(({ seq }) => seq === active.by)
  if (!event) return events.length === 0 ? { kind: 'no-events' } : { kind: 'silent' }
  const { effectiveAt: since } = event
  if (event.type === ERASED) return { kind: 'erased', since }
  if (active.value === true) return { kind: 'active', since, event: nameOf(event) }
  if (isTermination(event)) return { kind: 'left', since, event: nameOf(event) }
  // Its attributes are sent ahead, disabled.
  if (state.effects.get(event.seq)?.kind === 'announced') return { kind: 'silent' }
  return { kind: 'withdrawn', event: nameOf(event) }
}

/** Events that change access at a later moment, and notices that were not read yet. */
export function awaited({ events }: Employee, state: EffectiveState): readonly Obstacle[] {
  return events.flatMap((event): Obstacle[] => {
    const effect = state.effects.get(event.seq)
    if (effect?.kind === 'unread') return [{ kind: 'unread', event: nameOf(event) }]
    if (effect?.kind !== 'later' && effect?.kind !== 'announced') return []
    const { active } = event.worker
    if (typeof active !== 'boolean') return []
    return [{ kind: 'future', event: nameOf(event), at: effect.at, becomes: active ? 'active' : 'left' }]
  })
}

export function nameOf({ source, id }: EmployeeEvent): EventName {
  return { source, id }
}
