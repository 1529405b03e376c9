import type { EventLine, EventsPage, EventsQuery } from '../../../core/ledger/port/inspect.ts'
import { operationId } from '../tables/ids.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'

type Row = Omit<EventLine, 'operation'> & { readonly seq: number; readonly operation: number | null }

/**
 * Events are numbered as they are received. So a page begins where the one before ended, whatever
 * has arrived between them.
 */
export async function listEvents(sql: Sql, query: EventsQuery): Promise<EventsPage> {
  const { state, since, until = null, employeeId = null, next, limit } = query
  const conditions: readonly (readonly [string, SqlValue])[] = [
    ['e.seq > ?', next ?? 0],
    ...(state === null ? [] : ([['e.state = ?', state]] as const)),
    ...(since === null ? [] : ([['e.received_at >= ?', since]] as const)),
    ...(until === null ? [] : ([['e.received_at < ?', until]] as const)),
    ...(employeeId === null ? [] : ([['e.employee = ?', employeeId]] as const)),
  ]
  const rows = await sql.all<Row>(
    `SELECT e.seq, e.source, e.event_id AS id, e.type, e.employee AS "employeeId", e.state, e.reason, e.detail, w.event_id AS "by", e.operation,
       e.effective_at AS "effectiveAt", e.received_at AS "receivedAt", e.finished_at AS "finishedAt"
     FROM events e LEFT JOIN events w ON w.seq = e.by_seq WHERE ${conditions.map(([condition]) => condition).join(' AND ')} ORDER BY e.seq LIMIT ?`,
    [...conditions.map(([, value]) => value), limit],
  )
  const last = rows.at(-1)
  return {
    events: rows.map(({ seq: _seq, operation, ...row }) => ({
      ...row,
      operation: operation === null ? null : operationId(operation),
    })),
    next: rows.length === limit && last ? last.seq : null,
  }
}
