import { TOTALS, type Totals } from '../../core/ledger/port.ts'
import type { Sql } from './sql.ts'

/** Running totals are rows of one instance each, so that instances do not queue for one row. */
export async function addTotals(sql: Sql, instance: string, added: Partial<Totals>): Promise<void> {
  const counts = TOTALS.map((name) => added[name] ?? 0)
  if (counts.every((count) => count === 0)) return
  await sql.run(
    `INSERT INTO books (instance, ${TOTALS.join(', ')}) VALUES (?, ${TOTALS.map(() => '?').join(', ')})
     ON CONFLICT (instance) DO UPDATE SET ${TOTALS.map((name) => `${name} = books.${name} + excluded.${name}`).join(', ')}`,
    [instance, ...counts],
  )
}
