import { BACKLOG_UNTIL, readCursor } from '../tables/cursors.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'
import type { DueQuery } from '../../../core/ledger/port/plan.ts'
import type { Sql } from '../driver/sql.ts'

/** The first entry of an index. */
const QUIET = 'SELECT MIN(plan_at) AS at FROM employees WHERE plan_at > ? AND unanswered = 0'
const WAITING = 'SELECT MIN(dirty_at) AS at FROM employees WHERE dirty_at > ? AND unanswered = 0'
const MOMENT = 'SELECT MIN(next_at) AS at FROM employees WHERE next_at > ?'

/** When the next employee becomes due, by the rules of `claimDueEmployees`. */
export async function nextDue(
  sql: Sql,
  { now, maxWaitMs }: Pick<DueQuery, 'now' | 'maxWaitMs'>,
): Promise<number | null> {
  const first = async (select: string, after: number): Promise<number | null> =>
    (await sql.all<{ at: number | null }>(select, [after]))[0]?.at ?? null
  const backlogUntil = await readCursor(sql, BACKLOG_UNTIL)
  const moment = await first(MOMENT, now)
  if (backlogUntil === null || backlogUntil <= now) return earliest(moment, await first(QUIET, now))
  const waiting = await first(WAITING, now - maxWaitMs)
  return earliest(earliest(moment, backlogUntil), waiting === null ? null : waiting + maxWaitMs)
}
