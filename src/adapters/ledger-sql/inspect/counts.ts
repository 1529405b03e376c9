import { BATCH_STATES, EVENT_STATES, OPERATION_STATES } from '../../../core/ledger/lifecycle.ts'
import { type StateCounts, type Idle, type Totals, TOTALS } from '../../../core/ledger/port/inspect.ts'
import type { SubmissionStatus } from '../../../core/ledger/port/submit.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import { readCount, type Sql } from '../driver/sql.ts'
import { allHolds } from '../submit/holds.ts'

/** Every question is answered by a partial index that holds only what is open. */
export async function idle(sql: Sql, now: number): Promise<Idle> {
  const busy = [
    'SELECT 1 AS busy FROM employees WHERE urgent = 1 LIMIT 1',
    'SELECT 1 AS busy FROM employees WHERE plan_at IS NOT NULL AND unanswered = 0 LIMIT 1',
    'SELECT 1 AS busy FROM employees WHERE incomplete_since IS NOT NULL LIMIT 1',
    `SELECT 1 AS busy FROM operations WHERE state = 'pending' LIMIT 1`,
    `SELECT 1 AS busy FROM batches WHERE state = 'open' LIMIT 1`,
    `SELECT 1 AS busy FROM operations WHERE state = 'accepted' LIMIT 1`,
    `SELECT 1 AS busy FROM operations WHERE state = 'answered' LIMIT 1`,
    `SELECT 1 AS busy FROM operations WHERE state = 'escrowed' LIMIT 1`,
    'SELECT 1 AS busy FROM outbox WHERE published_at IS NULL LIMIT 1',
  ]
  const [moment] = await sql.all<{ next_at: number }>(
    'SELECT next_at FROM employees WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1',
  )
  const [read] = await sql.all<{ read_from: number }>(
    `SELECT read_from FROM events WHERE read_from IS NOT NULL AND state <> 'dead-lettered' ORDER BY read_from LIMIT 1`,
  )
  const moments = [moment?.next_at, read?.read_from].filter((at) => at !== undefined)
  const nextAt = moments.length === 0 ? null : Math.min(...moments)
  if (nextAt !== null && nextAt <= now) return { idle: false, nextAt }
  for (const question of busy) if ((await sql.all(question)).length > 0) return { idle: false, nextAt }
  return { idle: true, nextAt }
}

export async function totals(sql: Sql): Promise<Totals> {
  const [row] = await sql.all<Record<string, number | null>>(
    `SELECT ${TOTALS.map((name) => `SUM(${name}) AS ${name}`).join(', ')} FROM totals`,
  )
  return record(TOTALS, (name) => row?.[name] ?? 0)
}

export async function stateCounts(sql: Sql): Promise<StateCounts> {
  const byState = async (table: string): Promise<Map<string, number>> => {
    const rows = await sql.all<{ state: string; n: number }>(
      `SELECT state, COUNT(*) AS n FROM ${table} GROUP BY state`,
    )
    return new Map(rows.map(({ state, n }) => [state, n]))
  }
  const [events, operations, batches] = [
    await byState('events'),
    await byState('operations'),
    await byState('batches'),
  ]
  return {
    events: record(EVENT_STATES, (state) => events.get(state) ?? 0),
    operations: record(OPERATION_STATES, (state) => operations.get(state) ?? 0),
    batches: record(BATCH_STATES, (state) => batches.get(state) ?? 0),
    employees: await readCount(sql, 'SELECT COUNT(*) AS n FROM employees'),
    unpublished: await readCount(sql, 'SELECT COUNT(*) AS n FROM outbox WHERE published_at IS NULL'),
  }
}

export async function submissionStatus(
  sql: Sql,
  { destination, quota }: { readonly destination: string; readonly quota: string },
  now: number,
): Promise<SubmissionStatus> {
  const calls = await sql.all<{ at: number }>('SELECT at FROM calls WHERE quota = ? AND at > ? ORDER BY at', [
    quota,
    now - DAY_MS,
  ])
  return {
    callTimes: calls.map(({ at }) => at),
    pending: await readCount(
      sql,
      `SELECT COUNT(*) AS n FROM operations WHERE state = 'pending' AND destination = ?`,
      [destination],
    ),
    unplanned: await readCount(
      sql,
      'SELECT COUNT(*) AS n FROM employees WHERE plan_at IS NOT NULL AND unanswered = 0',
    ),
    notAccepted: await notAccepted(sql),
    holds: await allHolds(sql, destination),
  }
}

const NAMED = 20

/**
 * Employees without open work, without a dead letter of that failure (which would report it), and
 * without a later answer that there was nothing to change. Most failures have a dead letter, and
 * `EXCEPT` takes them away by indexes that hold only failures and dead letters: the others are few,
 * and only of those are events and operations read.
 */
export async function notAccepted(sql: Sql): Promise<SubmissionStatus['notAccepted']> {
  const rows = await sql.all<{ id: string; code: string; at: number; active: number }>(
    `SELECT p.id, COALESCE(o.code, 'Unknown') AS code, COALESCE(o.finished_at, o.created_at) AS at, o.active
     FROM (
       SELECT failed_operation AS seq FROM employees WHERE failed_operation > COALESCE(accepted_operation, 0)
       EXCEPT SELECT operation FROM events WHERE state = 'dead-lettered') f
     JOIN employees p ON p.failed_operation = f.seq JOIN operations o ON o.seq = f.seq
     WHERE p.failed_operation > COALESCE(p.accepted_operation, 0)
       AND NOT EXISTS (SELECT 1 FROM operations l WHERE l.employee = p.id AND l.seq > p.failed_operation AND COALESCE(l.state, '') IN ('unchanged', 'skipped'))
       AND NOT EXISTS (SELECT 1 FROM events e WHERE e.employee = p.id
         AND (e.operation = o.seq OR COALESCE(e.state, '') IN ('received', 'planned', 'incomplete')))`,
  )
  // Sorted here: the database would read the index of all employees for it.
  const employees = rows
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, NAMED)
    .map((row) => ({ employeeId: row.id, code: row.code, failedAt: row.at, leaver: row.active === 0 }))
  return { count: rows.length, employees }
}

function record<K extends string>(
  keys: readonly K[],
  valueOf: (key: K) => number,
): Readonly<Record<K, number>> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, number>
}
