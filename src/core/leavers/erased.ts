import { ERASED, type HrEvent, isTermination } from '../model.ts'
import { compareEvents } from '../plan/fold/order.ts'
import type { OrderedEvent } from '../ledger/event.ts'
import type { Employee, EmployeeEvent } from '../ledger/employee.ts'
import { effectiveState } from '../plan/decide/effective-state.ts'

/**
 * Where in the order an erased employee left last. It names nobody: with the hash of the employee id it is all that outlives an erasure, so
 * that an older export or a late snapshot does not make the employee active again.
 */
export type LeavingPlace = Pick<OrderedEvent, 'effectiveAt' | 'rank' | 'order' | 'recordedAt'>

/** Of an employee who is about to be erased; `null` for one who never left. */
export function lastLeaving(employee: Employee, now: number): LeavingPlace | null {
  const folded = effectiveState(employee, now)
  const active = folded.attributes.get('active')
  const decidedBy = active?.value === false ? active.by : null
  const counts = employee.events.filter(({ discarded }) => discarded !== true)
  const leaving = counts.filter(
    (event) =>
      event.seq === decidedBy ||
      (isTermination(event) && folded.effects.get(event.seq)?.kind !== 'rescinded'),
  )
  // An employee whose hire was taken back left with the rescind, whichever of them the fold goes by.
  const isTakenBack =
    decidedBy !== null && !leaving.some((event) => event.seq === decidedBy && isTermination(event))
  const [last] = [...leaving, ...(isTakenBack ? counts.filter(({ rescinds }) => rescinds !== null) : [])]
    .toSorted(compareEvents)
    .slice(-1)
  if (!last) return null
  const { effectiveAt, rank, order, recordedAt } = last
  return { effectiveAt, rank, order, recordedAt }
}

/** Behind every name an event may have, so that of events at one place the mark stands last. */
const BEHIND_EVERY_SOURCE = '~erased'

/**
 * The place as the fold takes it: a dead leaver, which says nothing but `active: false` and cannot be rescinded. `seq` 0 is no event of the
 * ledger.
 */
export function erasedMark(employeeId: string, place: LeavingPlace): EmployeeEvent {
  return {
    ...place,
    seq: 0,
    source: BEHIND_EVERY_SOURCE,
    id: 'erased',
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
  }
}

export function isErasedMark({ type }: Pick<HrEvent, 'type'>): boolean {
  return type === ERASED
}
