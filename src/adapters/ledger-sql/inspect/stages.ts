import type { Stage } from '../../../core/ledger/port/figures.ts'
import type { StagePage, StageQuery } from '../../../core/ledger/port/views/stages.ts'
import type { Sql } from '../driver/sql.ts'
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
/**
 * Employees who are due for one of three reasons, by the rules of `claimDueEmployees`, each along its
 * own index: after their quiet time, at once, or at a moment that has come. Who is due for two
 * reasons is listed for the first.
 */
const RESTED = 'plan_at IS NOT NULL AND unanswered = 0 AND plan_at <= ?'
const due = (moment: string, which: string): string => `SELECT employee, at FROM (
  SELECT id AS employee, ${moment} AS at FROM employees
  WHERE ${which} AND ${moment} >= ? AND (${moment} > ? OR id > ?) ORDER BY 2, id LIMIT ?) part`
const DUE = `SELECT employee, NULL AS event, CAST(NULL AS BIGINT) AS operation, at AS since, at, employee AS after FROM (
  ${due('plan_at', RESTED)}
  UNION ALL ${due('COALESCE(dirty_at, 0)', `urgent = 1 AND NOT (${RESTED})`)}
  UNION ALL ${due('next_at', `next_at IS NOT NULL AND next_at <= ? AND urgent = 0 AND NOT (${RESTED})`)}) d
  ORDER BY at, employee LIMIT ?`

/** The parameters of `DUE`. */
function dueFrom(now: number, at: number, after: string, limit: number): readonly (number | string)[] {
  const page = [at, at, after, limit]
  return [now, ...page, now, ...page, now, now, ...page, limit]
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
