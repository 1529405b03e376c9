import { TOTALS, type Totals } from '../../../core/ledger/port/inspect.ts'
import type { Sql } from '../driver/sql.ts'

/**
 * Running totals are rows of one instance each, so that instances do not queue for one row. They
 * are written when the transaction ends.
 */
export function addTotals(sql: Sql, instance: string, added: Partial<Totals>): void {
  const sums = sql.pendingTotals.get(instance) ?? {}
  for (const name of TOTALS) if (added[name]) sums[name] = (sums[name] ?? 0) + added[name]
  if (Object.keys(sums).length > 0) sql.pendingTotals.set(instance, sums)
}

/**
 * Must come last: the transaction that holds this row delays every other transaction of the
 * instance, so it must not wait for anything afterwards.
 */
export async function writeTotals(sql: Sql): Promise<void> {
  for (const [instance, sums] of sql.pendingTotals)
    await sql.run(
      `INSERT INTO totals (instance, ${TOTALS.join(', ')}) VALUES (?, ${TOTALS.map(() => '?').join(', ')})
       ON CONFLICT (instance) DO UPDATE SET ${TOTALS.map((name) => `${name} = totals.${name} + excluded.${name}`).join(', ')}`,
      [instance, ...TOTALS.map((name) => sums[name] ?? 0)],
    )
}
