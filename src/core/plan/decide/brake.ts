import type { BrakeSettings } from '../../ledger/port/plan.ts'
import type { Decided } from '../../ledger/decision.ts'
import { withholdOperation } from './withhold.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'

export const RELEASED_BRAKE: BrakeSettings = {
  windowMs: 86_400_000,
  absolute: Number.POSITIVE_INFINITY,
  percent: 100,
  floor: Number.POSITIVE_INFINITY,
}

/**
 * Whether `employees` deactivations in one window are too many, with `active` employees active in
 * the directory.
 */
export function tooMany(
  employees: number,
  active: number,
  { absolute, percent, floor }: BrakeSettings,
): boolean {
  return employees > absolute || (employees > floor && employees > (active * percent) / 100)
}

export function holdBack(decision: Decided): Decided {
  return { ...withholdOperation(decision, EVENT_REASONS.brake), braked: true }
}
