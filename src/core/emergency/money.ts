import { DAY_MS } from '../runtime.ts'

/** Millionths of a USD in the last 24 hours and in the last 31 days. */
export interface Spending {
  readonly day: number
  readonly month: number
}

/** No calendar month is longer, so the cap holds for each month that Microsoft bills. */
export const MONTH_MS = 31 * DAY_MS

const MICRO = 1_000_000

/** Whole numbers, so that sums are exact. */
export function microUsd(usd: number): number {
  return Math.round(usd * MICRO)
}

export function usdOf(micro: number): number {
  return micro / MICRO
}

/** How many more calls the budget pays for. */
export function affordableCalls(budget: Spending, spent: Spending, perCall: number): number {
  const left = Math.min(budget.day - spent.day, budget.month - spent.month)
  return Math.max(0, Math.floor(left / perCall))
}
