import type { FinalEventState } from '../../../core/ledger/lifecycle.ts'
import type { OutcomeRow } from '../../../core/ledger/port/report.ts'
import type { JsonObject } from '../../../core/model.ts'
import { flatten } from '../../../core/plan/fold/flatten.ts'
import { parse } from '../driver/json.ts'
import { operationId } from '../tables/ids.ts'
import { openFindingsOf } from '../findings/findings.ts'
import { addTotals } from '../tables/totals.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import type { Sealed } from '../sealing/sealing.ts'
import { workerOf } from '../tables/event-row.ts'

interface Row {
  readonly id: number
  readonly event_seq: number
  readonly employee: string
  readonly source: string
  readonly event_id: string
  readonly type: string
  readonly revision: number
  readonly state: FinalEventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by_source: string | null
  readonly by_id: string | null
  readonly operation: number | null
  readonly object_id: string | null
  readonly destination: string | null
  readonly worker: Sealed
  readonly at: number
  readonly received_at: number
  readonly effective_at: number
  readonly traceparent: string | null
}

export async function takeUnpublished(sql: Sql, limit: number): Promise<OutcomeRow[]> {
  const rows = await sql.all<Row>(
    `SELECT o.id, o.event_seq, o.employee, e.source, e.event_id, e.type, o.revision, o.state, o.reason, o.detail, w.source AS by_source, w.event_id AS by_id,
       o.operation, p.object_id, p.destination, e.worker, o.at, e.received_at, e.effective_at, e.traceparent
     FROM outbox o JOIN events e ON e.seq = o.event_seq JOIN employees p ON p.id = o.employee LEFT JOIN events w ON w.seq = o.by_seq
     WHERE o.published_at IS NULL ORDER BY o.id LIMIT ?`,
    [limit],
  )
  const findings = await openFindingsOf(
    sql,
    rows.map((row) => row.event_seq),
  )
  return rows.map((row) => ({
    id: row.id,
    employeeId: row.employee,
    source: row.source,
    eventId: row.event_id,
    type: row.type,
    revision: row.revision,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    by: row.by_source !== null && row.by_id !== null ? { source: row.by_source, id: row.by_id } : null,
    operation: row.operation === null ? null : operationId(row.operation),
    objectId: row.object_id,
    destination: row.destination,
    attributes: flatten(parse<JsonObject>(workerOf(sql.sealing, row))),
    findings: findings.get(row.event_seq) ?? [],
    at: row.at,
    receivedAt: row.received_at,
    effectiveAt: row.effective_at,
    traceparent: row.traceparent,
  }))
}

export async function markPublished(
  sql: Sql,
  instance: string,
  ids: readonly number[],
  now: number,
): Promise<void> {
  const marked = await readRows<{ id: number }>(
    sql,
    ['id INT', 'now INT'],
    ids.map((id) => [id, now]),
    'UPDATE outbox SET published_at = v.now FROM v WHERE outbox.id = v.id AND outbox.published_at IS NULL RETURNING outbox.id',
  )
  addTotals(sql, instance, { published: marked.length })
}
