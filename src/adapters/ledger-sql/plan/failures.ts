import type { Failure } from '../../../core/ledger/employee.ts'
import type { EventState } from '../../../core/ledger/lifecycle.ts'
import { readRows, type Sql } from '../driver/sql.ts'
import { openOrNull, type Sealed, type Sealing } from '../sealing/sealing.ts'

/** An event, and the operation that carried it. */
interface CarriedRow {
  readonly seq: number
  readonly state: EventState
  readonly operation: number | null
}

export interface FailureRow extends Pick<Failure, 'code' | 'failures' | 'at'> {
  readonly hash: Sealed
  readonly reason: Sealed | null
  readonly employee: string
  readonly operation: number
  readonly active: number
  readonly settled: number
  readonly unheard: number
  readonly last_accepted: Sealed | null
  readonly last_operation: number | null
  readonly batch_state: string | null
}

/**
 * The failures of employees whose last operation failed for good. A record that the directory
 * accepted after it settles the failure.
 */
export async function failuresOf(
  sql: Sql,
  employees: readonly {
    readonly id: string
    readonly accepted_operation: number | null
    readonly failed_operation: number | null
  }[],
): Promise<ReadonlyMap<string, FailureRow>> {
  const failed = employees.filter((row) => (row.failed_operation ?? 0) > (row.accepted_operation ?? 0))
  const rows = await readRows<FailureRow>(
    sql,
    ['id TEXT'],
    failed.map(({ id }) => [id]),
    `SELECT p.id AS employee, o.seq AS operation, o.hash, o.active, COALESCE(o.code, 'Unknown') AS code, o.reason, b.state AS batch_state, p.failures,
       COALESCE(o.finished_at, o.created_at) AS at, t.record AS last_accepted, t.operation AS last_operation, (
         SELECT COUNT(*) FROM operations l WHERE l.employee = p.id AND l.seq > o.seq AND l.interim IN ('unchanged', 'skipped')) AS settled, (
         SELECT COUNT(*) FROM operations l WHERE l.employee = p.id AND l.seq > o.seq AND l.deactivation_only = 1 AND COALESCE(l.state, '') = 'unanswered') AS unheard
     FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.seq = p.failed_operation LEFT JOIN batches b ON b.seq = o.batch
       LEFT JOIN records t ON t.operation = p.accepted_operation`,
  )
  return new Map(rows.map((row) => [row.employee, row]))
}

/**
 * `alone`: the deactivation only that this failure asked for and that is not sent yet. The failure
 * still has to be attributed to the events that it carries.
 */
export function failureOf(
  sealing: Sealing,
  row: FailureRow | undefined,
  events: readonly CarriedRow[],
  alone: number | null,
): { failure?: Failure } {
  if (!row) return {}
  const { code, failures, at, operation } = row
  const settled = row.settled > 0
  const isCarried = (event: CarriedRow): boolean =>
    event.operation !== null &&
    event.operation === (event.state === 'received' ? operation : event.state === 'planned' ? alone : null)
  const carried = events.filter(isCarried).map(({ seq }) => seq)
  return {
    failure: {
      hash: sealing.openHash(row.hash),
      code,
      reason: openOrNull(sealing, 'operations.reason', operation, row.reason),
      failures,
      at,
      settled,
      unheard: row.unheard > 0,
      lastAccepted: openOrNull(sealing, 'records.record', row.last_operation ?? '', row.last_accepted),
      carried,
      active: row.active === 1,
      refused: row.batch_state === 'rejected',
    },
  }
}
