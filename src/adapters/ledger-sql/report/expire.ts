import type { Link } from '../../../core/connections/connection.ts'
import type { Expired, ExpireQuery, Overdue } from '../../../core/ledger/port/report.ts'
import {
  decideUnanswered,
  outcomeOfSilence,
  resendAfterSilence,
  type Silence,
} from '../../../core/report/correlate/settle.ts'
import { jobStoppedAt } from '../submit/holds.ts'
import { lockEmployees, addUnanswered, resendLater, planAgain } from '../tables/employees.ts'
import { type Ended, endOperations } from '../tables/operations.ts'
import { eventsOf, finishEvents, reopenEvents } from '../tables/events.ts'
import { failOperations } from './finalize.ts'
import type { FinishedEvent } from '../tables/outbox.ts'
import { operationId, seqOf } from '../tables/ids.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'
import { cursorOf, readCursor, setCursor } from '../tables/cursors.ts'

export async function overdue(
  sql: Sql,
  destination: string,
  acceptedBefore: number,
  limit: number,
): Promise<Overdue[]> {
  // A stopped job gives no answers, so the deadline counts from the moment it runs again.
  if ((await jobStoppedAt(sql, destination)) >= acceptedBefore) return []
  return acceptedLongAgo(sql, destination, acceptedBefore, limit)
}

async function acceptedLongAgo(
  sql: Sql,
  destination: string,
  acceptedBefore: number,
  limit: number,
): Promise<Overdue[]> {
  const rows = await sql.all<{ seq: number; employee: string; accepted_at: number; resends: number }>(
    `SELECT o.seq, o.employee, o.accepted_at, p.resends FROM operations o JOIN employees p ON p.id = o.employee
     WHERE o.state = 'accepted' AND o.destination = ? AND o.accepted_at < ? ORDER BY o.accepted_at LIMIT ?`,
    [destination, acceptedBefore, limit],
  )
  return rows.map((row) => ({
    id: operationId(row.seq),
    employeeId: row.employee,
    acceptedAt: row.accepted_at,
    resends: row.resends,
  }))
}

/** Reads the first few entries of an index, whatever the number of employees. */
export async function linkedEmployee(
  sql: Sql,
  destination: string,
  other: readonly string[],
): Promise<string | null> {
  const rows = await sql.all<{ id: string }>(
    'SELECT id FROM employees WHERE object_id IS NOT NULL AND destination = ? ORDER BY object_id LIMIT ?',
    [destination, other.length + 1],
  )
  return rows.find(({ id }) => !other.includes(id))?.id ?? null
}

type UnansweredRow = Ended & {
  readonly active: number
  readonly resends: number
  readonly answered_in_call: number
  readonly deactivates: number
}

/**
 * Ends operations that have no log record by the deadline: each is resent, `unchanged` or given up.
 */
export async function expire(
  sql: Sql,
  instance: string,
  { operations, maxResends, links, now }: ExpireQuery,
): Promise<Expired> {
  await sql.lock('report')
  const about = await readRows<{ employee: string }>(
    sql,
    ['seq INT'],
    operations.map((id) => [seqOf(id)]),
    'SELECT o.employee FROM v JOIN operations o ON o.seq = v.seq',
  )
  await lockEmployees(sql, about)
  const unanswered = await readRows<UnansweredRow>(
    sql,
    ['seq INT'],
    operations.map((id) => [seqOf(id)]),
    `SELECT o.seq, o.employee, o.active, p.resends,
       CASE WHEN o.active = 0 AND (p.accepted_active = 1 OR o.departs = 1) THEN 1 ELSE 0 END AS deactivates,
       (SELECT COUNT(*) FROM operations n WHERE n.batch = o.batch
          AND n.state IN ('answered', 'escrowed', 'confirmed', 'unchanged', 'skipped', 'failed')) AS answered_in_call
     FROM v JOIN operations o ON o.seq = v.seq JOIN employees p ON p.id = o.employee WHERE o.state = 'accepted'`,
  )
  if (unanswered.length === 0) return { resent: 0, givenUp: 0, unchanged: 0 }
  await endOperations(sql, unanswered, 'unanswered', now)
  const employees = unanswered.map(({ employee }) => employee)
  await addUnanswered(sql, employees, -1)
  await writeRows(
    sql,
    ['id TEXT', 'cost INT'],
    [...new Set(employees)].sort().map((id) => [id, maxResends === null ? 0 : 1]),
    'UPDATE employees SET accepted_hash = NULL, resends = resends + v.cost FROM v WHERE employees.id = v.id',
  )
  const linkOf = (employee: string): Link => links?.get(employee) ?? 'unknown'
  const decided = Map.groupBy(unanswered, ({ employee, resends, answered_in_call, deactivates }) =>
    decideUnanswered(
      {
        resends,
        answeredInCall: answered_in_call,
        deactivates: deactivates === 1,
        link: linkOf(employee),
      },
      maxResends,
    ),
  )
  const resent = decided.get('resend') ?? []
  await reopenEvents(sql, await eventsOf(sql, resent))
  await planAgain(sql, resent, now)
  const unchanged = decided.get('unchanged') ?? []
  await end({ sql, instance, now, linkOf }, unchanged, 'unchanged')
  const givenUp = decided.get('given-up') ?? []
  await end({ sql, instance, now, linkOf }, givenUp, 'given-up')
  return { resent: resent.length, givenUp: givenUp.length, unchanged: unchanged.length }
}

interface EndContext {
  readonly sql: Sql
  readonly instance: string
  readonly now: number
  linkOf(employee: string): Link
}

/** Ends the events of these operations. An operation without events is resent later. */
async function end(
  { sql, instance, now, linkOf }: EndContext,
  ended: readonly UnansweredRow[],
  silence: Exclude<Silence, 'resend'>,
): Promise<void> {
  const events = await eventsOf(sql, ended)
  const finished = events.map(({ seq, employee, operation, by_seq }): FinishedEvent => ({
    seq,
    employee,
    operation,
    ...outcomeOfSilence(silence, by_seq, linkOf(employee)),
  }))
  await finishEvents(sql, instance, finished, now)
  const carrying = new Set(events.map(({ operation }) => operation))
  const bare = ended.filter(({ seq }) => !carrying.has(seq))
  await resendLater(
    sql,
    bare.map(({ employee, resends, active }) => ({
      id: employee,
      waitMs: resendAfterSilence(resends, active === 1),
    })),
    now,
  )
}

/** The service retries for four weeks; an operation escrowed for longer has failed for good. */
export async function expireEscrowed(sql: Sql, before: number, now: number, limit: number): Promise<number> {
  await sql.lock('report')
  const old = await sql.all<Ended>(
    `SELECT seq, employee FROM operations WHERE state = 'escrowed' AND accepted_at < ? ORDER BY accepted_at LIMIT ?`,
    [before, limit],
  )
  await lockEmployees(sql, old)
  await failOperations(sql, old, now)
  return old.length
}

const JOB_STARTED = 'job-started'

export async function jobRestarted(
  sql: Sql,
  { instance, destination }: { readonly instance: string; readonly destination: string },
  startedAt: number,
  now: number,
): Promise<number> {
  await sql.lock('report')
  const cursor = cursorOf(JOB_STARTED, destination)
  const known = await readCursor(sql, cursor)
  if (known !== null && known >= startedAt) return 0
  await setCursor(sql, cursor, startedAt)
  // The first known start says nothing about earlier operations.
  if (known === null) return 0
  const lost = await acceptedLongAgo(sql, destination, startedAt, Number.MAX_SAFE_INTEGER)
  const { resent } = await expire(sql, instance, {
    operations: lost.map(({ id }) => id),
    maxResends: null,
    now,
  })
  return resent
}
