import { type CarriedEvent, eventsOf, finishEvents, reopenEvents } from '../tables/events.ts'
import { type Ended, endOperations } from '../tables/operations.ts'
import { markForResend, planAgain, resendLater, lockEmployees } from '../tables/employees.ts'
import type { EventState } from '../../../core/ledger/lifecycle.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import {
  type FinalInterim,
  outcomeOfAnswer,
  resendAfterFailure,
} from '../../../core/report/correlate/settle.ts'
import { finishDepartures } from './departures.ts'
import { lookAtCases } from '../leavers/open.ts'
import type { FinishedEvent } from '../tables/outbox.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'

type AnsweredRow = Ended & {
  readonly interim: FinalInterim
  readonly code: string | null
  readonly deactivation_only: number
  readonly departs: number
  readonly finished_at: number | null
}

/** Makes answered operations final when their quiet period is over, and ends their events. */
export async function finalize(sql: Sql, instance: string, now: number, limit: number): Promise<number> {
  await sql.lock('report')
  const answered = await sql.all<AnsweredRow>(
    `SELECT seq, employee, interim, code, deactivation_only, departs, finished_at FROM operations WHERE state = 'answered' AND final_at <= ? ORDER BY final_at LIMIT ?`,
    [now, limit],
  )
  const { failed = [], ...succeeded } = Object.fromEntries(Map.groupBy(answered, ({ interim }) => interim))
  const successes = answered.filter(({ interim }) => interim !== 'failed')
  const departures = successes.filter(({ departs }) => departs === 1)
  const reports = await reportsOf(sql, successes)
  await lockEmployees(
    sql,
    [...answered, ...reports].map(({ employee }) => employee),
  )
  for (const [state, operations] of Object.entries(succeeded))
    await endOperations(sql, operations, state, now)
  const ending = answered.filter((row) => !departures.includes(row))
  await finishEvents(sql, instance, await outcomesOf(sql, ending), now)
  await finishDepartures(sql, departures, now)
  await resendReports(sql, successes, now)
  // The events of a late answer are part of the fold again.
  await planAgain(
    sql,
    answered.filter(isLate).map(({ employee }) => employee),
    now,
  )
  await failOperations(sql, failed, now)
  await lookAtCases(
    sql,
    answered.map(({ employee }) => employee),
    now,
  )
  return answered.length
}

/** Operations that were given up, or had failed, before the answer came. */
function isLate({ finished_at }: AnsweredRow): boolean {
  return finished_at !== null
}

async function outcomesOf(sql: Sql, answered: readonly AnsweredRow[]): Promise<FinishedEvent[]> {
  const operations = new Map(answered.map((row) => [row.seq, row]))
  const events = await readRows<CarriedEvent & { state: EventState; reason: string | null }>(
    sql,
    ['seq INT', 'employee TEXT'],
    answered.map(({ seq, employee }) => [seq, employee]),
    `SELECT e.seq, e.employee, e.operation, e.by_seq, e.state, e.reason
     FROM v JOIN events e ON e.employee = v.employee WHERE e.operation = v.seq`,
  )
  const ordered = events.toSorted((one, other) => one.seq - other.seq)
  return ordered.flatMap(({ seq, employee, operation, by_seq, state, reason }) => {
    const row = operations.get(operation)
    if (!row) return []
    const { interim, code, deactivation_only } = row
    const outcome = outcomeOfAnswer(
      { interim, code, deactivationOnly: deactivation_only === 1, isLate: isLate(row) },
      { state, reason, by: by_seq },
    )
    return outcome ? [{ seq, employee, detail: null, operation, ...outcome }] : []
  })
}

/**
 * Resends a report whose manager the service could not resolve, when the manager became known after
 * the report was sent and no follow-up has set the reference. Once only: a record sent after the
 * manager was known is resolved by the service.
 */
async function resendReports(sql: Sql, ended: readonly Ended[], now: number): Promise<void> {
  const reports = await reportsOf(sql, ended)
  if (reports.length === 0) return
  await writeRows(
    sql,
    ['seq INT'],
    reports.map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = NULL FROM v WHERE operations.seq = v.seq',
  )
  await markForResend(sql, reports, now)
}

function reportsOf(sql: Sql, ended: readonly Ended[]): Promise<{ seq: number; employee: string }[]> {
  return readRows<{ seq: number; employee: string }>(
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

interface FailedRow {
  readonly id: string
  readonly failures: number
  readonly active: number
  readonly refused: number
  readonly known_inactive: number
}

/**
 * Ends operations as failed. The events they carried are planned again beside the failure, so that
 * the plan can attribute it. An operation that carried no event of its own is resent as the core
 * decides. A failure that is older than what the directory accepted last is settled by that.
 */
export async function failOperations(sql: Sql, failed: readonly Ended[], now: number): Promise<void> {
  if (failed.length === 0) return
  await endOperations(sql, failed, 'failed', now)
  const carried = await eventsOf(sql, failed)
  const carrying = new Set(carried.map(({ operation }) => operation))
  const rows = failed.map(({ seq, employee }) => [seq, employee, carrying.has(seq) ? 0 : 1])
  await writeRows(
    sql,
    ['seq INT', 'employee TEXT', 'bare INT'],
    rows,
    `UPDATE employees SET failed_hash = o.hash, failed_operation = o.seq,
       failures = CASE WHEN failed_hash = o.hash OR (v.bare = 1 AND COALESCE(failed_operation, 0) > COALESCE(accepted_operation, 0)) THEN failures + 1 ELSE 1 END
     FROM v JOIN operations o ON o.seq = v.seq WHERE employees.id = v.employee AND COALESCE(employees.failed_operation, 0) < v.seq
       AND COALESCE(employees.accepted_operation, 0) <= v.seq`,
  )
  const bare = await readRows<FailedRow>(
    sql,
    ['seq INT', 'employee TEXT', 'bare INT'],
    rows,
    `SELECT p.id, p.failures, o.active, CASE WHEN b.state = 'rejected' THEN 1 ELSE 0 END AS refused,
       CASE WHEN p.accepted_hash IS NOT NULL AND p.accepted_active = 0 THEN 1 ELSE 0 END AS known_inactive
     FROM v JOIN employees p ON p.id = v.employee JOIN operations o ON o.seq = v.seq LEFT JOIN batches b ON b.seq = o.batch
     WHERE v.bare = 1 AND p.failed_operation = v.seq`,
  )
  await resendLater(
    sql,
    bare.map(({ id, failures, active, refused, known_inactive }) => ({
      id,
      waitMs: resendAfterFailure({
        failures,
        active: active === 1,
        refused: refused === 1,
        knownInactive: known_inactive === 1,
      }),
    })),
    now,
  )
  await reopenEvents(
    sql,
    carried.filter(({ by_seq }) => by_seq !== null),
  )
  // These keep the operation, so that its failure can be attributed to them.
  await writeRows(
    sql,
    ['seq INT'],
    carried.filter(({ by_seq }) => by_seq === null).map(({ seq }) => [seq]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL FROM v WHERE events.seq = v.seq`,
  )
  await planAgain(sql, carried, now)
}

/**
 * Dead-letters incomplete events, naming the missing attributes. They reopen if the employee
 * becomes complete.
 */
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
  const events = await readRows<{ seq: number; employee: string; detail: string | null }>(
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
      reason: EVENT_REASONS.incompleteRecord,
      detail,
      by: null,
      operation: null,
    })),
    now,
  )
  await writeRows(
    sql,
    ['id TEXT'],
    rows,
    'UPDATE employees SET incomplete_since = NULL, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
  return events.length
}
