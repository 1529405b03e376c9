import type { OperationState } from '../../../core/ledger/lifecycle.ts'
import type { MovesInPage, MovesInQuery, PastMove } from '../../../core/ledger/port/views/moves.ts'
import type { Sql } from '../driver/sql.ts'
import { operationId } from '../tables/ids.ts'

interface MoveRow {
  readonly seq: number
  readonly employee: string
  readonly destination: string
  readonly created_at: number
  readonly state: OperationState
  readonly ended_at: number | null
  readonly source: string | null
  readonly event_id: string | null
  readonly effective_at: number | null
  readonly received_at: number | null
  readonly arrival: number | null
  readonly arrived_at: string | null
  readonly enabled_at: number | null
}

/** The employee's next departure, after which an arrival belongs to that one. */
const NEXT_DEPARTURE = `SELECT MIN(d.seq) FROM operations d WHERE d.employee = o.employee AND d.seq > o.seq AND d.departs = 1`
const ARRIVAL = `SELECT MIN(n.seq) FROM operations n
  WHERE n.employee = o.employee AND n.seq > o.seq AND n.active = 1
    AND COALESCE(n.state, '') IN ('confirmed', 'unchanged') AND n.seq < COALESCE((${NEXT_DEPARTURE}), n.seq + 1)`

export async function movesIn(sql: Sql, { from, to, next, limit }: MovesInQuery): Promise<MovesInPage> {
  const rows = await sql.all<MoveRow>(
    `SELECT o.seq, o.employee, o.destination, o.created_at, o.state, COALESCE(o.answered_at, o.finished_at) AS ended_at,
       e.source, e.event_id, e.effective_at, e.received_at,
       a.seq AS arrival, a.destination AS arrived_at, COALESCE(a.answered_at, a.finished_at) AS enabled_at
     FROM operations o LEFT JOIN events e ON e.seq = o.moved_by LEFT JOIN operations a ON a.seq = (${ARRIVAL})
     WHERE o.departs = 1 AND o.seq > ? AND o.created_at >= ? AND o.created_at < ? ORDER BY o.seq LIMIT ?`,
    [next ?? 0, from, to, limit],
  )
  return { moves: rows.map(pastOf), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

function pastOf(row: MoveRow): PastMove {
  const { seq, state, arrival, arrived_at: destination } = row
  return {
    id: seq,
    employeeId: row.employee,
    from: row.destination,
    plannedAt: row.created_at,
    event: eventOf(row),
    departure: { operation: operationId(seq), state, endedAt: row.ended_at },
    arrival:
      arrival === null || destination === null
        ? null
        : { operation: operationId(arrival), destination, endedAt: row.enabled_at },
  }
}

function eventOf(row: MoveRow): PastMove['event'] {
  const { source, event_id: id, effective_at: effectiveAt, received_at: receivedAt } = row
  if (source === null || id === null || effectiveAt === null || receivedAt === null) return null
  return { source, id, effectiveAt, receivedAt }
}
