import type { AuditEntry, AuditPage, AuditQuery } from '../../../core/ledger/port/inspect.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'

/** Outside the ledger a run is identified by its number. */
const REPLAY = 'replay '

export async function listAudit(sql: Sql, { since, about, next, limit }: AuditQuery): Promise<AuditPage> {
  const run = about?.startsWith(REPLAY) ? Number(about.slice(REPLAY.length)) : Number.NaN
  const conditions: readonly (readonly [string, SqlValue])[] = [
    ['a.seq > ?', next ?? 0],
    ...(since === null ? [] : ([['a.at >= ?', since]] as const)),
    ...(Number.isSafeInteger(run)
      ? ([['a.detail = (SELECT name FROM replay_runs WHERE seq = ?)', run]] as const)
      : []),
    ...(about === null || Number.isSafeInteger(run) ? [] : ([['a.detail = ?', about]] as const)),
  ]
  const rows = await sql.all<AuditEntry & { seq: number; run: number | null }>(
    `SELECT a.seq, a.at, a.actor, a.action, a.justification, a.detail AS about, r.seq AS run
     FROM audit a LEFT JOIN replay_runs r ON r.name = a.detail
     WHERE ${conditions.map(([condition]) => condition).join(' AND ')} ORDER BY a.seq LIMIT ?`,
    [...conditions.map(([, value]) => value), limit],
  )
  const last = rows.at(-1)
  return {
    entries: rows.map(({ at, actor, action, justification, about: what, run: number }) => {
      return { at, actor, action, about: number === null ? what : `${REPLAY}${number}`, justification }
    }),
    next: rows.length === limit && last ? last.seq : null,
  }
}
