import type { TraceEmergencyCall } from '../../../core/ledger/port/views/trace.ts'
import { readRows, type Sql } from '../driver/sql.ts'

interface CallRow extends Pick<TraceEmergencyCall, 'reason' | 'result' | 'status'> {
  readonly operation: number
  readonly begun_at: number
  readonly ended_at: number | null
}

/** The calls of the emergency lane by the operation that they went ahead of. */
export async function emergencyCallsOf(
  sql: Sql,
  operations: readonly number[],
): Promise<ReadonlyMap<number, readonly TraceEmergencyCall[]>> {
  const rows = await readRows<CallRow>(
    sql,
    ['seq INT'],
    operations.map((seq) => [seq]),
    `SELECT c.operation, c.reason, c.result, c.status, c.begun_at, c.ended_at
     FROM v JOIN emergency_calls c ON c.operation = v.seq ORDER BY c.seq`,
  )
  const byOperation = Map.groupBy(rows, ({ operation }) => operation)
  return new Map(
    [...byOperation].map(([operation, calls]) => [
      operation,
      calls.map(({ reason, result, status, begun_at: begunAt, ended_at: endedAt }) => ({
        reason,
        result,
        status,
        begunAt,
        endedAt,
      })),
    ]),
  )
}
