import { MONTH_MS, type Spending } from '../../../core/emergency/money.ts'
import type { Reservation } from '../../../core/direct/ledger.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import type { Sql } from '../driver/sql.ts'

/** Costs are kept by hours, so that a month of calls is a few hundred rows. */
const HOUR_MS = 3_600_000

/** Of whole hours: also the one that began less than a day, or a month, ago counts as a whole. */
export async function spentBy(sql: Sql, destination: string, now: number): Promise<Spending> {
  const [row] = await sql.all<{ day: number | null; month: number | null }>(
    `SELECT SUM(CASE WHEN hour >= ? THEN micro_usd ELSE 0 END) AS day, SUM(micro_usd) AS month
     FROM direct_costs WHERE destination = ? AND hour >= ?`,
    [hourOf(now - DAY_MS), destination, hourOf(now - MONTH_MS)],
  )
  return { day: row?.day ?? 0, month: row?.month ?? 0 }
}

/** Counts the amount, if the budget pays for it; `null` otherwise. */
export async function reserve(
  sql: Sql,
  destination: string,
  { microUsd, budget }: { readonly microUsd: number; readonly budget: Spending },
  now: number,
): Promise<Reservation | null> {
  await sql.lock('calls')
  const spent = await spentBy(sql, destination, now)
  if (spent.day + microUsd > budget.day || spent.month + microUsd > budget.month) return null
  const reservation = { hour: hourOf(now), microUsd }
  await add(sql, destination, reservation)
  return reservation
}

/** Counts what the calls really cost in place of what was reserved for them. */
export async function settleCosts(
  sql: Sql,
  destination: string,
  { hour, microUsd: reserved }: Reservation,
  microUsd: number,
): Promise<void> {
  if (microUsd !== reserved) await add(sql, destination, { hour, microUsd: microUsd - reserved })
}

async function add(sql: Sql, destination: string, { hour, microUsd }: Reservation): Promise<void> {
  await sql.run(
    `INSERT INTO direct_costs (destination, hour, micro_usd) VALUES (?, ?, ?)
     ON CONFLICT (destination, hour) DO UPDATE SET micro_usd = direct_costs.micro_usd + excluded.micro_usd`,
    [destination, hour, microUsd],
  )
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS)
}
