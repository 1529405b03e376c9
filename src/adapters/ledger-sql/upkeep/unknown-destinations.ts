import { DEFAULT_DESTINATION } from '../../../core/destinations/destination.ts'
import type { ElsewhereCount } from '../../../core/ledger/port/upkeep.ts'
import { readCount, type Sql } from '../driver/sql.ts'
import { readWatermarks } from '../report/watermark.ts'

/** Destinations with a call whose records have no answer yet. */
const CALLED = `SELECT destination FROM operations WHERE state = 'accepted'
  UNION SELECT destination FROM batches WHERE state = 'open'`

/** A destination that employees were sent to has a watermark, or a call without an answer. */
export async function countElsewhere(
  sql: Sql,
  destinations: readonly string[],
): Promise<readonly ElsewhereCount[]> {
  const called = await sql.all<{ destination: string }>(CALLED)
  const used = [...(await readWatermarks(sql)), ...called.map((row) => row.destination), DEFAULT_DESTINATION]
  const unknown = [...new Set(used)].filter((name) => !destinations.includes(name))
  const counts: ElsewhereCount[] = []
  for (const destination of unknown) {
    const employees = await readCount(sql, 'SELECT COUNT(*) AS n FROM employees WHERE destination = ?', [
      destination,
    ])
    if (employees > 0) counts.push({ destination, employees })
  }
  return counts
}
