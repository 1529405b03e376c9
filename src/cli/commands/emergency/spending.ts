import type { Config } from '../../../config/load.ts'
import { type Spending, usdOf } from '../../../core/emergency/money.ts'
import type { LaneStanding } from '../../../core/emergency/standing.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'

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

/** `null` for a provisioning job. */
export async function readDirectSpending(
  ledger: Pick<Ledger, 'readDirectSpending'>,
  config: Config,
  destination: string,
  now: number,
): Promise<DirectSpending | null> {
  const { directCostsIn } = await import('../../../compose/destinations/list.ts')
  const costs = directCostsIn(config).get(destination)
  if (!costs) return null
  return { destination, spent: await ledger.readDirectSpending(now, destination), budget: costs.budget }
}

export function directToJson({ destination, spent, budget }: DirectSpending): object {
  return { destination, spentUsd: inUsd(spent), budgetUsd: inUsd(budget) }
}

const inUsd = ({ day, month }: Spending): Spending => ({ day: usdOf(day), month: usdOf(month) })
