import type { JoinedRecord } from '../../../core/ledger/port/report.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'
import { seqOf } from '../tables/ids.ts'

/**
 * By employee of a page: the moment of the newest success that the log reported for any operation,
 * before the page and with it. An employee has none before the first answer.
 */
export type SpokenOf = ReadonlyMap<string, { readonly before: number | null; readonly now: number | null }>

/** Reads it before the page changes it. */
export async function readSpokenOf(sql: Sql, joins: readonly JoinedRecord[]): Promise<SpokenOf> {
  const records = Map.groupBy(
    joins.flatMap(({ record, operation }) => (operation === null ? [] : [record])),
    ({ employeeId }) => employeeId,
  )
  const rows = await readRows<{ id: string; spoken_at: number | null }>(
    sql,
    ['id TEXT'],
    [...records.keys()].map((id) => [id]),
    'SELECT p.id, p.spoken_at FROM v JOIN employees p ON p.id = v.id',
  )
  return new Map(
    rows.map(({ id, spoken_at: before }) => {
      const successes = (records.get(id) ?? []).filter(({ status }) => status === 'success')
      const moments = successes.map(({ activityAt }) => activityAt)
      const newest = Math.max(before ?? -Infinity, ...moments)
      return [id, { before, now: Number.isFinite(newest) ? newest : null }]
    }),
  )
}

/** Stores it for the employees whose row was not written with it. */
export async function noteSpokenOf(
  sql: Sql,
  spokenOf: SpokenOf,
  written: ReadonlySet<string>,
): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'spoken INT'],
    [...spokenOf].flatMap(([id, { before, now }]) =>
      now === before || written.has(id) ? [] : [[id, now] as const],
    ),
    'UPDATE employees SET spoken_at = v.spoken FROM v WHERE employees.id = v.id',
  )
}

/**
 * Employees with a log record of an operation other than the last accepted one, and not earlier
 * than it. A late answer, or a follow-up of an older operation, may have undone the last one, so
 * the current record is resent. While an operation is unanswered, its answer decides instead.
 *
 * Only where the page speaks of another operation than the last accepted one, or an earlier page
 * said something as late, are the records of all operations read: an employee may have hundreds.
 */
export async function overwritten(
  sql: Sql,
  joins: readonly JoinedRecord[],
  spokenOf: SpokenOf,
): Promise<string[]> {
  const spoken = joins.flatMap(({ record, operation }) =>
    operation === null ? [] : [[record.employeeId, seqOf(operation)] as const],
  )
  const possible = await readRows<{ id: string }>(
    sql,
    ['id TEXT', 'operation INT', 'spoken INT'],
    spoken.map(([id, operation]) => [id, operation, spokenOf.get(id)?.before ?? null]),
    `SELECT p.id FROM v JOIN employees p ON p.id = v.id WHERE p.accepted_hash IS NOT NULL AND p.unanswered = 0
       AND (p.accepted_operation <> v.operation OR v.spoken >= (${FIRST_OF_ACCEPTED}))`,
  )
  const rows = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    [...new Set(possible.map(({ id }) => id))].map((id) => [id]),
    `SELECT DISTINCT p.id FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.employee = p.id AND o.destination = p.destination JOIN log_records r ON r.operation = o.seq
     WHERE p.accepted_hash IS NOT NULL AND p.unanswered = 0 AND o.seq <> p.accepted_operation AND o.hash <> p.accepted_hash AND r.status = 'success'
       AND r.activity_at >= (${FIRST_OF_ACCEPTED})`,
  )
  return rows.map(({ id }) => id)
}

const FIRST_OF_ACCEPTED = `SELECT MIN(t.activity_at) FROM log_records t WHERE t.operation = p.accepted_operation AND t.status IN ('success', 'warning', 'skipped')`
