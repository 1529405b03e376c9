import type { Interim } from '../../../core/ledger/port/report.ts'
import { REDUNDANT_EXPORT } from '../../../core/report/correlate/join.ts'
import { resendAfter } from '../../../core/plan/decide/resend.ts'
import { INCOMPLETE_RECORD, REASONS } from '../../../core/plan/decide/employee.ts'
import { lateEventsOf } from './late.ts'
import { lookAtCases } from '../leavers/open.ts'
import { lockEmployees } from '../tables/lock-employees.ts'
import { type FinishedEvent, queueOutcomes } from './outbox.ts'
import { group } from '../plan/load.ts'
import { addTotals } from '../tables/totals.ts'
import { type Sql, withRows } from '../driver/sql.ts'

/** Why an operation came to nothing without anything being wrong. */
const DIRECTORY_HELD_IT = 'DirectoryHeldIt'
const NOT_IN_DIRECTORY = 'NotInDirectory'

export interface Ended {
  readonly seq: number
  readonly employee: string
  readonly code: string | null
  readonly reason: string | null
}

/** Answered operations whose quiet period is over become final, their events with them. */
export async function finalize(sql: Sql, instance: string, now: number, limit: number): Promise<number> {
  await sql.lock('report')
  const rows = await sql.all<
    Ended & { interim: Interim; deactivation_only: number; finished_at: number | null }
  >(
    `SELECT seq, employee, interim, code, reason, deactivation_only, finished_at FROM operations WHERE state = 'answered' AND final_at <= ? ORDER BY final_at LIMIT ?`,
    [now, limit],
  )
  const reports = await reportsOf(
    sql,
    rows.filter((row) => row.interim !== 'failed'),
  )
  await lockEmployees(
    sql,
    [...rows, ...reports].map(({ employee }) => employee),
  )
  const byInterim = group(rows, (row) => row.interim)
  await endOperations(sql, byInterim.get('confirmed') ?? [], 'confirmed', now)
  await endOperations(sql, byInterim.get('unchanged') ?? [], 'unchanged', now)
  await endOperations(sql, byInterim.get('skipped') ?? [], 'skipped', now)
  const good = rows.filter((row) => row.interim !== 'failed')
  // What was finished before had been given up, or had failed.
  const late = rows.filter(({ finished_at }) => finished_at !== null)
  const interims = new Map([...good, ...late].map((row) => [row.seq, row]))
  const carried = [...(await eventsOf(sql, good)), ...(await lateEventsOf(sql, late))]
  const finished = carried.map(({ seq, employee, operation, by_seq }): FinishedEvent => {
    const ended = interims.get(operation)
    const common = { seq, employee, detail: null, by: by_seq, operation }
    if (ended?.interim === 'failed')
      return { ...common, state: 'dead-lettered', reason: ended.code, by: null }
    if (by_seq !== null) return { ...common, state: 'superseded', reason: null }
    if (ended?.interim === 'unchanged')
      return {
        ...common,
        state: 'unchanged',
        reason: ended.code === REDUNDANT_EXPORT ? DIRECTORY_HELD_IT : NOT_IN_DIRECTORY,
      }
    if (ended?.interim === 'skipped') return { ...common, state: 'skipped', reason: ended.code }
    return {
      ...common,
      state: 'confirmed',
      reason: ended?.deactivation_only === 1 ? REASONS.deactivationOnly : null,
    }
  })
  await finishEvents(sql, instance, finished, now)
  await resendReports(sql, good, now)
  // What comes back stands in the fold again.
  await planAgain(
    sql,
    late.map(({ employee }) => employee),
    now,
  )
  await failOperations(sql, byInterim.get('failed') ?? [], now)
  await lookAtCases(
    sql,
    rows.map(({ employee }) => employee),
    now,
  )
  return rows.length
}

export async function endOperations(
  sql: Sql,
  ended: readonly Ended[],
  state: string,
  now: number,
): Promise<void> {
  await withRows(
    sql,
    ['seq INT', 'state TEXT', 'code TEXT', 'reason TEXT', 'now INT'],
    ended.map((one) => [one.seq, state, one.code, one.reason, now]),
    'UPDATE operations SET state = v.state, code = v.code, reason = v.reason, finished_at = v.now FROM v WHERE operations.seq = v.seq',
  )
}

export interface CarriedEvent {
  readonly seq: number
  readonly employee: string
  readonly operation: number
  readonly by_seq: number | null
}

/** By person: the state is hidden from the planner, which would rather walk everything planned in the ledger for each handful of operations. */
export function eventsOf(
  sql: Sql,
  operations: readonly { readonly seq: number; readonly employee: string }[],
): Promise<CarriedEvent[]> {
  return withRows<CarriedEvent>(
    sql,
    ['seq INT', 'employee TEXT'],
    operations.map(({ seq, employee }) => [seq, employee]),
    `SELECT e.seq, e.employee, e.operation, e.by_seq FROM v JOIN events e ON e.employee = v.employee WHERE e.operation = v.seq AND COALESCE(e.state, '') = 'planned'`,
  )
}

/** Events become final, with the next revision of their outcome where they were before, and the outcomes are queued. */
export async function finishEvents(
  sql: Sql,
  instance: string,
  finished: readonly FinishedEvent[],
  now: number,
): Promise<void> {
  await withRows(
    sql,
    ['seq INT', 'state TEXT', 'reason TEXT', 'detail TEXT', 'now INT'],
    finished.map((event) => [event.seq, event.state, event.reason, event.detail, now]),
    `UPDATE events SET state = v.state, reason = v.reason, detail = v.detail, finished_at = v.now, archived_at = NULL,
       revision = CASE WHEN events.finished_at IS NULL THEN events.revision ELSE events.revision + 1 END
     FROM v WHERE events.seq = v.seq`,
  )
  await queueOutcomes(sql, finished, now)
  addTotals(sql, instance, { finished: finished.length })
}

/** Puts events back to be looked at afresh: what stood in their place has fallen away. */
export async function reopenEvents(sql: Sql, events: readonly CarriedEvent[]): Promise<void> {
  await withRows(
    sql,
    ['seq INT'],
    events.map(({ seq }) => [seq]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL FROM v WHERE events.seq = v.seq`,
  )
}

/**
 * A report whose manager the service could not resolve is offered again once the manager has come to be known after the report was sent, and no
 * follow-up has set it meanwhile. Once only: what was sent after the manager was known is the service's to resolve.
 */
async function resendReports(sql: Sql, ended: readonly Ended[], now: number): Promise<void> {
  const reports = await reportsOf(sql, ended)
  if (reports.length === 0) return
  await withRows(
    sql,
    ['seq INT'],
    reports.map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = NULL FROM v WHERE operations.seq = v.seq',
  )
  await markForResend(
    sql,
    reports.map(({ employee }) => employee),
    now,
  )
}

function reportsOf(sql: Sql, ended: readonly Ended[]): Promise<{ seq: number; employee: string }[]> {
  return withRows<{ seq: number; employee: string }>(
    sql,
    ['seq INT', 'employee TEXT'],
    ended.map(({ seq, employee }) => [seq, employee]),
    `SELECT o.seq, o.employee FROM v JOIN operations o ON o.unresolved = v.employee JOIN employees m ON m.id = v.employee
       WHERE o.state IN ('confirmed', 'unchanged', 'skipped') AND m.known_at >= o.submitted_at
     UNION
     SELECT o.seq, o.employee FROM v JOIN operations o ON o.seq = v.seq JOIN employees m ON m.id = o.unresolved
       WHERE m.known_at >= o.submitted_at`,
  )
}

/** What the directory holds of these people is not known any more: their record is sent again, whatever it is. */
export async function markForResend(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await withRows(
    sql,
    ['id TEXT', 'now INT'],
    [...new Set(employees)].sort().map((id) => [id, now]),
    `UPDATE employees SET accepted_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now FROM v WHERE employees.id = v.id`,
  )
}

/** People to be planned at once, whatever they waited for. */
export async function planAgain(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await withRows(
    sql,
    ['id TEXT', 'now INT'],
    [...new Set(employees)].sort().map((id) => [id, now]),
    `UPDATE employees SET revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now FROM v WHERE employees.id = v.id`,
  )
}

/**
 * Failed for good: what an operation carried is looked at afresh, with the failure beside it, so that the plan can tell which of it is to blame. An
 * operation that carried nothing of its own is offered again less and less often, and not for ever.
 */
export async function failOperations(sql: Sql, failed: readonly Ended[], now: number): Promise<void> {
  if (failed.length === 0) return
  await endOperations(sql, failed, 'failed', now)
  const carried = await eventsOf(sql, failed)
  const carrying = new Set(carried.map(({ operation }) => operation))
  const rows = failed.map(({ seq, employee }) => [seq, employee, carrying.has(seq) ? 0 : 1])
  await withRows(
    sql,
    ['seq INT', 'employee TEXT', 'bare INT'],
    rows,
    `UPDATE employees SET failed_hash = o.hash, failed_operation = o.seq,
       failures = CASE WHEN failed_hash = o.hash OR (v.bare = 1 AND COALESCE(failed_operation, 0) > COALESCE(accepted_operation, 0)) THEN failures + 1 ELSE 1 END
     FROM v JOIN operations o ON o.seq = v.seq WHERE employees.id = v.employee AND COALESCE(employees.failed_operation, 0) < v.seq`,
  )
  // Refused in the call it would be refused again, but for somebody who can be put out alone. Who is known to be out is not offered for the rest.
  const bare = await withRows<{ id: string; failures: number; active: number }>(
    sql,
    ['seq INT', 'employee TEXT', 'bare INT'],
    rows,
    `SELECT p.id, p.failures, o.active FROM v JOIN employees p ON p.id = v.employee JOIN operations o ON o.seq = v.seq LEFT JOIN batches b ON b.seq = o.batch
     WHERE v.bare = 1 AND p.failed_operation = v.seq AND (o.active = 0 OR COALESCE(b.state, '') <> 'rejected')
       AND (o.active = 1 OR p.accepted_hash IS NULL OR COALESCE(p.accepted_active, 1) = 1)`,
  )
  await resendLater(sql, bare, now)
  await reopenEvents(
    sql,
    carried.filter(({ by_seq }) => by_seq !== null),
  )
  // These keep the operation's name: it is what they are blamed for.
  await withRows(
    sql,
    ['seq INT'],
    carried.filter(({ by_seq }) => by_seq === null).map(({ seq }) => [seq]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL FROM v WHERE events.seq = v.seq`,
  )
  await planAgain(
    sql,
    carried.map(({ employee }) => employee),
    now,
  )
}

/** In vain so often in a row, each of these people is planned again after a wait that grows with it. */
export async function resendLater(
  sql: Sql,
  employees: readonly { readonly id: string; readonly failures: number; readonly active: number }[],
  now: number,
): Promise<void> {
  await withRows(
    sql,
    ['id TEXT', 'at INT'],
    employees.flatMap(({ id, failures, active }) => {
      const waitMs = resendAfter(failures, active === 1)
      return waitMs === null ? [] : [[id, now + waitMs]]
    }),
    `UPDATE employees SET revision = revision + 1, next_at = CASE WHEN next_at < v.at THEN next_at ELSE v.at END FROM v WHERE employees.id = v.id`,
  )
}

/** What never became complete dies with the names of what was missing. It comes back by itself when the person becomes complete after all. */
export async function expireIncomplete(
  sql: Sql,
  instance: string,
  before: number,
  now: number,
  limit: number,
): Promise<number> {
  const employees = await sql.all<{ id: string }>(
    `SELECT id FROM employees WHERE incomplete_since IS NOT NULL AND incomplete_since <= ? ORDER BY incomplete_since LIMIT ?${sql.dialect.skipLocked}`,
    [before, limit],
  )
  if (employees.length === 0) return 0
  const rows = employees.map(({ id }) => [id])
  const events = await withRows<{ seq: number; employee: string; detail: string | null }>(
    sql,
    ['id TEXT'],
    rows,
    `SELECT e.seq, e.employee, e.detail FROM v JOIN events e ON e.employee = v.id WHERE COALESCE(e.state, '') = 'incomplete'`,
  )
  await finishEvents(
    sql,
    instance,
    events.map(({ seq, employee, detail }): FinishedEvent => ({
      seq,
      employee,
      state: 'dead-lettered',
      reason: INCOMPLETE_RECORD,
      detail,
      by: null,
      operation: null,
    })),
    now,
  )
  await withRows(
    sql,
    ['id TEXT'],
    rows,
    'UPDATE employees SET incomplete_since = NULL, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
  return events.length
}
