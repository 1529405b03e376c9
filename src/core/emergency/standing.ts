import type { Figures } from '../ledger/port/figures.ts'
import { type Spending, usdOf } from './money.ts'
import type { EmergencyWait } from './reasons.ts'
import type { EmergencyRules } from './settings.ts'

/** What the lane has spent of its budget, and who waits for it. */
export interface LaneStanding {
  readonly spent: Spending
  /** `null`: the lane is off. */
  readonly budget: Spending | null
  /** How many leavers wait, by why the lane does not disable their accounts. */
  readonly waits: readonly (readonly [why: EmergencyWait, leavers: number])[]
}

export function standingOf(
  spent: Spending,
  { emergencyWaits }: Pick<Figures, 'emergencyWaits'>,
  rules: Pick<EmergencyRules, 'budget'> | null,
): LaneStanding {
  return {
    spent,
    budget: rules?.budget ?? null,
    waits: emergencyWaits.map(({ why, count }) => [why, count] as const),
  }
}

/** `USD 0.014 of 1 in the last 24 h, 0.2 of 10 in the last 31 days; leavers wait: 2 budget` */
export function standingInWords({ spent, budget, waits }: LaneStanding): string {
  const [day, month] = [amountInWords(spent, budget, 'day'), amountInWords(spent, budget, 'month')]
  const waiting = waits.map(([why, leavers]) => `${leavers} ${why}`).join(', ')
  return `USD ${day} in the last 24 h, ${month} in the last 31 days${waiting === '' ? '' : `; leavers wait: ${waiting}`}`
}

/** `0.014 of 1` */
export function amountInWords(spent: Spending, budget: Spending | null, of: keyof Spending): string {
  return budget === null ? String(usdOf(spent[of])) : `${usdOf(spent[of])} of ${usdOf(budget[of])}`
}
