import type { Stage } from '../../../core/ledger/port/figures.ts'
import type { StagePage, StageQuery } from '../../../core/ledger/port/views/stages.ts'
import type { Sql } from '../driver/sql.ts'
import { DUE_REASONS, nowsOf } from '../plan/due.ts'
import { operationId } from '../tables/ids.ts'

interface Row {
  readonly employee: string
  readonly event: string | null
  readonly operation: number | null
  readonly since: number | null
  /** The place in the order: a moment, and a number or id for rows with the same moment. */
  readonly at: number
  readonly after: string | number
}

const OPERATION = 'SELECT employee, NULL AS event, seq AS operation'

/**
 * Along the index of each stage, from a moment and a number on: `at` and `after` of the last row.
 * The first two parameters are that moment, the third is the number. Operations that wait are in
 * the order of their numbers, and so are outcomes.
 */
const STATEMENTS: Readonly<Record<Exclude<Stage, 'due'>, string>> = {
  received: `SELECT employee, event_id AS event, CAST(NULL AS BIGINT) AS operation, received_at AS since, received_at AS at, seq AS after
    FROM events WHERE state = 'received' AND planned_at IS NULL AND finished_at IS NULL AND received_at >= ? AND (received_at > ? OR seq > ?)
    ORDER BY received_at, seq LIMIT ?`,
  waiting: `${OPERATION}, created_at AS since, 0 AS at, seq AS after FROM operations
    WHERE state = 'pending' AND 0 >= ? AND 0 >= ? AND seq > ? ORDER BY seq LIMIT ?`,
  accepted: `${OPERATION}, accepted_at AS since, accepted_at AS at, seq AS after FROM operations
    WHERE state = 'accepted' AND accepted_at >= ? AND (accepted_at > ? OR seq > ?) ORDER BY accepted_at, seq LIMIT ?`,
  answered: `${OPERATION}, answered_at AS since, final_at AS at, seq AS after FROM operations
    WHERE state = 'answered' AND final_at >= ? AND (final_at > ? OR seq > ?) ORDER BY final_at, seq LIMIT ?`,
  unpublished: `SELECT o.employee, e.event_id AS event, CAST(NULL AS BIGINT) AS operation, o.at AS since, 0 AS at, o.id AS after
    FROM outbox o JOIN events e ON e.seq = o.event_seq
    WHERE o.published_at IS NULL AND 0 >= ? AND 0 >= ? AND o.id > ? ORDER BY o.id LIMIT ?`,
}
const DUE = `SELECT employee, NULL AS event, CAST(NULL AS BIGINT) AS operation, at AS since, at, employee AS after FROM (
  ${DUE_REASONS.map(
    ({ which, since }) => `SELECT employee, at FROM (
      SELECT id AS employee, ${since} AS at FROM employees
      WHERE ${which} AND ${since} >= ? AND (${since} > ? OR id > ?) ORDER BY ${since}, id LIMIT ?) part`,
  ).join(' UNION ALL ')}) d
  ORDER BY at, employee LIMIT ?`

/** The parameters of `DUE`: each part of it is a page of its own. */
function dueFrom(now: number, at: number, after: string, limit: number): readonly (number | string)[] {
  return [...DUE_REASONS.flatMap((reason) => [...nowsOf(reason, now), at, at, after, limit]), limit]
}

export async function listStage(sql: Sql, query: StageQuery): Promise<StagePage> {
  const { stage, now, next, limit } = query
  const at = next?.at ?? 0
  const rows =
    stage === 'due'
      ? await sql.all<Row>(DUE, dueFrom(now, at, next?.after ?? '', limit))
      : await sql.all<Row>(STATEMENTS[stage], [at, at, Number(next?.after ?? 0), limit])
  const last = rows.at(-1)
  return {
    rows: rows.map(({ employee, event, operation, since }) => ({
      employeeId: employee,
      name: operation === null ? event : operationId(operation),
      since,
    })),
    next: rows.length === limit && last ? { at: last.at, after: String(last.after) } : null,
  }
}
