import type { ClosedAs } from '../../../core/leavers/causes.ts'
import type { LeaversInPage, LeaversInQuery, PastLeaver } from '../../../core/ledger/port/leavers.ts'
import type { Sql } from '../driver/sql.ts'
import {
  type AcknowledgedRow,
  acknowledgedOf,
  CASE_COLUMNS,
  caseOf,
  type CaseRow,
  DESTINATION,
} from './case-row.ts'

interface PastRow extends CaseRow, AcknowledgedRow {
  readonly destination: string | null
  readonly ended_at: number | null
  readonly ended_as: ClosedAs | null
  readonly by_emergency: number
}

/** In the order in which the cases were opened. */
export async function leaversIn(sql: Sql, { from, to, next, limit }: LeaversInQuery): Promise<LeaversInPage> {
  const rows = await sql.all<PastRow>(
    `SELECT ${CASE_COLUMNS}, COALESCE(destination, ${DESTINATION}) AS destination, ended_at, ended_as, by_emergency, acknowledged_by, justification
     FROM leaver_cases WHERE seq > ? AND opened_at < ? AND (ended_at IS NULL OR ended_at >= ?) ORDER BY seq LIMIT ?`,
    [next ?? 0, to, from, limit],
  )
  return { leavers: rows.map(pastOf), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

function pastOf(row: PastRow): PastLeaver {
  const { ended_at: at, ended_as: as } = row
  return {
    ...caseOf(row),
    destination: row.destination,
    ended:
      at === null || as === null
        ? null
        : { as, at, byEmergency: row.by_emergency === 1, acknowledged: acknowledgedOf(row) },
  }
}
