import { DAY_MS } from '../../../core/runtime.ts'
import type { AgeOutQuery, AgedOut } from '../../../core/ledger/port/upkeep.ts'
import { MONTH_MS } from '../../../core/emergency/money.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import { readCursor, setCursor } from '../tables/cursors.ts'

/**
 * How far the batches have been read: some of them stay, because an operation that stays was in
 * them.
 */
const CURSOR = 'aged batches'

/** Rows that belong to no employee's events, each kind along an index by its age. */
const SLICES: readonly string[] = [
  `DELETE FROM messages WHERE (entity, enqueued_at, sequence) IN
     (SELECT entity, enqueued_at, sequence FROM messages WHERE received_at < ? ORDER BY received_at LIMIT ?)`,
  // Changes by others, as the log reported them, with values of employees.
  `DELETE FROM log_records WHERE id IN
     (SELECT id FROM log_records WHERE operation IS NULL AND seen_at < ? ORDER BY seen_at LIMIT ?)`,
  `DELETE FROM deactivations WHERE employee IN
     (SELECT employee FROM deactivations WHERE at < ? ORDER BY at LIMIT ?)`,
  `DELETE FROM instances WHERE id IN
     (SELECT id FROM instances WHERE seen_at < ? ORDER BY seen_at LIMIT ?)`,
]

/** Kept for a day longer, because the quota counts the last day and a margin for slow clocks. */
const CALLS = `DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE at < ? ORDER BY at LIMIT ?)`

/** Kept for longer, because budgets count the last 31 days. */
const EMERGENCY_CALLS = `DELETE FROM emergency_calls WHERE seq IN
  (SELECT seq FROM emergency_calls WHERE begun_at < ? ORDER BY begun_at LIMIT ?)`

const DIRECT_COSTS = `DELETE FROM direct_costs WHERE (destination, hour) IN
  (SELECT destination, hour FROM direct_costs WHERE hour * 3600000 < ? LIMIT ?)`

/** A slice of each kind; `more` when there may be more to remove. */
export async function ageOut(sql: Sql, { before, limit }: AgeOutQuery): Promise<AgedOut> {
  let removed = 0
  let more = false
  const slices = [
    ...SLICES.map((slice) => [slice, before] as const),
    [CALLS, before - DAY_MS] as const,
    [EMERGENCY_CALLS, before - MONTH_MS] as const,
    [DIRECT_COSTS, before - MONTH_MS] as const,
  ]
  for (const [slice, cut] of slices) {
    const gone = await sql.run(slice, [cut, limit])
    removed += gone
    more ||= gone === limit
  }
  const batches = await ageBatches(sql, before, limit)
  return { removed: removed + batches.removed, more: more || batches.more }
}

async function ageBatches(sql: Sql, before: number, limit: number): Promise<AgedOut> {
  const page = await sql.all<{ seq: number; state: string; at: number }>(
    'SELECT seq, state, created_at AS at FROM batches WHERE seq > ? ORDER BY seq LIMIT ?',
    [(await readCursor(sql, CURSOR)) ?? 0, limit],
  )
  const old = page.filter(({ at }) => at < before)
  const removed = await readRows<{ seq: number }>(
    sql,
    ['seq INT'],
    old.filter(({ state }) => state !== 'open').map(({ seq }) => [seq]),
    `DELETE FROM batches WHERE seq IN (SELECT seq FROM v)
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.batch = batches.seq)
       AND NOT EXISTS (SELECT 1 FROM batches next WHERE next.after_batch = batches.seq)
     RETURNING seq`,
  )
  // To the end of what is old, and from the first one again in the next round.
  const more = old.length === limit
  await setCursor(sql, CURSOR, more ? (old.at(-1)?.seq ?? 0) : 0)
  return { removed: removed.length, more }
}
