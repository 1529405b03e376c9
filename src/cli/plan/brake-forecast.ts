import { isInForce } from '../../core/blocks/period.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import type { BrakeSettings, BrakeStatus } from '../../core/ledger/port/plan.ts'
import { judgeLeaving, type LeavingEmployee, leftOf } from '../../core/plan/decide/brake.ts'
import { parseRecord } from '../../core/plan/mapping/record.ts'
import type { Preview } from '../../core/plan/preview.ts'

/** How many of the deactivations in a preview would be sent now. */
export interface BrakeForecast {
  readonly deactivations: number
  readonly held: number
  readonly refused: number
}

/** The employee as the brake would judge it; `null` where the brake does not apply. */
export function leavingIn(
  { operation }: Preview,
  { employee, lastAccepted, brake }: EmployeeView,
  at: number,
): LeavingEmployee | null {
  if (!operation || operation.active || !wasActive(lastAccepted)) return null
  if (employee.blocked && isInForce(employee.blocked, at)) return null
  return {
    employeeId: employee.employeeId,
    leaving: null,
    passed: brake?.state === 'passed',
    counted: false,
    held: brake?.state === 'held',
    refused: brake?.state === 'refused' ? { newestEvent: Number.POSITIVE_INFINITY } : null,
  }
}

function wasActive(lastAccepted: string | null): boolean {
  return lastAccepted !== null && parseRecord(lastAccepted).active === true
}

export function forecastBrake(
  leaving: readonly LeavingEmployee[],
  { employees, active, allowance }: BrakeStatus,
  limits: BrakeSettings,
): BrakeForecast {
  const allowed = leftOf(allowance)
  const { byEmployee } = judgeLeaving(leaving, { counted: employees, active, allowed }, limits)
  const verdicts = [...byEmployee.values()]
  return {
    deactivations: leaving.length,
    held: verdicts.filter((verdict) => verdict === 'held').length,
    refused: verdicts.filter((verdict) => verdict === 'refused').length,
  }
}

/** No line where the brake lets every deactivation go. */
export function forecastLines(forecast: BrakeForecast | null): readonly string[] {
  if (forecast === null || forecast.held + forecast.refused === 0) return []
  const { deactivations, held, refused } = forecast
  const others = refused === 0 ? '' : `, and ${refused} are refused`
  return [`the brake would hold ${held} of ${deactivations} deactivations${others}: rollcall brake status`]
}
