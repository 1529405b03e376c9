import type { BrakeAllowance, BrakeSettings } from '../../ledger/port/plan.ts'
import type { Decided, Leaving } from '../../ledger/decision.ts'
import { withholdOperation } from './hold/withhold.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'

export const RELEASED_BRAKE: BrakeSettings = {
  windowMs: 86_400_000,
  absolute: Number.POSITIVE_INFINITY,
  percent: 100,
  floor: Number.POSITIVE_INFINITY,
}

/** An employee whose account is active in the directory and who is planned to be deactivated. */
export interface LeavingEmployee {
  readonly employeeId: string
  /** The event because of which; `null` when no single event decides it. */
  readonly leaving: Leaving | null
  /** This leaving was let go before, by the brake or by an operator. */
  readonly passed: boolean
  /** The employee counts in the window already. */
  readonly counted: boolean
  readonly held: boolean
  /**
   * An operator refused the deactivation when the newest event of the ledger was `newestEvent`;
   * `null`: none did.
   */
  readonly refused: { readonly newestEvent: number } | null
}

export interface BrakeWindow {
  /** Distinct employees deactivated in the window that no operator has judged. */
  readonly counted: number
  /** Employees that are active by their last accepted record. */
  readonly active: number
  /** How many more may go before the limit counts, by the allowance of a release. */
  readonly allowed: number
}

/** How many more may go by an allowance; none without one. */
export function leftOf(allowance: BrakeAllowance | null): number {
  return allowance === null ? 0 : Math.max(0, allowance.amount - allowance.used)
}

export interface BrakeVerdicts {
  readonly byEmployee: ReadonlyMap<string, BrakeVerdict>
  /**
   * Employees who passed and count in the window from now on, in the order in which they passed.
   */
  readonly counted: readonly string[]
  /** How many passed by the allowance. */
  readonly byAllowance: number
}
export type BrakeVerdict = 'passed' | 'held' | 'refused'

/**
 * Decides which deactivations are sent. Pure. The earlier termination goes first. A deactivation
 * that an operator released, or that passed before, is sent and never counts again. One that is
 * held or refused stays until an operator decides, whatever the window says.
 */
export function judgeLeaving(
  employees: readonly LeavingEmployee[],
  { counted, active, allowed }: BrakeWindow,
  settings: BrakeSettings,
): BrakeVerdicts {
  const byEmployee = new Map<string, BrakeVerdict>()
  const newlyCounted: string[] = []
  let byAllowance = 0
  for (const employee of employees.toSorted(byLeaving)) {
    const { employeeId } = employee
    const verdict = standingVerdict(employee)
    if (verdict !== null) byEmployee.set(employeeId, verdict)
    else if (byAllowance < allowed) {
      byAllowance += 1
      byEmployee.set(employeeId, 'passed')
    } else if (tooMany(counted + newlyCounted.length + 1, active, settings))
      byEmployee.set(employeeId, 'held')
    else {
      newlyCounted.push(employeeId)
      byEmployee.set(employeeId, 'passed')
    }
  }
  return { byEmployee, counted: newlyCounted, byAllowance }
}

/** The verdict that does not depend on the window; `null` when the window decides. */
function standingVerdict({ leaving, passed, counted, held, refused }: LeavingEmployee): BrakeVerdict | null {
  if (refused)
    // HR sent another termination. The refusal was not about that one, and no operator released it.
    return leaving !== null && leaving.seq > refused.newestEvent ? 'held' : 'refused'
  if (passed) return 'passed'
  if (held) return 'held'
  return counted ? 'passed' : null
}

function byLeaving(one: LeavingEmployee, other: LeavingEmployee): number {
  return (
    (one.leaving?.effectiveAt ?? 0) - (other.leaving?.effectiveAt ?? 0) ||
    (one.leaving?.recordedAt ?? 0) - (other.leaving?.recordedAt ?? 0) ||
    (one.employeeId < other.employeeId ? -1 : 1)
  )
}

/**
 * Whether `employees` deactivations in one window are too many, with `active` employees active in
 * the directory.
 */
export function tooMany(employees: number, active: number, settings: BrakeSettings): boolean {
  return employees > brakeLimit(active, settings)
}

/** The most deactivations in one window that are not too many. */
export function brakeLimit(active: number, { absolute, percent, floor }: BrakeSettings): number {
  return Math.min(absolute, Math.max(floor, Math.floor((active * percent) / 100)))
}

/**
 * With this many active employees, the verdicts on so many deactivations in one window are the same
 * as with any more, so these need not be counted.
 */
export function activeNeeded(employees: number, { absolute, percent, floor }: BrakeSettings): number {
  const judged = Math.min(employees, absolute)
  if (judged <= floor) return 0
  // One more, because the share is rounded.
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil((judged * 100) / percent) + 1)
}

/** The decision with the verdict: one that is not passed sends nothing. */
export function underBrake(decision: Decided, verdict: BrakeVerdict): Decided {
  switch (verdict) {
    case 'passed':
      return { ...decision, brake: verdict }
    case 'held':
      return { ...withholdOperation(decision, EVENT_REASONS.brake), brake: verdict }
    case 'refused':
      return { ...withholdOperation(decision, EVENT_REASONS.brakeRefused), brake: verdict }
  }
}
