import type { BusDeadLetters } from '../../../core/ledger/port/figures.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { setCursor } from '../tables/cursors.ts'

/**
 * Cursors of the last count: when it was made, and whether it stopped at its limit (1) or not (0).
 */
export const BUS_COUNTED = 'bus-dead-letters-counted'
export const BUS_CAPPED = 'bus-dead-letters-capped'

export async function recordBusDeadLetters(sql: Sql, count: BusDeadLetters): Promise<void> {
  await sql.run('DELETE FROM bus_dead_letters')
  await insertRows(
    sql,
    'bus_dead_letters (code TEXT, count INT, oldest_at INT)',
    count.codes.map(({ code, count: n, oldestAt }) => [code, n, oldestAt]),
    // Another instance may count at the same time.
    'ON CONFLICT (code) DO UPDATE SET count = excluded.count, oldest_at = excluded.oldest_at',
  )
  await setCursor(sql, BUS_COUNTED, count.countedAt)
  await setCursor(sql, BUS_CAPPED, count.capped ? 1 : 0)
}

/** `cursors` holds the two above, as far as they were set. */
export async function busDeadLetters(
  sql: Sql,
  cursors: ReadonlyMap<string, number>,
): Promise<BusDeadLetters | null> {
  const countedAt = cursors.get(BUS_COUNTED)
  if (countedAt === undefined) return null
  const rows = await sql.all<{ code: string; count: number; oldest_at: number | null }>(
    'SELECT code, count, oldest_at FROM bus_dead_letters ORDER BY code',
  )
  return {
    countedAt,
    capped: cursors.get(BUS_CAPPED) === 1,
    codes: rows.map(({ code, count, oldest_at: oldestAt }) => ({ code, count, oldestAt })),
  }
}
