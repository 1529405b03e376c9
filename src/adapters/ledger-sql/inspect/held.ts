import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import {
  HELD_CAUSES,
  type HeldCause,
  type HeldCounts,
  type HeldEmployees,
  type HeldEvent,
  type HeldPage,
  type HeldQuery,
} from '../../../core/ledger/port/views/held.ts'
import { NOT_ENDED } from '../blocks/commands.ts'
import { readRows, type Sql, type SqlValue } from '../driver/sql.ts'

const OUTSIDE_PILOT = `state = 'held' AND reason = '${EVENT_REASONS.pilot}'`

/** Each uses an index of what waits. */
const COUNTED: Readonly<Record<HeldCause, string>> = {
  brake: 'SELECT 1 FROM employees WHERE braked_at IS NOT NULL',
  refused: 'SELECT 1 FROM employees WHERE refused_at IS NOT NULL',
  incomplete: 'SELECT 1 FROM employees WHERE incomplete_since IS NOT NULL',
  pilot: `SELECT DISTINCT employee FROM events WHERE ${OUTSIDE_PILOT}`,
  blocks: `SELECT 1 FROM blocks WHERE ${NOT_ENDED}`,
  future: 'SELECT 1 FROM employees WHERE next_at IS NOT NULL AND next_at > ?',
}
/** The causes whose statement asks for the time. */
const BY_TIME: ReadonlySet<HeldCause> = new Set(['blocks', 'future'])

export async function countHeld(
  sql: Sql,
  { now, most }: { readonly now: number; readonly most: number },
): Promise<HeldCounts> {
  const rows = await sql.all<{ cause: HeldCause; n: number }>(
    HELD_CAUSES.map(
      (cause) =>
        `SELECT '${cause}' AS cause, (SELECT COUNT(*) FROM (${COUNTED[cause]} LIMIT ${most}) held) AS n`,
    ).join(' UNION ALL '),
    HELD_CAUSES.flatMap((cause) => (BY_TIME.has(cause) ? [now] : [])),
  )
  const of = (cause: HeldCause): number => rows.find((row) => row.cause === cause)?.n ?? 0
  return {
    brake: of('brake'),
    refused: of('refused'),
    incomplete: of('incomplete'),
    pilot: of('pilot'),
    blocks: of('blocks'),
    future: of('future'),
  }
}

interface EmployeeRow {
  readonly id: string
  readonly at: number | null
}

/** Events of one employee that a page names. */
const MOST_EVENTS = 3

export async function listHeld(sql: Sql, query: HeldQuery): Promise<HeldPage> {
  const rows = await employeesOf(sql, query)
  const events = await eventsOf(
    sql,
    query.cause,
    rows.map(({ id }) => id),
  )
  const last = rows.at(-1)
  return {
    employees: rows.map(({ id, at }) => ({ employeeId: id, at, events: events.get(id) ?? [] })),
    next: rows.length === query.limit && last ? { at: last.at ?? 0, employeeId: last.id } : null,
  }
}

function employeesOf(sql: Sql, { cause, now, next, limit }: HeldQuery): Promise<EmployeeRow[]> {
  const { at = 0, employeeId = '' } = next ?? {}
  switch (cause) {
    case 'future':
      return along(sql, 'next_at', [Math.max(at, now + 1), at, employeeId, limit])
    case 'incomplete':
      return along(sql, 'incomplete_since', [at, at, employeeId, limit])
    case 'pilot':
      return sql.all(
        `SELECT DISTINCT employee AS id, CAST(NULL AS BIGINT) AS at FROM events WHERE ${OUTSIDE_PILOT} AND employee > ? ORDER BY employee LIMIT ?`,
        [employeeId, limit],
      )
  }
}

/** Employees with the same moment are ordered by their id. */
function along(sql: Sql, column: 'next_at' | 'incomplete_since', given: SqlValue[]): Promise<EmployeeRow[]> {
  return sql.all(
    `SELECT id, ${column} AS at FROM employees WHERE ${column} IS NOT NULL AND ${column} >= ? AND (${column} > ? OR id > ?)
     ORDER BY ${column}, id LIMIT ?`,
    given,
  )
}

/** The state and reason of the events that wait for each cause. */
const WAITING: Readonly<Record<HeldEmployees, string>> = {
  future: `COALESCE(e.state, '') = 'held' AND e.reason IN ('${EVENT_REASONS.notYet}', '${EVENT_REASONS.announced}')`,
  incomplete: `COALESCE(e.state, '') = 'incomplete'`,
  pilot: `COALESCE(e.state, '') = 'held' AND e.reason = '${EVENT_REASONS.pilot}'`,
}

/**
 * Found by employee. `COALESCE` hides the state from PostgreSQL, which would otherwise read every
 * event that waits.
 */
async function eventsOf(
  sql: Sql,
  cause: HeldEmployees,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly HeldEvent[]>> {
  const rows = await readRows<HeldEvent & { seq: number; employee: string }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    `SELECT e.seq, e.employee, e.source, e.event_id AS id, e.type, e.effective_at AS "effectiveAt", e.received_at AS "receivedAt", e.detail
     FROM v JOIN events e ON e.employee = v.id WHERE ${WAITING[cause]}`,
  )
  const byEmployee = Map.groupBy(
    rows.toSorted((one, other) => one.seq - other.seq),
    ({ employee }) => employee,
  )
  return new Map(
    [...byEmployee].map(([employee, its]) => [
      employee,
      its.slice(0, MOST_EVENTS).map(({ seq: _seq, employee: _employee, ...event }) => event),
    ]),
  )
}
