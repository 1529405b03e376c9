import { ERASED, type HrEvent, isTermination } from '../model.ts'
import { compareEvents } from '../plan/fold/order.ts'
import type { OrderedEvent } from '../ledger/event.ts'
import type { Employee, EmployeeEvent } from '../ledger/employee.ts'
import { effectiveState } from '../plan/decide/effective-state.ts'
import { isActivatedSince } from '../plan/decide/hold/respect-deactivation.ts'

/**
 * The place of an erased employee's termination in the order. It holds no personal data. With
 * the hash of the employee id it is all that an erasure leaves, so that an older export or a late
 * snapshot does not reactivate the employee.
 */
export type LeavingPlace = Pick<OrderedEvent, 'effectiveAt' | 'rank' | 'order' | 'recordedAt'>

/**
 * For an employee who is about to be erased: the last termination in effect, and those to come, in
 * order. Empty for one who never left.
 */
export function leavingsToKeep(employee: Employee, now: number): readonly LeavingPlace[] {
  // A block survives the erasure on its own; the access that it overrides is not a termination.
  const { blocked: _blocked, ...unblocked } = employee
  const folded = effectiveState(unblocked, now)
  const active = folded.attributes.get('active')
  const decidedBy = active?.value === false ? active.by : null
  const counts = employee.events.filter(({ discarded }) => discarded !== true)
  const leaving = counts.filter(
    (event) =>
      event.seq === decidedBy ||
      (isTermination(event) && folded.effects.get(event.seq)?.kind !== 'rescinded'),
  )
  // An employee whose hire was rescinded left with a rescind; the fold may name the hire instead.
  const isHireRescinded =
    decidedBy !== null && !leaving.some((event) => event.seq === decidedBy && isTermination(event))
  const ordered = [
    ...leaving,
    ...(isHireRescinded ? counts.filter(({ rescinds }) => rescinds !== null) : []),
  ].toSorted(compareEvents)
  const last = ordered.findLastIndex(({ effectiveAt }) => effectiveAt <= now)
  return ordered
    .slice(Math.max(0, last))
    .map(({ effectiveAt, rank, order, recordedAt }) => ({ effectiveAt, rank, order, recordedAt }))
}

/**
 * Whether another system disabled the account and HR recorded no activation since. An erasure keeps
 * that moment too, so that an activation that HR recorded earlier does not reverse it.
 */
export function isHeldElsewhere(employee: Employee, now: number): boolean {
  const { disabledElsewhereAt: since } = employee
  return since !== undefined && !isActivatedSince(employee, since, now)
}

/** Sorts after every source name, so that the mark comes last among events at one place. */
const LAST_SOURCE = '~erased'

/**
 * The places as events for the fold: dead terminations that set only `active: false` and cannot be
 * rescinded. No event of the ledger has `seq` 0 or less.
 */
export function erasedMarks(employeeId: string, places: readonly LeavingPlace[]): readonly EmployeeEvent[] {
  return places.map((place, index) => ({
    ...place,
    seq: -index,
    source: LAST_SOURCE,
    id: index === 0 ? 'erased' : `erased-${index}`,
    type: ERASED,
    employeeId,
    effectiveRaw: null,
    mode: 'delta',
    worker: { active: false },
    rescinds: null,
    traceparent: null,
    dead: true,
    folded: true,
    state: 'confirmed',
    reason: null,
    by: null,
  }))
}

export function isErasedMark({ type }: Pick<HrEvent, 'type'>): boolean {
  return type === ERASED
}
