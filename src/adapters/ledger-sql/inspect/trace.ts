import type { BatchState, EventState, OperationState } from '../../../core/ledger/lifecycle.ts'
import type { EmployeeTrace, Trace, TraceEvent, TraceOperation } from '../../../core/ledger/port/inspect.ts'
import type { BlockPeriod } from '../../../core/ledger/employee.ts'
import { LANES } from '../../../core/model.ts'
import { blocksOf } from '../blocks/marks.ts'
import { batchId, operationId, seqOf } from '../tables/ids.ts'
import type { Sql } from '../driver/sql.ts'

/** What a reference names: rows of one employee, and how to narrow them. */
export interface Scope {
  readonly employee: string
  readonly event: number | null
  readonly operations: readonly number[] | null
}

export async function trace(sql: Sql, reference: string): Promise<Trace | null> {
  const [first, ...others] = await find(sql, reference)
  const employee = first && (await traceEmployee(sql, first))
  if (!employee) return null
  const rest: EmployeeTrace[] = []
  for (const scope of others) {
    const other = await traceEmployee(sql, scope)
    if (other) rest.push(other)
  }
  return { ...employee, others: rest }
}

async function traceEmployee(sql: Sql, scope: Scope): Promise<EmployeeTrace | null> {
  const [employee] = await sql.all<{ id: string; object_id: string | null }>(
    'SELECT id, object_id FROM employees WHERE id = ?',
    [scope.employee],
  )
  if (!employee) return null
  const events = (await loadEvents(sql, scope.employee)).filter(
    (event) =>
      (scope.event === null || event.seq === scope.event) &&
      (scope.operations === null || (event.operation !== null && scope.operations.includes(event.operation))),
  )
  const wanted = scope.event === null ? scope.operations : await standingFor(sql, events)
  const operations = (await loadOperations(sql, scope.employee)).filter(
    (operation) => wanted === null || wanted.includes(operation.seq),
  )
  return {
    employee: { id: employee.id, objectId: employee.object_id },
    blocked: await blockOf(sql, employee.id),
    events: events.map(toTraceEvent),
    operations: await Promise.all(operations.map((operation) => toTraceOperation(sql, operation))),
  }
}

async function blockOf(sql: Sql, employee: string): Promise<BlockPeriod | null> {
  const block = (await blocksOf(sql, [employee])).get(employee)
  return block ? { since: block.since, until: block.until } : null
}

/** One person, everybody in a batch, or all that have the name: an event of each source, and an employee. */
export async function find(sql: Sql, reference: string): Promise<readonly Scope[]> {
  const events = await sql.all<Owner>('SELECT seq, employee FROM events WHERE event_id = ? ORDER BY seq', [
    reference,
  ])
  const employees = await sql.all<{ id: string }>('SELECT id FROM employees WHERE id = ?', [reference])
  const named = [
    ...events.map(({ seq, employee }) => ({ employee, event: seq, operations: null })),
    ...employees.map(({ id }) => whole(id)),
  ]
  if (named.length > 0) return named
  if (/^op-\d{1,15}$/.test(reference))
    return ofOperations(
      await sql.all<Owner>('SELECT seq, employee FROM operations WHERE seq = ?', [seqOf(reference)]),
    )
  if (/^batch-\d{1,15}$/.test(reference)) return inBatch(sql, seqOf(reference))
  const [batch] = await sql.all<{ seq: number }>('SELECT seq FROM batches WHERE request_id = ?', [reference])
  if (batch) return inBatch(sql, batch.seq)
  const objects = await sql.all<{ id: string }>('SELECT id FROM employees WHERE object_id = ? ORDER BY id', [
    reference,
  ])
  return objects.map(({ id }) => whole(id))
}

function whole(employee: string): Scope {
  return { employee, event: null, operations: null }
}

interface Owner {
  readonly seq: number
  readonly employee: string
}
async function inBatch(sql: Sql, batch: number): Promise<Scope[]> {
  return ofOperations(
    await sql.all<Owner>('SELECT seq, employee FROM operations WHERE batch = ? ORDER BY place, seq', [batch]),
  )
}
function ofOperations(rows: readonly Owner[]): Scope[] {
  return [...Map.groupBy(rows, ({ employee }) => employee)].map(([employee, theirs]) => ({
    employee,
    event: null,
    operations: theirs.map(({ seq }) => seq),
  }))
}

interface EventRow {
  readonly seq: number
  readonly event_id: string
  readonly source: string
  readonly type: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by_seq: number | null
  readonly by_id: string | null
  readonly operation: number | null
  readonly recorded_at: number
  readonly effective_at: number
  readonly received_at: number
  readonly planned_at: number | null
  readonly finished_at: number | null
  readonly published_at: number | null
}

function loadEvents(sql: Sql, employee: string): Promise<EventRow[]> {
  return sql.all<EventRow>(
    `SELECT e.seq, e.event_id, e.source, e.type, e.state, e.reason, e.detail, e.by_seq, w.event_id AS by_id, e.operation, e.recorded_at, e.effective_at,
       e.received_at, e.planned_at, e.finished_at, (SELECT MAX(o.published_at) FROM outbox o WHERE o.event_seq = e.seq) AS published_at
     FROM events e LEFT JOIN events w ON w.seq = e.by_seq WHERE e.employee = ? ORDER BY e.effective_at, e.seq`,
    [employee],
  )
}

/** The operations an event went into, or that of the event that stands in its place. */
async function standingFor(sql: Sql, events: readonly EventRow[]): Promise<number[]> {
  const operations: number[] = []
  for (const event of events) {
    if (event.operation !== null) operations.push(event.operation)
    else if (event.by_seq !== null) {
      const rows = await sql.all<{ operation: number | null }>('SELECT operation FROM events WHERE seq = ?', [
        event.by_seq,
      ])
      operations.push(...rows.flatMap(({ operation }) => (operation === null ? [] : [operation])))
    }
  }
  return operations
}

function toTraceEvent(row: EventRow): TraceEvent {
  return {
    source: row.source,
    id: row.event_id,
    type: row.type,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    by: row.by_id,
    operation: row.operation === null ? null : operationId(row.operation),
    recordedAt: row.recorded_at,
    effectiveAt: row.effective_at,
    receivedAt: row.received_at,
    plannedAt: row.planned_at,
    finishedAt: row.finished_at,
    publishedAt: row.published_at,
  }
}

interface OperationRow {
  readonly seq: number
  readonly state: OperationState
  readonly lane: number
  readonly code: string | null
  readonly reason: string | null
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

function loadOperations(sql: Sql, employee: string): Promise<OperationRow[]> {
  return sql.all<OperationRow>(
    `SELECT o.seq, o.state, o.lane, o.code, o.reason, o.created_at, o.submitted_at, o.answered_at, o.finished_at, o.batch,
       b.state AS batch_state, b.attempts, b.accepted_at, b.request_id, b.status
     FROM operations o LEFT JOIN batches b ON b.seq = o.batch WHERE o.employee = ? ORDER BY o.seq`,
    [employee],
  )
}

async function toTraceOperation(sql: Sql, row: OperationRow): Promise<TraceOperation> {
  const records = await sql.all<{
    id: string
    activity_at: number
    change_id: string
    action: string
    status: string
    code: string | null
    object_id: string | null
  }>(
    'SELECT id, activity_at, change_id, action, status, code, object_id FROM log_records WHERE operation = ? ORDER BY activity_at',
    [row.seq],
  )
  return {
    id: operationId(row.seq),
    state: row.state,
    lane: laneName(row.lane),
    createdAt: row.created_at,
    code: row.code,
    reason: row.reason,
    batch:
      row.batch === null || row.batch_state === null
        ? null
        : {
            id: batchId(row.batch),
            state: row.batch_state,
            attempts: row.attempts ?? 0,
            submittedAt: row.submitted_at,
            acceptedAt: row.accepted_at,
            requestId: row.request_id,
            status: row.status,
          },
    records: records.map((record) => ({
      id: record.id,
      activityAt: record.activity_at,
      changeId: record.change_id,
      action: record.action,
      status: record.status,
      code: record.code,
      objectId: record.object_id,
    })),
    answeredAt: row.answered_at,
    finishedAt: row.finished_at,
  }
}

function laneName(order: number): string {
  return Object.entries(LANES).find(([, number]) => number === order)?.[0] ?? String(order)
}
