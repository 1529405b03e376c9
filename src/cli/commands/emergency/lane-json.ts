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

/** What the calls of a direct destination cost. */
export interface DirectSpending {
  readonly destination: string
  readonly spent: Spending
  readonly budget: Spending
}

export function directToJson({ destination, spent, budget }: DirectSpending): object {
  return { destination, spentUsd: inUsd(spent), budgetUsd: inUsd(budget) }
}

const inUsd = ({ day, month }: Spending): Spending => ({ day: usdOf(day), month: usdOf(month) })
