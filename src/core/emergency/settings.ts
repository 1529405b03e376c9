import { z } from 'zod'
import { duration, durationMs } from '../alerts/settings.ts'
import { microUsd, type Spending } from './money.ts'
import { EMERGENCY_REASON_NAMES, type EmergencyReason } from './reasons.ts'

const usd = z.coerce.number().min(0).max(1_000_000)

/** `leavers.emergency` in rollcall.yaml. */
export const EmergencyFileSettings = z.strictObject({
  usdPerDay: usd.meta({ description: 'The most that calls may cost in any 24 hours, in USD' }),
  usdPerMonth: usd.meta({ description: 'The most that calls may cost in any 31 days, in USD' }),
  usdPerCall: z.coerce
    .number()
    .min(0.000_001)
    .max(1_000)
    .default(0.002)
    .meta({ description: 'What Microsoft bills for a call, in USD' }),
  when: z.array(z.enum(EMERGENCY_REASON_NAMES)).min(1).default(['quarantine', 'full', 'quota', 'late']).meta({
    description:
      'What sends a leaver by the lane: the job is in quarantine or paused, it has no room, the quota is used up, or the leaver is late. A job that is paused holds the lane too unless paused is named',
  }),
  patience: duration.default('5m').meta({
    description:
      'full and quota: only when the deactivation could not leave for this long after it was planned',
  }),
  lateAfter: duration.default('1h').meta({
    description: 'late: the deactivation waits for its turn for this long',
  }),
})
export type EmergencyFileSettings = Readonly<z.output<typeof EmergencyFileSettings>>

/** When the emergency lane is used, and what it may cost. Amounts are millionths of a USD. */
export interface EmergencyRules {
  readonly budget: Spending
  readonly microUsdPerCall: number
  readonly when: ReadonlySet<EmergencyReason>
  readonly patienceMs: number
  readonly lateAfterMs: number
}

export function emergencyRules(settings: EmergencyFileSettings): EmergencyRules {
  return {
    budget: { day: microUsd(settings.usdPerDay), month: microUsd(settings.usdPerMonth) },
    microUsdPerCall: microUsd(settings.usdPerCall),
    when: new Set(settings.when),
    patienceMs: durationMs(settings.patience) ?? 0,
    lateAfterMs: durationMs(settings.lateAfter) ?? 0,
  }
}

/** The rules with the budget of another configuration; `null` when that has none. */
export function withBudget(rules: EmergencyRules | null, budget: Spending | null): EmergencyRules | null {
  if (budget === null) return null
  return {
    ...(rules ?? emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 0, usdPerMonth: 0 }))),
    budget,
  }
}
