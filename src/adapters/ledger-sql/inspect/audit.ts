import type { AuditEntry, AuditPage, AuditQuery } from '../../../core/ledger/port/inspect.ts'
import { IN_LEDGER } from '../dead-letters/replays.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'
import type { Sealing } from '../sealing/sealing.ts'
import { employeeHash } from '../leavers/erased-marks.ts'

/** Outside the ledger a run is identified by its number. */
const REPLAY = 'replay '

/** What an entry can name that is about one employee. */
export const ABOUT_EMPLOYEE = `a.detail IN (
  SELECT CAST(? AS TEXT)
  UNION ALL SELECT CAST(? AS TEXT)
  UNION ALL SELECT 'dl-' || seq FROM events WHERE employee = ?
  UNION ALL SELECT 'event-' || seq FROM events WHERE employee = ?
  UNION ALL SELECT 'leaver-' || seq FROM leaver_cases WHERE employee = ?
  UNION ALL SELECT 'finding-' || seq FROM findings WHERE employee = ?
  UNION ALL SELECT r.name FROM replay_runs r JOIN replay_items i ON i.run = r.seq AND i.entity = '${IN_LEDGER}'
    AND i.sequence IN (SELECT CAST(seq AS TEXT) FROM events WHERE employee = ?))`

/** The parameters of `ABOUT_EMPLOYEE`. */
export function aboutEmployee(sealing: Sealing, employeeId: string): readonly string[] {
  return [employeeId, employeeHash(sealing, employeeId), ...Array<string>(5).fill(employeeId)]
}

export async function listAudit(sql: Sql, query: AuditQuery): Promise<AuditPage> {
  const conditions = conditionsOf(sql.sealing, query)
  const rows = await sql.all<AuditEntry & { seq: number; run: number | null }>(
    `SELECT a.seq, a.at, a.actor, a.action, a.justification, a.detail AS about, r.seq AS run,
       CASE WHEN r.seq IS NULL THEN 1 ELSE (SELECT COUNT(*) FROM replay_items i WHERE i.run = r.seq) END AS count
     FROM audit a LEFT JOIN replay_runs r ON r.name = a.detail
     WHERE ${conditions.map(([condition]) => condition).join(' AND ')} ORDER BY a.seq ${query.newest ? 'DESC' : ''} LIMIT ?`,
    [...conditions.flatMap(([, ...values]) => values), query.limit],
  )
  const last = rows.at(-1)
  return {
    entries: rows.map(({ at, actor, action, justification, about: what, run: number, count }) => {
      return { at, actor, action, about: number === null ? what : `${REPLAY}${number}`, count, justification }
    }),
    next: rows.length === query.limit && last ? last.seq : null,
  }
}

type Condition = readonly [text: string, ...values: readonly SqlValue[]]

function conditionsOf(sealing: Sealing, query: AuditQuery): readonly Condition[] {
  const {
    since,
    until = null,
    about,
    actor = null,
    action = null,
    employeeId = null,
    newest = false,
    next,
  } = query
  const run = about?.startsWith(REPLAY) ? Number(about.slice(REPLAY.length)) : Number.NaN
  const conditions: (Condition | null)[] = [
    newest ? ['a.seq < ?', next ?? Number.MAX_SAFE_INTEGER] : ['a.seq > ?', next ?? 0],
    // Entries are numbered as they are added, so a walk from the newest ends at the first one of
    // that time.
    since === null ? null : ['a.at >= ?', since],
    since === null || !newest
      ? null
      : ['a.seq >= COALESCE((SELECT seq FROM audit WHERE at >= ? ORDER BY at, seq LIMIT 1), 0)', since],
    until === null ? null : ['a.at < ?', until],
    // The verified identity follows the name in parentheses.
    actor === null
      ? null
      : [
          '(a.actor = ? OR SUBSTR(a.actor, 1, LENGTH(CAST(? AS TEXT))) = ?)',
          actor,
          `${actor} (`,
          `${actor} (`,
        ],
    action === null ? null : ['(a.action = ? OR a.action LIKE ?)', action, `${action}.%`],
    employeeId === null ? null : [ABOUT_EMPLOYEE, ...aboutEmployee(sealing, employeeId)],
    about === null
      ? null
      : Number.isSafeInteger(run)
        ? ['a.detail = (SELECT name FROM replay_runs WHERE seq = ?)', run]
        : ['a.detail = ?', about],
  ]
  return conditions.filter((one) => one !== null)
}
