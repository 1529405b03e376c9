import { ERASED, isTermination } from '../../model.ts'
import type { LedgerEvent } from '../../ledger/event.ts'

/** A termination that also counts from activations on that it is dated before. */
export interface LateTermination {
  readonly termination: LedgerEvent
  readonly activations: readonly LedgerEvent[]
}

/**
 * A termination that HR recorded after an activation and dated before it, where no earlier
 * activation is known that it could end: the employee never started, or the date is wrong. It
 * counts from that activation on; otherwise it would change nothing and the leaver would stay
 * active. It counts until an activation that HR recorded no earlier than the termination.
 *
 * Of several such terminations the one recorded last counts. `ordered` are events in their total
 * order, without those that are rescinded.
 */
export function lateTermination(ordered: readonly LedgerEvent[]): LateTermination | null {
  const termination = leavingsWithoutStart(ordered).at(-1)
  if (!termination) return null
  const reopened = ordered.findIndex(
    (event) => isActivation(event) && !event.dead && event.recordedAt >= termination.recordedAt,
  )
  const activations = ordered
    .slice(0, reopened === -1 ? undefined : reopened)
    .filter(
      (event, index) =>
        isActivation(event) &&
        event.worker['active'] === true &&
        !event.dead &&
        !isEndedAtOnce(event, ordered.slice(index + 1)),
    )
  return activations.length === 0 ? null : { termination, activations }
}

/** Another termination that takes effect with the activation leaves nothing to do. */
function isEndedAtOnce({ effectiveAt }: LedgerEvent, after: readonly LedgerEvent[]): boolean {
  return after.some((event) => isTermination(event) && event.effectiveAt <= effectiveAt)
}

/**
 * The terminations before the first activation, each recorded no earlier than the ones before it.
 * For any activation that arrives late, one of these is the last that was recorded before its
 * place.
 */
export function leavingsWithoutStart(ordered: readonly LedgerEvent[]): readonly LedgerEvent[] {
  const found: LedgerEvent[] = []
  for (const event of ordered) {
    if (isActivation(event)) break
    const recordedBefore = found.at(-1)?.recordedAt ?? -Infinity
    if (isTermination(event) && event.type !== ERASED && event.recordedAt >= recordedBefore) found.push(event)
  }
  return found
}

/** Whether an event says anything that `lateTermination` or `activationsOf` look at. */
export function decidesAccess({ activated, worker }: LedgerEvent): boolean {
  return activated === true || typeof worker['active'] === 'boolean'
}

/** Also one that is dead or folded away: the termination may have been meant for it. */
export function isActivation(event: LedgerEvent): boolean {
  return (
    event.activated === true || (event.worker['active'] === true && (event.mode !== 'notice' || event.dead))
  )
}

/**
 * The parts of a late termination that stand directly after the activations: nothing but `active:
 * false`, as of a dead termination. Its other attributes keep their own place.
 */
export function partsAfterActivations({ termination, activations }: LateTermination): readonly LedgerEvent[] {
  return activations.map(({ effectiveAt, rank, order }) => ({
    ...termination,
    effectiveAt,
    rank,
    order,
    rescinds: null,
    dead: true,
  }))
}
