import type { ClosedAs } from '../../../core/leavers/causes.ts'
import type { LeaversInPage, LeaversInQuery, PastLeaver } from '../../../core/ledger/port/leavers.ts'
import type { Sql } from '../driver/sql.ts'

interface PastRow {
  readonly seq: number
  readonly employee: string
  readonly source: string
  readonly event_id: string
  readonly effective_at: number
  readonly recorded_at: number
  readonly received_at: number
  readonly opened_at: number
  readonly ended_at: number | null
  readonly ended_as: ClosedAs | null
  readonly acknowledged_by: string | null
  readonly justification: string | null
}

/** Walks along the numbers of the cases, in which they were opened. */
export async function leaversIn(sql: Sql, { from, to, next, limit }: LeaversInQuery): Promise<LeaversInPage> {
  const rows = await sql.all<PastRow>(
    `SELECT seq, employee, source, event_id, effective_at, recorded_at, received_at, opened_at, ended_at, ended_as,
       acknowledged_by, justification
     FROM leaver_cases WHERE seq > ? AND opened_at < ? AND (ended_at IS NULL OR ended_at >= ?) ORDER BY seq LIMIT ?`,
    [next ?? 0, to, from, limit],
  )
  return { leavers: rows.map(pastOf), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

function pastOf(row: PastRow): PastLeaver {
  const { acknowledged_by: by, justification, ended_at: at, ended_as: as } = row
  return {
    id: row.seq,
    employeeId: row.employee,
    event: { source: row.source, id: row.event_id },
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    receivedAt: row.received_at,
    openedAt: row.opened_at,
    ended:
      at === null || as === null
        ? null
        : { as, at, acknowledged: by === null ? null : { by, justification: justification ?? '' } },
  }
}
