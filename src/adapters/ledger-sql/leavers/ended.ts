import type {
  ClosedLeaversPage,
  ClosedLeaversQuery,
  EndedLeaversPage,
  EndedLeaversQuery,
} from '../../../core/ledger/port/leavers.ts'
import type { ClosedAs } from '../../../core/leavers/causes.ts'
import type { Sql } from '../driver/sql.ts'
import { type AcknowledgedRow, acknowledgedOf } from './case-row.ts'
import { lacksRest } from './rest.ts'

interface EndedRow {
  readonly seq: number
  readonly ended_as: ClosedAs
  readonly effective_at: number
  readonly recorded_at: number
  readonly received_at: number
  readonly ended_at: number
  readonly by_emergency: number
}

/** Before every instant: the first page without `since` begins here. */
const EARLIEST = Number.MIN_SAFE_INTEGER

/**
 * Uses the index `leaver_cases_ended`. Cases that ended at the same instant are ordered by their
 * number.
 */
export async function endedLeavers(
  sql: Sql,
  { since, next, limit }: EndedLeaversQuery,
): Promise<EndedLeaversPage> {
  const from = next?.endedAt ?? since ?? EARLIEST
  const rows = await sql.all<EndedRow>(
    `SELECT seq, ended_as, effective_at, recorded_at, received_at, ended_at, by_emergency FROM leaver_cases
     WHERE ended_at IS NOT NULL AND ended_at >= ? AND (ended_at > ? OR seq > ?) ORDER BY ended_at, seq LIMIT ?`,
    [from, from, next?.id ?? 0, limit],
  )
  const last = rows.at(-1)
  return {
    leavers: rows.map(endedOf),
    next: last && rows.length === limit ? { endedAt: last.ended_at, id: last.seq } : null,
  }
}

function endedOf(row: EndedRow): EndedLeaversPage['leavers'][number] {
  return {
    as: row.ended_as,
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    receivedAt: row.received_at,
    endedAt: row.ended_at,
    byEmergency: row.by_emergency === 1,
  }
}

interface ClosedRow extends EndedRow, AcknowledgedRow {
  readonly employee: string
  readonly without_rest: number
}

/** The same the other way, with the employees. */
export async function closedLeavers(
  sql: Sql,
  { next, limit }: ClosedLeaversQuery,
): Promise<ClosedLeaversPage> {
  const from = next?.endedAt ?? Number.MAX_SAFE_INTEGER
  const rows = await sql.all<ClosedRow>(
    `SELECT seq, employee, ended_as, effective_at, recorded_at, received_at, ended_at, by_emergency, acknowledged_by, justification,
       (SELECT COUNT(*) FROM events WHERE ${lacksRest('leaver_cases.employee')}) AS without_rest
     FROM leaver_cases
     WHERE ended_at IS NOT NULL AND ended_at <= ? AND (ended_at < ? OR seq < ?) ORDER BY ended_at DESC, seq DESC LIMIT ?`,
    [from, from, next?.id ?? 0, limit],
  )
  const last = rows.at(-1)
  return {
    leavers: rows.map((row) => ({
      id: row.seq,
      employeeId: row.employee,
      ...endedOf(row),
      acknowledged: acknowledgedOf(row),
      lacksRest: row.without_rest > 0,
    })),
    next: last && rows.length === limit ? { endedAt: last.ended_at, id: last.seq } : null,
  }
}
