import { type Spending, usdOf } from '../../../core/emergency/money.ts'
import type { LaneStanding } from '../../../core/emergency/standing.ts'

/** Amounts in USD, of the last 24 hours and of the last 31 days. */
export function laneToJson({ spent, budget, waits }: LaneStanding): object {
  return {
    spentUsd: inUsd(spent),
    budgetUsd: budget && inUsd(budget),
    waits: Object.fromEntries(waits),
  }
}

const inUsd = ({ day, month }: Spending): Spending => ({ day: usdOf(day), month: usdOf(month) })
