import type { Folded } from './fold.ts'
import { NO_OUTCOME, type Person } from './person.ts'

/**
 * What the record is made of: the fold, and one thing more. When nothing says any more whether somebody the directory may hold is active,
 * because the event that did was rescinded or moved, that person is out. Otherwise a hire taken back after it was sent would stay active.
 */
export function standing(person: Person, folded: Folded): Folded {
  if (folded.attributes.has('active') || !mayBeHeld(person)) return folded
  const by = withdrawnBy(person, folded)
  return by === null ? folded : { ...folded, attributes: new Map([...folded.attributes, ['active', { value: false, by }]]) }
}

/** The directory took a record of the person once, or is about to, or may have without saying so. */
function mayBeHeld({ known, unanswered, events }: Person): boolean {
  return known || unanswered.length > 0 || events.some(({ state, reason }) => state === 'dead-lettered' && reason === NO_OUTCOME)
}

/** Why nothing makes the person active any more: the rescind, or the event itself where its moment has moved. */
function withdrawnBy(person: Person, folded: Folded): number | null {
  for (const event of person.events) {
    if (event.worker['active'] !== true) continue
    const effect = folded.effects.get(event.seq)
    if (effect?.kind === 'rescinded') return effect.by
    if (effect?.kind === 'later') return event.seq
  }
  return null
}
