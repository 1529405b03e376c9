import type { Expired, ExpireQuery, Overdue } from '../../../core/ledger/port/report.ts'
import { NO_OUTCOME, NO_RECORD } from '../../../core/plan/decide/employee.ts'
import { jobStoppedAt } from '../submit/holds.ts'
import { lockEmployees } from '../tables/lock-employees.ts'
import { addUnanswered } from '../tables/employees.ts'
import {
  type Ended,
  endOperations,
  eventsOf,
  failOperations,
  finishEvents,
  resendLater,
  planAgain,
  reopenEvents,
} from './finalize.ts'
import type { FinishedEvent } from './outbox.ts'
import { operationId, seqOf } from '../plan/load.ts'
import { type Sql, withRows } from '../driver/sql.ts'

export async function overdue(sql: Sql, acceptedBefore: number, limit: number): Promise<Overdue[]> {
  // While the job stands still nothing is answered: the time to wait begins when it runs again.
  return (await jobStoppedAt(sql)) >= acceptedBefore ? [] : unanswered(sql, acceptedBefore, limit)
}

async function unanswered(sql: Sql, acceptedBefore: number, limit: number): Promise<Overdue[]> {
  const rows = await sql.all<{ seq: number; employee: string; accepted_at: number }>(
    `SELECT seq, employee, accepted_at FROM operations WHERE state = 'accepted' AND accepted_at < ? ORDER BY accepted_at LIMIT ?`,
    [acceptedBefore, limit],
  )
  return rows.map((row) => ({
    id: operationId(row.seq),
    employeeId: row.employee,
    acceptedAt: row.accepted_at,
  }))
}

type Unreported = Ended & {
  readonly active: number
  readonly resends: number
  readonly neighbours: number
  readonly deactivates: number
}

/**
 * No record by the deadline: what the directory holds is unknown, so the person is offered again. After enough resends it is given up; one whose
 * neighbours in the same call were answered is offered once more only, and then nothing is taken to have changed. Of a leaver the directory took as active
 * that is never taken for granted: silence is no answer to a termination.
 */
export async function expire(
  sql: Sql,
  instance: string,
  { operations, maxResends, now }: ExpireQuery,
): Promise<Expired> {
  await sql.lock('report')
  const about = await withRows<{ employee: string }>(
    sql,
    ['seq INT'],
    operations.map((id) => [seqOf(id)]),
    `SELECT o.employee FROM v JOIN operations o ON o.seq = v.seq WHERE o.state = 'accepted'`,
  )
  await lockEmployees(
    sql,
    about.map(({ employee }) => employee),
  )
  const unreported = await withRows<Unreported>(
    sql,
    ['seq INT'],
    operations.map((id) => [seqOf(id)]),
    `SELECT o.seq, o.employee, o.code, o.reason, o.active, p.resends, CASE WHEN o.active = 0 AND p.accepted_active = 1 THEN 1 ELSE 0 END AS deactivates, (
       SELECT COUNT(*) FROM operations n WHERE n.batch = o.batch AND n.state IN ('answered', 'escrowed', 'confirmed', 'unchanged', 'skipped', 'failed')) AS neighbours
     FROM v JOIN operations o ON o.seq = v.seq JOIN employees p ON p.id = o.employee WHERE o.state = 'accepted'`,
  )
  if (unreported.length === 0) return { resent: 0, givenUp: 0, unchanged: 0 }
  await endOperations(sql, unreported, 'unanswered', now)
  await addUnanswered(
    sql,
    unreported.map(({ employee }) => employee),
    -1,
  )
  await withRows(
    sql,
    ['id TEXT', 'cost INT'],
    [...new Set(unreported.map(({ employee }) => employee))]
      .sort()
      .map((id) => [id, maxResends === null ? 0 : 1]),
    'UPDATE employees SET accepted_hash = NULL, resends = resends + v.cost FROM v WHERE employees.id = v.id',
  )
  const most = maxResends ?? Number.POSITIVE_INFINITY
  const nothingToSay = unreported.filter(
    ({ resends, neighbours, deactivates }) =>
      maxResends !== null && neighbours > 0 && resends >= 1 && deactivates === 0,
  )
  const givenUp = unreported.filter((one) => !nothingToSay.includes(one) && one.resends + 1 >= most)
  const again = unreported.filter((one) => !nothingToSay.includes(one) && !givenUp.includes(one))
  await reopenEvents(sql, await eventsOf(sql, again))
  await planAgain(
    sql,
    again.map(({ employee }) => employee),
    now,
  )
  await end(sql, instance, nothingToSay, 'unchanged', NO_RECORD, now)
  await end(sql, instance, givenUp, 'dead-lettered', NO_OUTCOME, now)
  return { resent: again.length, givenUp: givenUp.length, unchanged: nothingToSay.length }
}

/** Tells of what they carried. One that carried nothing leaves nobody who would ask, so it is offered again, less and less often. */
async function end(
  sql: Sql,
  instance: string,
  ended: readonly Unreported[],
  state: 'unchanged' | 'dead-lettered',
  reason: string,
  now: number,
): Promise<void> {
  const events = await eventsOf(sql, ended)
  const finished = events.map(({ seq, employee, operation, by_seq }): FinishedEvent => {
    const common = { seq, employee, detail: null, operation, by: by_seq }
    return by_seq === null ? { ...common, state, reason } : { ...common, state: 'superseded', reason: null }
  })
  await finishEvents(sql, instance, finished, now)
  const carrying = new Set(events.map(({ operation }) => operation))
  const bare = ended.filter(({ seq }) => !carrying.has(seq))
  await resendLater(
    sql,
    bare.map(({ employee, resends, active }) => ({ id: employee, failures: Math.max(1, resends), active })),
    now,
  )
}

/** The service tries for four weeks; what it has had for longer has failed for good. */
export async function expireEscrowed(sql: Sql, before: number, now: number, limit: number): Promise<number> {
  await sql.lock('report')
  const old = await sql.all<Ended>(
    `SELECT seq, employee, code, reason FROM operations WHERE state = 'escrowed' AND accepted_at < ? ORDER BY accepted_at LIMIT ?`,
    [before, limit],
  )
  await lockEmployees(
    sql,
    old.map(({ employee }) => employee),
  )
  await failOperations(sql, old, now)
  return old.length
}

const JOB_STARTED = 'job-started'

export async function jobRestarted(
  sql: Sql,
  instance: string,
  startedAt: number,
  now: number,
): Promise<number> {
  await sql.lock('report')
  const [known] = await sql.all<{ value: number }>('SELECT value FROM cursors WHERE name = ?', [JOB_STARTED])
  if (known && known.value >= startedAt) return 0
  await sql.run(
    'INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [JOB_STARTED, startedAt],
  )
  // The first start anybody is told of says nothing about what came before.
  if (!known) return 0
  const lost = await unanswered(sql, startedAt, Number.MAX_SAFE_INTEGER)
  const { resent } = await expire(sql, instance, {
    operations: lost.map(({ id }) => id),
    maxResends: null,
    now,
  })
  return resent
}
