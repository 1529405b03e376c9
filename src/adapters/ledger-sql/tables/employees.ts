import { compareText } from '../../../core/plan/fold/order.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'
import { similarityKey } from '../../../core/intake/event/employee-id.ts'
import type { DueTiming } from '../../../core/ledger/port/intake.ts'
import { type HrEvent, isTermination } from '../../../core/model.ts'
import { insertRows, type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'

/** An employee id, or a row with one. */
export type EmployeeRef = string | { readonly employee: string }

/**
 * The distinct ids by code point, as the database orders them: one order for every transaction, so
 * that no two wait for each other's rows.
 */
function idsOf(employees: readonly EmployeeRef[]): string[] {
  return [...new Set(employees.map((it) => (typeof it === 'string' ? it : it.employee)))].sort(compareText)
}

/**
 * Locks the rows of these employees until the transaction ends, so that what it reads about them
 * from here on stays true. A transaction locks all its employees at once and in the order of their
 * ids, so that no two wait for each other. Unknown ids are ignored. Does nothing where transactions
 * never interleave.
 */
export async function lockEmployees(sql: Sql, employees: readonly EmployeeRef[]): Promise<void> {
  if (!sql.dialect.locksRows) return
  await readRows(
    sql,
    ['id TEXT'],
    idsOf(employees).map((id) => [id]),
    `SELECT p.id FROM v JOIN employees p ON p.id = v.id ORDER BY p.id${sql.dialect.forUpdate} OF p`,
  )
}

/**
 * Locks these employees, and returns those that are still at the revision with which they were
 * read. One without a revision is only locked.
 */
export async function lockUnchanged(
  sql: Sql,
  employees: readonly { readonly employeeId: string; readonly revision: number | null }[],
): Promise<ReadonlySet<string>> {
  await lockEmployees(
    sql,
    employees.map(({ employeeId }) => employeeId),
  )
  const same = await readRows<{ id: string }>(
    sql,
    ['id TEXT', 'revision INT'],
    employees.flatMap(({ employeeId, revision }) => (revision === null ? [] : [[employeeId, revision]])),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id WHERE p.revision = v.revision',
  )
  return new Set(same.map(({ id }) => id))
}

type Due = Pick<HrEvent, 'employeeId' | 'effectiveAt' | 'worker' | 'rescinds'>

/**
 * An employee is due after the quiet time, at the latest after the maximum wait, and at once when
 * an event deactivates or rescinds. A future termination makes its employee due at its moment, even
 * if an operation is unanswered then. A rescind may count before its own moment (for an activation
 * that is sent early), so its employee is planned at once, and the plan says when next.
 */
export async function markDue(
  sql: Sql,
  events: readonly Due[],
  { now, quietMs, maxWaitMs }: DueTiming,
): Promise<void> {
  const employees = new Map<string, { readonly urgent: boolean; readonly nextAt: number | null }>()
  for (const event of events) {
    const id = event.employeeId.toWellFormed()
    const before = employees.get(id) ?? { urgent: false, nextAt: null }
    const isAhead = event.effectiveAt > now
    employees.set(id, {
      urgent: before.urgent || event.rescinds !== null || (!isAhead && isTermination(event)),
      nextAt: isAhead && isTermination(event) ? earliest(before.nextAt, event.effectiveAt) : before.nextAt,
    })
  }
  // In id order, so that two instances never wait for each other.
  const rows = [...employees]
    .sort(([a], [b]) => compareText(a, b))
    .map(([id, { urgent, nextAt }]): SqlValue[] => [
      id,
      1,
      now,
      now + quietMs,
      urgent ? 1 : 0,
      nextAt,
      similarTo(id),
    ])
  await insertRows(
    sql,
    'employees (id TEXT, revision INT, dirty_at INT, plan_at INT, urgent INT, next_at INT, similarity_key TEXT)',
    rows,
    `ON CONFLICT (id) DO UPDATE SET
       revision = employees.revision + 1,
       urgent = CASE WHEN excluded.urgent = 1 THEN 1 ELSE employees.urgent END,
       next_at = CASE WHEN employees.next_at < excluded.next_at THEN employees.next_at ELSE COALESCE(excluded.next_at, employees.next_at) END,
       dirty_at = COALESCE(employees.dirty_at, excluded.dirty_at),
       plan_at = CASE WHEN employees.dirty_at IS NOT NULL AND employees.dirty_at + ? < excluded.plan_at
                 THEN employees.dirty_at + ? ELSE excluded.plan_at END`,
    [maxWaitMs, maxWaitMs],
  )
}

/** `null` where the id itself is the key, so that most rows need no second index entry. */
function similarTo(id: string): string | null {
  const key = similarityKey(id)
  return key === id ? null : key
}

/** Plans these employees at once, whatever they were waiting for. */
export async function planAgain(sql: Sql, employees: readonly EmployeeRef[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    idsOf(employees).map((id) => [id, now]),
    `UPDATE employees SET revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now FROM v WHERE employees.id = v.id`,
  )
}

/** Plans these employees at once, also while an operation of theirs is unanswered. */
export async function planAtOnce(sql: Sql, employees: readonly EmployeeRef[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    idsOf(employees).map((id) => [id, now]),
    `UPDATE employees SET urgent = 1, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now FROM v WHERE employees.id = v.id`,
  )
}

/**
 * It is no longer known which record the directory holds for these employees, so the current one is
 * sent again, changed or not.
 */
export async function markForResend(sql: Sql, employees: readonly EmployeeRef[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    idsOf(employees).map((id) => [id, now]),
    `UPDATE employees SET accepted_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now FROM v WHERE employees.id = v.id`,
  )
}

/** Plans each of these employees again after its wait; `null` is never. */
export async function resendLater(
  sql: Sql,
  employees: readonly { readonly id: string; readonly waitMs: number | null }[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'at INT'],
    employees.flatMap(({ id, waitMs }) => (waitMs === null ? [] : [[id, now + waitMs]])),
    `UPDATE employees SET revision = revision + 1, next_at = CASE WHEN next_at < v.at THEN next_at ELSE v.at END FROM v WHERE employees.id = v.id`,
  )
}

/**
 * A person acknowledged that these employees leave, so no leaver case opens for the same event until
 * a plan finds them active.
 */
export async function markAcknowledged(sql: Sql, employees: readonly EmployeeRef[]): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT'],
    idsOf(employees).map((id) => [id]),
    'UPDATE employees SET leaving_acknowledged = 1 FROM v WHERE employees.id = v.id',
  )
}

/**
 * Clears the failures of these employees, so that a record that failed for good may be sent again.
 */
export async function clearFailures(sql: Sql, employees: readonly EmployeeRef[]): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT'],
    idsOf(employees).map((id) => [id]),
    'UPDATE employees SET failed_hash = NULL, failed_operation = NULL, failures = 0, resends = 0 FROM v WHERE employees.id = v.id',
  )
}

/**
 * Changes the number of unanswered operations. Sending, answering and giving up change what a plan
 * depends on, so the revision rises.
 */
export async function addUnanswered(
  sql: Sql,
  employees: readonly EmployeeRef[],
  change: number,
): Promise<void> {
  // One row per employee: an update from a join applies only one of several.
  const counts = new Map<string, number>()
  for (const it of employees) {
    const id = typeof it === 'string' ? it : it.employee
    counts.set(id, (counts.get(id) ?? 0) + change)
  }
  await writeRows(
    sql,
    ['id TEXT', 'change INT'],
    [...counts].sort(([a], [b]) => compareText(a, b)),
    'UPDATE employees SET unanswered = unanswered + v.change, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
}

/**
 * Sends the end state again after an overtaken operation was given up without an answer: it may
 * have been submitted all the same, and arrive after the operation that overtook it. Only where
 * nothing else of the employee is unanswered; otherwise that answer leads to the resend.
 */
export async function resendAfterLoss(
  sql: Sql,
  employees: readonly EmployeeRef[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    idsOf(employees).map((id) => [id, now]),
    `UPDATE employees SET resend_due = 0, accepted_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now
     FROM v WHERE employees.id = v.id AND employees.resend_due = 1 AND employees.unanswered = 0
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.employee = v.id AND o.state = 'pending')`,
  )
}
