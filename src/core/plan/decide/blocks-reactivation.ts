import { type EventName, type HrEvent, isTermination } from '../../model.ts'

/** The part of an event that decides about access. */
export type AccessEvent = Pick<HrEvent, 'employeeId' | 'worker' | 'rescinds'>

/**
 * Whether a dead event keeps its employee from being reactivated: a termination, or a rescind whose
 * `target` activates the same employee or is itself a rescind. In doubt an employee stays disabled.
 * `target` is `null` while the event the rescind names has not arrived.
 */
export function blocksReactivation(dead: AccessEvent, target: AccessEvent | null): boolean {
  if (isTermination(dead)) return true
  if (dead.rescinds === null || target === null || target.employeeId !== dead.employeeId) return false
  return target.rescinds !== null || target.worker['active'] === true
}

/**
 * Whether a dead event that blocks a reactivation would stop doing so if it were replaced by
 * `edited`: the edited event is about another employee, is no longer a termination, or rescinds
 * another event.
 */
export function liftsBlock(dead: AccessEvent, edited: AccessEvent): boolean {
  return (
    edited.employeeId !== dead.employeeId ||
    (isTermination(dead) && !isTermination(edited)) ||
    (dead.rescinds !== null && !isSameName(dead.rescinds, edited.rescinds))
  )
}

function isSameName(one: EventName, other: EventName | null): boolean {
  return one.source === other?.source && one.id === other.id
}
