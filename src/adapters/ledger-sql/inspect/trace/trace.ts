import type { EventState } from '../../../../core/ledger/lifecycle.ts'
import {
  type EmployeeTrace,
  type Trace,
  TRACE_PAGE,
  type TraceCursor,
  type TraceEvent,
  type TraceQuery,
} from '../../../../core/ledger/port/views/trace.ts'
import type { BlockPeriod } from '../../../../core/ledger/employee.ts'
import { blocksOf } from '../../blocks/marks.ts'
import { departuresOf, leftAccounts } from './moves.ts'
import { operationId, seqOf } from '../../tables/ids.ts'
import type { Sql } from '../../driver/sql.ts'
import {
  operationsBySeq,
  operationsWithoutEvent,
  type OperationRow,
  toTraceOperations,
} from './operations.ts'

/** What a reference names: rows of one employee, and how to narrow them. */
export interface Scope {
  readonly employee: string
  readonly event: number | null
  readonly operations: readonly number[] | null
}

const FIRST: TraceQuery = { since: null, limit: TRACE_PAGE, next: null }

export async function trace(sql: Sql, reference: string, query: TraceQuery = FIRST): Promise<Trace | null> {
  const scopes = await find(sql, reference)
  const skip = query.next?.kind === 'further' ? query.next.skip : 0
  const page = scopes.slice(skip, skip + query.limit)
  // Only a single employee has older pages; if several match, the reader has to name one.
  const older = scopes.length === 1 && query.next?.kind === 'older' ? query.next : null
  const traced: TracedEmployee[] = []
  for (const scope of page) {
    const one = await traceEmployee(sql, scope, { ...query, older })
    if (one) traced.push(one)
  }
  const [first, ...others] = traced
  if (!first) return null
  const further = skip + query.limit
  return {
    ...first.employee,
    others: others.map(({ employee }) => employee),
    next:
      scopes.length > further ? { kind: 'further', skip: further } : scopes.length === 1 ? first.next : null,
  }
}

interface Page {
  readonly since: number | null
  readonly limit: number
  readonly older: Extract<TraceCursor, { kind: 'older' }> | null
}
interface TracedEmployee {
  readonly employee: EmployeeTrace
  readonly next: TraceCursor | null
}

async function traceEmployee(sql: Sql, scope: Scope, page: Page): Promise<TracedEmployee | null> {
  const [employee] = await sql.all<{ id: string; object_id: string | null; destination: string | null }>(
    'SELECT id, object_id, destination FROM employees WHERE id = ?',
    [scope.employee],
  )
  if (!employee) return null
  const { events, operations, isMore, next } = await rowsOf(sql, scope, page)
  return {
    employee: {
      employee: {
        id: employee.id,
        objectId: employee.object_id,
        destination: employee.destination,
        left: await leftAccounts(sql, employee.id),
      },
      blocked: await blockOf(sql, employee.id),
      events: events
        .toSorted((one, other) => one.effective_at - other.effective_at || one.seq - other.seq)
        .map(toTraceEvent),
      operations: await toTraceOperations(sql, employee.id, operations),
      older: isMore,
    },
    next,
  }
}

interface Rows {
  readonly events: readonly EventRow[]
  readonly operations: readonly OperationRow[]
  readonly isMore: boolean
  readonly next: TraceCursor | null
}

async function rowsOf(sql: Sql, scope: Scope, page: Page): Promise<Rows> {
  if (scope.event === null && scope.operations === null) return wholeEmployee(sql, scope.employee, page)
  const events =
    scope.event === null
      ? await eventsOf(sql, scope.employee, { ...page, operations: scope.operations ?? [] })
      : await eventBySeq(sql, scope.event)
  const seqs =
    scope.event === null ? (scope.operations ?? []) : await standingFor(sql, scope.employee, events)
  return {
    events: events.slice(0, page.limit),
    operations: await operationsBySeq(sql, seqs),
    isMore: events.length > page.limit,
    next: null,
  }
}

const FROM_THE_END = Number.MAX_SAFE_INTEGER

/** The newest events with their operations, and the newest operations that carry no event. */
async function wholeEmployee(sql: Sql, employee: string, page: Page): Promise<Rows> {
  const { since, limit, older } = page
  // One more than is shown says whether there are older ones.
  const events = await eventsOf(sql, employee, page)
  const bare = await operationsWithoutEvent(sql, employee, {
    before: older?.operation ?? FROM_THE_END,
    since,
    limit: limit + 1,
  })
  const [shown, alone] = [events.slice(0, limit), bare.slice(0, limit)]
  const carried = shown.flatMap(({ operation }) => (operation === null ? [] : [operation]))
  const isMore = events.length > limit || bare.length > limit
  return {
    events: shown,
    operations: [...(await operationsBySeq(sql, carried)), ...alone],
    isMore,
    next: isMore
      ? {
          kind: 'older',
          event: shown.at(-1)?.seq ?? older?.event ?? FROM_THE_END,
          operation: alone.at(-1)?.seq ?? older?.operation ?? FROM_THE_END,
        }
      : null,
  }
}

async function blockOf(sql: Sql, employee: string): Promise<BlockPeriod | null> {
  const block = (await blocksOf(sql, [employee])).get(employee)
  return block ? { since: block.since, until: block.until } : null
}

/**
 * One employee, all employees of a batch, or all with the name: an event of each source, and an
 * employee.
 */
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
  const objects = await sql.all<{ id: string }>(
    `SELECT id FROM employees WHERE object_id = ? UNION SELECT employee AS id FROM left_accounts WHERE object_id = ? ORDER BY id`,
    [reference, reference],
  )
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

const COLUMNS = `e.seq, e.event_id, e.source, e.type, e.state, e.reason, e.detail, e.by_seq, w.event_id AS by_id, e.operation, e.recorded_at, e.effective_at,
  e.received_at, e.planned_at, e.finished_at, (SELECT MAX(o.published_at) FROM outbox o WHERE o.event_seq = e.seq) AS published_at`

function eventBySeq(sql: Sql, seq: number): Promise<EventRow[]> {
  return sql.all<EventRow>(
    `SELECT ${COLUMNS} FROM events e LEFT JOIN events w ON w.seq = e.by_seq WHERE e.seq = ?`,
    [seq],
  )
}

/**
 * Events of an employee, newest first, at most one more than the page has. Sorted by an expression,
 * so that no database walks through the events of all employees in their order.
 */
function eventsOf(
  sql: Sql,
  employee: string,
  { since, limit, older, operations }: Page & { readonly operations?: readonly number[] },
): Promise<EventRow[]> {
  const recent =
    since === null
      ? ''
      : ' AND (e.received_at >= ? OR COALESCE(e.planned_at, 0) >= ? OR COALESCE(e.finished_at, 0) >= ?)'
  const carried = operations ? ` AND e.operation IN (${operations.map(() => '?').join(', ')})` : ''
  return sql.all<EventRow>(
    `SELECT ${COLUMNS} FROM events e LEFT JOIN events w ON w.seq = e.by_seq
     WHERE e.employee = ? AND e.seq + 0 < ?${recent}${carried} ORDER BY e.seq + 0 DESC LIMIT ?`,
    [
      employee,
      older?.event ?? FROM_THE_END,
      ...(since === null ? [] : [since, since, since]),
      ...(operations ?? []),
      limit + 1,
    ],
  )
}

/**
 * The operations that carried an event, or that of the event that superseded it; and those that
 * disabled an account elsewhere because of it.
 */
async function standingFor(sql: Sql, employee: string, events: readonly EventRow[]): Promise<number[]> {
  const operations: number[] = []
  for (const event of events) {
    operations.push(...(await departuresOf(sql, employee, event.seq)))
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
