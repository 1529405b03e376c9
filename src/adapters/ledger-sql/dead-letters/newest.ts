import type {
  DeadLetterSample,
  NewestDeadLettersPage,
  NewestDeadLettersQuery,
} from '../../../core/ledger/port/dead-letters.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'
import { blockingReactivation } from './blocks-reactivation.ts'
import { COLUMNS, type DeadLetterRow, FROM, toDeadLetter, UNKNOWN_REASON } from './dead-letters.ts'

const WAITING = "state = 'dead-lettered' AND archived_at IS NULL"
/**
 * The order of the indexes, in full: PostgreSQL does not see that a column which is always NULL
 * cannot change the order.
 */
const NEWEST = 'archived_at DESC, finished_at DESC, seq DESC'

/**
 * Reads backwards along `events_dead_newest` or `events_dead_code`. The other columns are joined to
 * a page of numbers.
 */
export async function newestDeadLetters(
  sql: Sql,
  { code, since, until, next, limit }: NewestDeadLettersQuery,
): Promise<NewestDeadLettersPage> {
  const given: readonly (readonly [clause: string, ...values: SqlValue[]] | null)[] = [
    code === null ? null : withCode(code),
    since === null ? null : ['finished_at >= ?', since],
    until === null ? null : ['finished_at < ?', until],
    next && ['finished_at <= ? AND (finished_at < ? OR seq < ?)', next.diedAt, next.diedAt, next.seq],
  ]
  const wanted = given.filter((one) => one !== null)
  const rows = await sql.all<DeadLetterRow>(
    `SELECT ${COLUMNS} FROM (
       SELECT seq AS wanted FROM events WHERE ${[WAITING, ...wanted.map(([clause]) => clause)].join(' AND ')}
       ORDER BY ${NEWEST} LIMIT ?) page JOIN ${FROM.replace('events e', 'events e ON e.seq = page.wanted')}
     ORDER BY e.finished_at DESC, e.seq DESC`,
    [...wanted.flatMap(([, ...values]) => values), limit],
  )
  const keeping = await blockingReactivation(sql, rows)
  const deadLetters = rows.map((row) => toDeadLetter(row, keeping))
  const last = deadLetters.at(-1)
  return {
    deadLetters,
    next: rows.length === limit && last ? { diedAt: last.diedAt, seq: last.seq } : null,
  }
}

function withCode(code: string): readonly [string, ...SqlValue[]] {
  return code === UNKNOWN_REASON ? ['reason IS NULL'] : ['reason = ?', code]
}

export async function describeDeadLetters(sql: Sql, code: string, most: number): Promise<DeadLetterSample> {
  const [clause, ...values] = withCode(code)
  const rows = await sql.all<{ detail: string | null; n: number; replayed: number; most: number }>(
    `SELECT detail, COUNT(*) AS n, COUNT(CASE WHEN replays > 0 THEN 1 END) AS replayed, MAX(replays) AS most FROM (
       SELECT detail, replays FROM events WHERE ${WAITING} AND ${clause} ORDER BY ${NEWEST} LIMIT ?) newest
     GROUP BY detail ORDER BY n DESC, detail`,
    [...values, most],
  )
  return {
    looked: rows.reduce((sum, { n }) => sum + n, 0),
    details: rows.map(({ detail, n }) => ({ detail, count: n })),
    replayed: rows.reduce((sum, { replayed }) => sum + replayed, 0),
    mostReplays: Math.max(0, ...rows.map((row) => row.most)),
  }
}
