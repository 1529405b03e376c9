import type { Attribute } from '../../model.ts'
import { flatten } from '../fold/flatten.ts'
import type { EmployeeState } from '../fold/state.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { NO_OUTCOME } from './employee.ts'
import type { Employee } from '../../ledger/employee.ts'

/**
 * What the record is made of: the fold, and two things more. When nothing says any more whether somebody the directory may hold is active, because
 * the event that did was rescinded or moved, that person is out; otherwise a hire taken back after it was sent would stay active.
 * And what only a rescinded event had said is cleared: left out of the record, the directory would keep it.
 */
export function standing(employee: Employee, folded: EmployeeState): EmployeeState {
  const added: [string, Attribute][] = takenBack(employee.events, folded)
  const by = folded.attributes.has('active') || !mayBeHeld(employee) ? null : withdrawnBy(employee, folded)
  if (by !== null) added.push(['active', { value: false, by }])
  return added.length === 0 ? folded : { ...folded, attributes: new Map([...folded.attributes, ...added]) }
}

/** Attributes of rescinded events that nothing speaks of any more, neither they themselves nor anything above or below them. */
export function takenBack(
  events: readonly LedgerEvent[],
  { attributes, effects }: EmployeeState,
): [string, Attribute][] {
  const back: [string, Attribute][] = []
  for (const event of events) {
    const effect = effects.get(event.seq)
    if (effect?.kind !== 'rescinded') continue
    for (const [path] of flatten(event.worker)) {
      const spoken =
        path === 'active' ||
        [...attributes.keys()].some((other) => covers(other, path) || covers(path, other))
      if (!spoken) back.push([path, { value: null, by: effect.by }])
    }
  }
  return back
}

const covers = (above: string, path: string): boolean => path === above || path.startsWith(`${above}.`)

/** The directory took a record of the person once, or is about to, or may have without saying so. */
function mayBeHeld({ known, unanswered, events }: Employee): boolean {
  return (
    known ||
    unanswered.length > 0 ||
    events.some(({ state, reason }) => state === 'dead-lettered' && reason === NO_OUTCOME)
  )
}

/** Why nothing makes the person active any more: the rescind, or the event itself where its moment has moved. */
function withdrawnBy(employee: Employee, folded: EmployeeState): number | null {
  for (const event of employee.events) {
    if (event.worker['active'] !== true) continue
    const effect = folded.effects.get(event.seq)
    if (effect?.kind === 'rescinded') return effect.by
    // In force without a word on it: a rescind that died would have taken it out.
    if (effect?.kind === 'later' || effect?.kind === 'applied') return event.seq
  }
  return null
}
