import type { CallLimits, Slot } from '../../../core/ledger/port/submit.ts'
import { type Budget, reserveOf } from '../../../core/provision/pace.ts'
import { DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import type { Sql } from '../driver/sql.ts'

export async function budget(sql: Sql, now: number, quota: string): Promise<Budget> {
  const [row] = await sql.all<{ used: number; oldest: number | null; newest: number | null }>(
    'SELECT COUNT(*) AS used, MIN(at) AS oldest, MAX(at) AS newest FROM calls WHERE quota = ? AND at > ?',
    [quota, now - DAY_MS],
  )
  return { now, used: row?.used ?? 0, oldestAt: row?.oldest ?? null, lastAt: row?.newest ?? null }
}

/**
 * `null` when a call may go now. A call occupies its place in the window until one window after its
 * answer, and its place in the day until one day and `DAY_MARGIN_MS` after it, because the service
 * may have counted it at any moment between call and answer. The last calls of the day are reserved
 * for leavers.
 */
export async function waitForLimits(
  sql: Sql,
  now: number,
  limits: CallLimits,
  leaver: boolean,
): Promise<Extract<Slot, { kind: 'wait' }> | null> {
  const { perWindow, windowMs, perDay, quota = DEFAULT_QUOTA } = limits
  if (Number.isFinite(perWindow)) {
    const [blocking] = await sql.all<{ ended_at: number }>(
      'SELECT ended_at FROM calls WHERE quota = ? AND ended_at > ? ORDER BY ended_at DESC LIMIT 1 OFFSET ?',
      [quota, now - windowMs, perWindow - 1],
    )
    // A call without an answer holds its place for as long as it might take. The answer may come
    // sooner, so this is checked again soon.
    if (blocking)
      return {
        kind: 'wait',
        until: Math.min(blocking.ended_at + windowMs, now + LOOK_AGAIN_MS),
        why: 'window',
      }
  }
  if (Number.isFinite(perDay)) {
    const most = perDay - (leaver ? 0 : reserveOf(limits))
    const [blocking] = await sql.all<{ ended_at: number }>(
      'SELECT ended_at FROM calls WHERE quota = ? AND ended_at > ? ORDER BY ended_at DESC LIMIT 1 OFFSET ?',
      [quota, now - HOLDS_DAY_MS, most - 1],
    )
    if (blocking) return { kind: 'wait', until: blocking.ended_at + HOLDS_DAY_MS, why: 'day' }
  }
  return null
}
const LOOK_AGAIN_MS = 100
/**
 * The end of a call may be noted by a clock that is slow and is put right within the day. Its place
 * would then be free too early by the difference. As much as `CLOCK_SKEW_MS` by default.
 */
const DAY_MARGIN_MS = 120_000
const HOLDS_DAY_MS = DAY_MS + DAY_MARGIN_MS
