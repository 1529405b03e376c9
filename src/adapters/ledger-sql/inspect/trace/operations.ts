import type { BatchState, OperationState } from '../../../../core/ledger/lifecycle.ts'
import { TRACE_RECORDS, type TraceOperation } from '../../../../core/ledger/port/views/trace.ts'
import { LANES } from '../../../../core/model.ts'
import { emergencyCallsOf } from '../../emergency/trace.ts'
import { readRows, type Sql, type SqlValue } from '../../driver/sql.ts'
import { batchId, operationId } from '../../tables/ids.ts'
import { openOrNull, type Sealed, type Sealing } from '../../sealing/sealing.ts'

export interface OperationRow {
  readonly seq: number
  readonly state: OperationState
  readonly destination: string
  readonly departs: number
  readonly moved_by: string | null
  readonly lane: number
  readonly record: Sealed
  readonly code: string | null
  readonly reason: Sealed | null
  readonly created_at: number
  readonly answered_at: number | null
  readonly finished_at: number | null
  readonly submitted_at: number | null
  readonly batch: number | null
  readonly batch_state: BatchState | null
  readonly attempts: number | null
  readonly accepted_at: number | null
  readonly request_id: string | null
  readonly status: number | null
}

const COLUMNS = `o.seq, o.state, o.destination, o.departs, m.event_id AS moved_by, o.lane, t.record, o.code, o.reason, o.created_at, o.submitted_at, o.answered_at, o.finished_at, o.batch,
  b.state AS batch_state, b.attempts, b.accepted_at, b.request_id, b.status`
const AROUND =
  'JOIN records t ON t.operation = o.seq LEFT JOIN batches b ON b.seq = o.batch LEFT JOIN events m ON m.seq = o.moved_by'

export function operationsBySeq(sql: Sql, seqs: readonly number[]): Promise<OperationRow[]> {
  return readRows<OperationRow>(
    sql,
    ['seq INT'],
    [...new Set(seqs)].map((seq) => [seq]),
    `SELECT ${COLUMNS} FROM v JOIN operations o ON o.seq = v.seq ${AROUND}`,
  )
}

/**
 * Operations of an employee that carry no event, newest first. Sorted by an expression, so that no
 * database walks through the operations of all employees in their order.
 */
export function operationsWithoutEvent(
  sql: Sql,
  employee: string,
  {
    before,
    since,
    limit,
  }: { readonly before: number; readonly since: number | null; readonly limit: number },
): Promise<OperationRow[]> {
  const [recent, parameters] = since === null ? ['', []] : [RECENT, [since]]
  const all: readonly SqlValue[] = [employee, before, employee, ...parameters, limit]
  return sql.all<OperationRow>(
    `SELECT ${COLUMNS} FROM operations o ${AROUND}
     WHERE o.employee = ? AND o.seq + 0 < ?
       AND o.seq NOT IN (SELECT e.operation FROM events e WHERE e.employee = ? AND e.operation IS NOT NULL)${recent}
     ORDER BY o.seq + 0 DESC LIMIT ?`,
    all,
  )
}
/** By the last step of an operation. */
const RECENT = ' AND COALESCE(o.finished_at, o.answered_at, o.submitted_at, o.created_at) >= ?'

/** Adds what the log says about each operation, and the record that its destination was sent before. */
export async function toTraceOperations(
  sql: Sql,
  employee: string,
  rows: readonly OperationRow[],
): Promise<readonly TraceOperation[]> {
  const ordered = rows.toSorted((one, other) => one.seq - other.seq)
  const seqs = ordered.map(({ seq }) => seq)
  const records = Map.groupBy(await recordsOf(sql, seqs), ({ operation }) => operation)
  const befores = await recordsBefore(sql, employee, seqs)
  const calls = await emergencyCallsOf(sql, seqs)
  return ordered.map((row) =>
    toTraceOperation(sql.sealing, row, {
      records: records.get(row.seq) ?? [],
      before: befores.get(row.seq),
      emergencyCalls: calls.get(row.seq) ?? [],
    }),
  )
}

interface RecordRow {
  readonly operation: number
  readonly id: string
  readonly activity_at: number
  readonly change_id: string
  readonly action: string
  readonly status: string
  readonly code: string | null
  readonly object_id: string | null
}

/** The latest log records of each operation: a service that retries for days writes hundreds. */
function recordsOf(sql: Sql, operations: readonly number[]): Promise<RecordRow[]> {
  return readRows<RecordRow>(
    sql,
    ['seq INT'],
    operations.map((seq) => [seq]),
    `SELECT r.operation, r.id, r.activity_at, r.change_id, r.action, r.status, r.code, r.object_id FROM (
       SELECT l.*, ROW_NUMBER() OVER (PARTITION BY l.operation ORDER BY l.activity_at DESC, l.id DESC) AS place
       FROM v JOIN log_records l ON l.operation = v.seq) r
     WHERE r.place <= ? ORDER BY r.activity_at, r.id`,
    [TRACE_RECORDS],
  )
}

interface BeforeRow {
  readonly seq: number
  readonly before: number
  readonly record: Sealed
}

/**
 * The operation that was sent to the same destination before each one. One pass over the operations
 * of the employee.
 */
async function recordsBefore(
  sql: Sql,
  employee: string,
  operations: readonly number[],
): Promise<ReadonlyMap<number, BeforeRow>> {
  const rows = await readRows<BeforeRow>(
    sql,
    ['seq INT'],
    operations.map((seq) => [seq]),
    `SELECT v.seq, w.before, p.record FROM v JOIN (
       SELECT o.seq, MAX(CASE WHEN o.submitted_at IS NULL THEN NULL ELSE o.seq END)
         OVER (PARTITION BY o.destination ORDER BY o.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
       FROM operations o WHERE o.employee = ?) w ON w.seq = v.seq JOIN records p ON p.operation = w.before`,
    [employee],
  )
  return new Map(rows.map((row) => [row.seq, row]))
}

/** What the ledger knows of an operation besides its row. */
interface Around extends Pick<TraceOperation, 'emergencyCalls'> {
  readonly records: readonly RecordRow[]
  readonly before: BeforeRow | undefined
}

function toTraceOperation(
  sealing: Sealing,
  row: OperationRow,
  { records, before, emergencyCalls }: Around,
): TraceOperation {
  const recordOf = (seq: number, record: Sealed): string => sealing.open('records.record', seq, record)
  return {
    id: operationId(row.seq),
    state: row.state,
    destination: row.destination,
    departs: row.departs === 1,
    movedBy: row.moved_by,
    lane: laneName(row.lane),
    createdAt: row.created_at,
    record: recordOf(row.seq, row.record),
    before: before
      ? { id: operationId(before.before), record: recordOf(before.before, before.record) }
      : null,
    code: row.code,
    reason: openOrNull(sealing, 'operations.reason', row.seq, row.reason),
    batch: batchOf(row),
    records: records.map((record) => ({
      id: record.id,
      activityAt: record.activity_at,
      changeId: record.change_id,
      action: record.action,
      status: record.status,
      code: record.code,
      objectId: record.object_id,
    })),
    emergencyCalls,
    answeredAt: row.answered_at,
    finishedAt: row.finished_at,
  }
}

function batchOf(row: OperationRow): TraceOperation['batch'] {
  if (row.batch === null || row.batch_state === null) return null
  return {
    id: batchId(row.batch),
    state: row.batch_state,
    attempts: row.attempts ?? 0,
    submittedAt: row.submitted_at,
    acceptedAt: row.accepted_at,
    requestId: row.request_id,
    status: row.status,
  }
}

function laneName(order: number): string {
  return Object.entries(LANES).find(([, number]) => number === order)?.[0] ?? String(order)
}
