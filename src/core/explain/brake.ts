import type { BrakeAllowance, BrakeSettings } from '../ledger/port/plan.ts'
import { leftOf } from '../plan/decide/brake.ts'
import type { When } from './words.ts'

/** The most deactivations in a window. */
export function brakeLimitInWords({ absolute, percent, floor }: BrakeSettings): string {
  const share = Number.isFinite(floor) ? `${percent} % of the active above ${floor}` : null
  if (!Number.isFinite(absolute)) return share ?? 'unlimited'
  return share === null ? String(absolute) : `${absolute}, or ${share}`
}

/** How many more deactivations a release lets go without counting. */
export function allowanceInWords(allowance: BrakeAllowance | null, when: When): string {
  if (allowance === null) return 'no allowance'
  const { amount, endsAt, grantedBy } = allowance
  return `${leftOf(allowance)} of ${amount} until ${when(endsAt)}, by ${grantedBy}`
}
