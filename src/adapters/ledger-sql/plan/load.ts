import { BACKLOG_UNTIL, readCursor } from '../tables/cursors.ts'
import { operationId } from '../tables/ids.ts'
import type { BlockMark } from '../../../core/blocks/period.ts'
import type { EventState } from '../../../core/ledger/lifecycle.ts'
import type { DueQuery } from '../../../core/ledger/port/plan.ts'
import type { EventName, JsonObject, Mode, OrderValue } from '../../../core/model.ts'
import { EVENT_REASONS, leavesFold } from '../../../core/ledger/event-reason.ts'
import type {
  AccountPlace,
  BlockPeriod,
  Employee,
  EmployeeEvent,
  UnansweredOperation,
} from '../../../core/ledger/employee.ts'
import { blocksOf } from '../blocks/marks.ts'
import { failureOf, failuresOf } from './failures.ts'
import { erasedDeactivationsOf } from '../leavers/erased-deactivations.ts'
import { type ByHash, erasedMarksOf, filledByHash } from '../leavers/erased-marks.ts'
import { olderSince } from '../submit/holds.ts'
import { remainsOf } from '../upkeep/folds.ts'
import { parse } from '../driver/json.ts'
import type { Sealed, Sealing } from '../sealing/sealing.ts'
import { workerOf } from '../tables/event-row.ts'
import { type Sql, readRows } from '../driver/sql.ts'

export interface EventRow {
  readonly seq: number
  readonly event_id: string
  readonly source: string
  readonly type: string
  readonly employee: string
  readonly recorded_at: number
  readonly effective_at: number
  readonly effective_raw: string | null
  readonly rank: number
  readonly order_value: string | null
  readonly mode: Mode
  readonly worker: Sealed
  readonly rescinds: string | null
  readonly traceparent: string | null
  readonly state: EventState
  readonly reason: string | null
  readonly by_seq: number | null
  readonly operation: number | null
  /** The result of its operation when the quiet time is over. */
  readonly interim?: 'confirmed' | 'unchanged' | 'skipped' | null
  /** Whether that operation only deactivates the employee. */
  readonly deactivation_only?: number | null
}
const EVENT_COLUMNS =
  'e.seq, e.event_id, e.source, e.type, e.employee, e.recorded_at, e.effective_at, e.effective_raw, e.rank, e.order_value, e.mode, e.worker, e.rescinds, e.traceparent, e.state, e.reason, e.by_seq, e.operation'
/**
 * Events that the log answered with success count as final here, though the outcome may still be
 * refined. They are not decided again; otherwise a later operation would confirm them. Those of an
 * employee who moves are decided at the new destination.
 */
const AS_GOOD_AS_FINAL = `LEFT JOIN operations c ON c.seq = e.operation AND e.state = 'planned' AND c.state = 'answered' AND c.departs = 0 AND c.interim IN ('confirmed', 'unchanged', 'skipped')`

/** A claim that ends later than any claim can, by this much, was made by a clock that was ahead. */
const CLAIM_TOLERANCE_MS = 120_000

/**
 * Leavers first, then employees with an event that takes effect now, then those after quiet time.
 */
export async function claimDueEmployees(
  sql: Sql,
  { now, limit, maxWaitMs, claimMs = 0 }: DueQuery,
): Promise<Employee[]> {
  // Decisions of a ledger that is older than the directory would be published and sent.
  if ((await olderSince(sql)) !== null) return []
  const ids = new Set<string>()
  const add = async (which: string, parameters: readonly number[]): Promise<void> => {
    const left = limit - ids.size
    if (left <= 0) return
    const rows =
      claimMs === 0
        ? await sql.all<{ id: string }>(`SELECT id FROM employees WHERE ${which} LIMIT ?`, [
            ...parameters,
            limit,
          ])
        : await sql.all<{ id: string }>(
            `UPDATE employees SET claimed_until = ? WHERE id IN (
               SELECT id FROM employees WHERE (claimed_until <= ? OR claimed_until > ?) AND ${which} LIMIT ?${sql.dialect.skipLocked}) RETURNING id`,
            [now + claimMs, now, now + claimMs + CLAIM_TOLERANCE_MS, ...parameters, left],
          )
    for (const { id } of rows) if (ids.size < limit) ids.add(id)
  }
  await add('urgent = 1', [])
  await add('next_at IS NOT NULL AND next_at <= ? ORDER BY next_at', [now])
  const backlogUntil = await readCursor(sql, BACKLOG_UNTIL)
  if (backlogUntil !== null && backlogUntil > now)
    await add('dirty_at IS NOT NULL AND unanswered = 0 AND dirty_at <= ? ORDER BY dirty_at', [
      now - maxWaitMs,
    ])
  else await add('plan_at IS NOT NULL AND unanswered = 0 AND plan_at <= ? ORDER BY plan_at', [now])
  return loadEmployees(sql, [...ids])
}

/** The last operation that is known to have disabled the account; 0 when it may be enabled. */
const DISABLED_BY = `CASE WHEN p.accepted_active = 0 AND p.accepted_hash IS NOT NULL THEN p.accepted_operation ELSE 0 END`
/**
 * How many operations may have enabled the account at the destination since then: they were sent and
 * did not certainly fail.
 */
const ENABLING = `(SELECT COUNT(*) FROM operations r WHERE r.employee = p.id AND r.destination = p.destination AND r.active = 1
  AND r.submitted_at IS NOT NULL AND r.seq > ${DISABLED_BY}
  AND NOT (r.state IN ('failed', 'skipped') OR (r.state = 'answered' AND r.interim IN ('failed', 'skipped'))))`
/** An account that retention has forgotten the operations of is known all the same. */
const MAY_BE_ENABLED = `CASE WHEN p.known = 1 AND ${DISABLED_BY} = 0 THEN 1 ELSE ${ENABLING} END`

const EMPLOYEES = `SELECT p.id, p.revision, p.accepted_hash, p.accepted_operation, t.deactivation_only AS accepted_deactivation_only, (
    SELECT MAX(c.resend_due) FROM leaver_cases c WHERE c.employee = p.id AND c.ended_at IS NULL) AS resend_due, p.known, p.destination, ${MAY_BE_ENABLED} AS may_be_enabled, p.failed_hash, p.failed_operation, d.at AS disabled_elsewhere_at
  FROM v JOIN employees p ON p.id = v.id LEFT JOIN foreign_deactivations d ON d.employee = p.id LEFT JOIN operations t ON t.seq = p.accepted_operation`

export async function loadEmployees(sql: Sql, ids: readonly string[]): Promise<Employee[]> {
  if (ids.length === 0) return []
  const keys = ids.map((id) => [id])
  const employees = await readRows<EmployeeRow>(sql, ['id TEXT'], keys, EMPLOYEES)
  const failures = await failuresOf(sql, employees)
  const events = await eventsOf(sql, ids)
  const remains = await remainsOf(sql, ids)
  const filled = await filledByHash(sql)
  const idsIn = (table: ByHash): readonly string[] => (filled.has(table) ? ids : [])
  const marks = await erasedMarksOf(sql, idsIn('erased_leavers'))
  const disabled = await erasedDeactivationsOf(sql, idsIn('erased_deactivations'))
  const blocks = await blocksOf(sql, idsIn('blocks'))
  const sent = await operationsOf(sql, ids)
  return employees.map((row) => {
    const own = events.get(row.id) ?? []
    const operations = sent.get(row.id) ?? []
    const alone = operations.find(({ state }) => state === 'pending')?.seq ?? null
    return {
      employeeId: row.id,
      revision: row.revision,
      acceptedHash: row.accepted_hash && sql.sealing.openHash(row.accepted_hash),
      known: row.known === 1,
      ...accountOf(row),
      failedHash: row.failed_hash && sql.sealing.openHash(row.failed_hash),
      ...disabledElsewhereOf(row, disabled.get(row.id) ?? null),
      ...blockOf(blocks.get(row.id)),
      ...(row.resend_due === null ? {} : { leaver: { resend: row.resend_due === 1 } }),
      ...failureOf(sql.sealing, failures.get(row.id), own, alone),
      events: [
        ...(marks.get(row.id) ?? []),
        ...(remains.get(row.id) ?? []),
        ...own.map((event) => toEvent(sql.sealing, acceptedSince(event, row))),
      ],
      unanswered: unansweredAmong(operations),
    }
  })
}

type RowsByEmployee<T> = ReadonlyMap<string, readonly T[]>
const EVENTS = `SELECT ${EVENT_COLUMNS}, c.interim, c.deactivation_only FROM v JOIN events e ON e.employee = v.id ${AS_GOOD_AS_FINAL}`

async function eventsOf(sql: Sql, ids: readonly string[]): Promise<RowsByEmployee<EventRow>> {
  const keys = ids.map((id) => [id])
  const rows = await readRows<EventRow>(sql, ['id TEXT'], keys, EVENTS)
  return Map.groupBy(rows, (row) => row.employee)
}

interface SentRow {
  readonly seq: number
  readonly employee: string
  readonly state: 'pending' | 'batched' | 'accepted'
  readonly active: number
}

/** Operations without an answer, and deactivations only that are not sent yet. */
async function operationsOf(sql: Sql, ids: readonly string[]): Promise<RowsByEmployee<SentRow>> {
  const rows = await readRows<SentRow>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    `SELECT o.seq, o.employee, o.state, o.active FROM v JOIN operations o ON o.employee = v.id
     WHERE COALESCE(o.state, '') IN ('batched', 'accepted') OR (COALESCE(o.state, '') = 'pending' AND o.deactivation_only = 1)`,
  )
  return Map.groupBy(rows, (row) => row.employee)
}

function unansweredAmong(operations: readonly SentRow[]): readonly UnansweredOperation[] {
  return operations
    .toSorted((a, b) => a.seq - b.seq)
    .flatMap(({ seq, state, active }): UnansweredOperation[] =>
      state === 'pending' ? [] : [{ id: operationId(seq), state, active: active === 1 }],
    )
}

function accountOf({ destination, may_be_enabled }: EmployeeRow): { account?: AccountPlace } {
  return destination === null ? {} : { account: { destination, mayBeEnabled: may_be_enabled > 0 } }
}

/** `erasedAt`: the same from before an erasure. */
function disabledElsewhereOf(
  { disabled_elsewhere_at: at }: EmployeeRow,
  erasedAt: number | null,
): { disabledElsewhereAt?: number } {
  const times = [at, erasedAt].filter((time) => time !== null)
  return times.length === 0 ? {} : { disabledElsewhereAt: Math.max(...times) }
}

function blockOf(block: BlockMark | undefined): { blocked?: BlockPeriod } {
  if (!block) return {}
  const { since, until, decidedAt } = block
  return { blocked: { since, until, ...(since <= decidedAt ? { begun: true } : {}) } }
}

/**
 * An event of which only the deactivation was sent needs no resend once the directory has accepted
 * a whole record after it.
 */
function acceptedSince(
  event: EventRow,
  { accepted_operation, accepted_deactivation_only }: EmployeeRow,
): EventRow {
  const whole =
    event.reason === EVENT_REASONS.deactivationOnly &&
    accepted_deactivation_only === 0 &&
    accepted_operation !== null &&
    event.operation !== null &&
    accepted_operation > event.operation
  return whole ? { ...event, reason: null } : event
}

interface EmployeeRow {
  readonly id: string
  readonly revision: number
  readonly accepted_hash: Sealed | null
  readonly accepted_operation: number | null
  readonly accepted_deactivation_only: number | null
  /** `null` without an open leaver case. */
  readonly resend_due: number | null
  readonly known: number
  readonly destination: string | null
  readonly may_be_enabled: number
  readonly failed_hash: Sealed | null
  readonly failed_operation: number | null
  readonly disabled_elsewhere_at: number | null
}
export function toEvent(sealing: Sealing, row: EventRow): EmployeeEvent {
  return {
    seq: row.seq,
    source: row.source,
    id: row.event_id,
    type: row.type,
    employeeId: row.employee,
    recordedAt: row.recorded_at,
    effectiveAt: row.effective_at,
    effectiveRaw: row.effective_raw,
    rank: row.rank,
    order: row.order_value === null ? null : parse<OrderValue>(row.order_value),
    mode: row.mode,
    worker: parse<JsonObject>(workerOf(sealing, row)),
    rescinds: row.rescinds === null ? null : parse<EventName>(row.rescinds),
    traceparent: row.traceparent,
    state: row.interim ?? row.state,
    reason:
      row.interim === 'confirmed' && row.deactivation_only === 1
        ? EVENT_REASONS.deactivationOnly
        : row.reason,
    by: row.by_seq,
    dead: row.state === 'dead-lettered' && leavesFold(row.reason),
    ...(row.reason === EVENT_REASONS.discarded ? { discarded: true } : {}),
  }
}
