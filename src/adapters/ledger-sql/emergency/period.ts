import type {
  EmergencyCallsPage,
  EmergencyCallsQuery,
  EmergencyResult,
  PastEmergencyCall,
} from '../../../core/emergency/ledger.ts'
import type { OperationState } from '../../../core/ledger/lifecycle.ts'
import type { Sql } from '../driver/sql.ts'
import { operationId } from '../tables/ids.ts'

interface PastRow extends Pick<PastEmergencyCall, 'reason'> {
  readonly seq: number
  readonly employee: string
  readonly operation: number
  readonly begun_at: number
  readonly ended_at: number | null
  readonly result: EmergencyResult | null
  readonly status: number | null
  readonly micro_usd: number
  readonly state: OperationState | null
  readonly finished_at: number | null
}

export async function emergencyCallsIn(
  sql: Sql,
  { from, to, next, limit }: EmergencyCallsQuery,
): Promise<EmergencyCallsPage> {
  const rows = await sql.all<PastRow>(
    `SELECT c.seq, c.employee, c.operation, c.reason, c.begun_at, c.ended_at, c.result, c.status, c.micro_usd, o.state, o.finished_at
     FROM emergency_calls c LEFT JOIN operations o ON o.seq = c.operation
     WHERE c.seq > ? AND c.begun_at >= ? AND c.begun_at < ? ORDER BY c.seq LIMIT ?`,
    [next ?? 0, from, to, limit],
  )
  return { calls: rows.map(pastOf), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

function pastOf(row: PastRow): PastEmergencyCall {
  const { seq, employee, operation, reason, begun_at, ended_at: at, result, status, micro_usd } = row
  return {
    id: seq,
    employeeId: employee,
    operation: operationId(operation),
    reason,
    begunAt: begun_at,
    ended: at === null || result === null ? null : { at, result, status },
    microUsd: micro_usd,
    job: row.state === null ? null : { state: row.state, finishedAt: row.finished_at },
  }
}
