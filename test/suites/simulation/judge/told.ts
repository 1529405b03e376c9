import type { ToldOutcome } from '../outside/bus.ts'
import type { Known } from './standing.ts'

/** Reasons with which a dead event stays in force. */
const STILL_IN_FORCE = new Set<string | null>(['NoOutcome', 'IncompleteRecord'])

/**
 * What the outcomes say of events that failed, wholly or in part. `readAnewAt` has, by event id, when
 * a notice was read again and said something else: an older outcome is not about that.
 */
export function failedBy(
  told: readonly ToldOutcome[],
  readAnewAt: ReadonlyMap<string, number>,
): Pick<Known, 'dead' | 'disabledAlone'> {
  const dead = new Set<string>()
  const disabledAlone = new Set<string>()
  for (const { event, state, reason, at } of told) {
    const isOld = at <= (readAnewAt.get(event) ?? -Infinity)
    if (reason === 'DisabledAlone' && !isOld) disabledAlone.add(event)
    else disabledAlone.delete(event)
    if (state === 'dead-lettered' && !STILL_IN_FORCE.has(reason)) dead.add(event)
    else dead.delete(event)
  }
  return { dead, disabledAlone }
}

/** Every event has an outcome for each of its revisions, without a gap. */
export function untold(ids: Iterable<string>, told: readonly ToldOutcome[]): readonly string[] {
  const revisions = Map.groupBy(told, ({ event }) => event)
  return [...ids].flatMap((id) => {
    const numbers = (revisions.get(id) ?? []).map(({ revision }) => revision)
    const isWhole = numbers.length > 0 && numbers.every((number, index) => number === index + 1)
    return isWhole ? [] : [`event ${id} has the outcomes ${numbers.join(', ') || 'none'}`]
  })
}
