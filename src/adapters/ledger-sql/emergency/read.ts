import type {
  EmergencyCall,
  EmergencyCandidate,
  EmergencyQuery,
  EmergencyStatus,
} from '../../../core/emergency/ledger.ts'
import type { EmergencyWait } from '../../../core/emergency/reasons.ts'
import { MONTH_MS, type Spending } from '../../../core/emergency/money.ts'
import { LANES } from '../../../core/model.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import { readRows, type Sql } from '../driver/sql.ts'
import { brakeOf } from '../plan/brake-marks.ts'
import { loadEmployees } from '../plan/load.ts'
import { budget } from '../submit/budget.ts'
import { allHolds } from '../submit/holds.ts'
import { operationId } from '../tables/ids.ts'

export async function emergencyStatus(
  sql: Sql,
  { destination, quota }: { readonly destination: string; readonly quota: string },
  now: number,
): Promise<EmergencyStatus> {
  const waiting = await sql.all<{ employee: string; why: EmergencyWait }>(
    `SELECT DISTINCT l.employee, l.emergency_wait AS why FROM leaver_cases l JOIN employees p ON p.id = l.employee
     WHERE l.ended_at IS NULL AND l.emergency_wait IS NOT NULL AND COALESCE(p.destination, ?) = ?`,
    [destination, destination],
  )
  return {
    holds: await allHolds(sql, destination),
    bulk: await budget(sql, now, quota),
    spent: await spending(sql, now),
    waits: waiting.map(({ employee: employeeId, why }) => ({ employeeId, why })),
  }
}

/** Also what a clock that was ahead has spent. */
export async function spending(sql: Sql, now: number): Promise<Spending> {
  const [row] = await sql.all<{ day: number | null; month: number | null }>(
    `SELECT SUM(CASE WHEN begun_at > ? THEN micro_usd ELSE 0 END) AS day, SUM(micro_usd) AS month
     FROM emergency_calls WHERE begun_at > ?`,
    [now - DAY_MS, now - MONTH_MS],
  )
  return { day: row?.day ?? 0, month: row?.month ?? 0 }
}

/**
 * True for a call that disabled the account, while nothing is known that may have enabled it since:
 * an operation of Rollcall that was submitted or carried out later, one that the service may still
 * retry, or a change by another party. Counted, so that PostgreSQL does not walk through all rows.
 */
const STANDS = `COALESCE(c.result, '') = 'disabled'
  AND (SELECT COUNT(*) FROM operations a WHERE a.employee = c.employee AND a.active = 1
    AND (COALESCE(a.submitted_at, 0) >= c.ended_at OR COALESCE(a.state, '') = 'escrowed')) = 0
  AND (SELECT COUNT(*) FROM operations a JOIN log_records r ON r.operation = a.seq
    WHERE a.employee = c.employee AND a.active = 1 AND r.activity_at >= c.ended_at) = 0
  AND (SELECT COUNT(*) FROM log_records r WHERE r.employee = c.employee AND r.operation IS NULL
    AND r.status = 'success' AND r.activity_at >= c.ended_at) = 0`

/** When the lane disabled the accounts of these employees, where that stands. */
export async function disabledByLane(
  sql: Sql,
  employees: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await readRows<{ employee: string; at: number }>(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    `SELECT c.employee, MAX(c.ended_at) AS at FROM v JOIN emergency_calls c ON c.employee = v.id
     WHERE ${STANDS} GROUP BY c.employee`,
  )
  return new Map(rows.map(({ employee, at }) => [employee, at]))
}

interface WaitingRow {
  readonly seq: number
  readonly employee: string
  readonly created_at: number
  /** 1: no object id is known. They come last, so that those who can go are not behind the limit. */
  readonly unfindable: number
}

/** The employee has an open leaver case, and the lane has not disabled the account. */
const NEEDS_LANE = `(SELECT COUNT(*) FROM leaver_cases l WHERE l.employee = o.employee AND l.ended_at IS NULL) > 0
  AND (SELECT COUNT(*) FROM emergency_calls c WHERE c.employee = o.employee AND ${STANDS}) = 0`

export async function emergencyCandidates(
  sql: Sql,
  destination: string,
  { limit, plannedBy, accepted }: EmergencyQuery,
): Promise<readonly EmergencyCandidate[]> {
  const of = (from: string, order: string): Promise<WaitingRow[]> =>
    sql.all<WaitingRow>(
      `SELECT o.seq, o.employee, o.created_at, (
         SELECT COUNT(*) FROM employees p WHERE p.id = o.employee AND p.object_id IS NULL) AS unfindable
       FROM ${from} AND COALESCE(o.destination, '') = ? AND o.active = 0 AND o.created_at <= ? AND ${NEEDS_LANE}
       ORDER BY unfindable, ${order} LIMIT ?`,
      [destination, plannedBy, limit],
    )
  const waiting = [
    ...(await of(`operations o WHERE o.state = 'pending' AND o.lane = ${LANES.leaver}`, 'o.lane, o.seq')),
    ...(await of(
      `batches b JOIN operations o ON o.batch = b.seq WHERE b.state = 'open' AND COALESCE(o.state, '') = 'batched'`,
      'b.not_before, o.seq',
    )),
  ]
  const taken = accepted ? await of(`operations o WHERE o.state = 'accepted'`, 'o.accepted_at') : []
  const acceptedSeqs = new Set(taken.map(({ seq }) => seq))
  const rows = [...waiting, ...taken]
    .sort((a, b) => a.unfindable - b.unfindable || a.seq - b.seq)
    .slice(0, limit)
  return withFacts(sql, rows, acceptedSeqs)
}

interface FactRow {
  readonly id: string
  readonly object_id: string | null
  readonly braked_at: number | null
  readonly refused_at: number | null
}

async function withFacts(
  sql: Sql,
  rows: readonly WaitingRow[],
  accepted: ReadonlySet<number>,
): Promise<readonly EmergencyCandidate[]> {
  const ids = [...new Set(rows.map(({ employee }) => employee))]
  const employees = new Map((await loadEmployees(sql, ids)).map((one) => [one.employeeId, one]))
  const facts = await readRows<FactRow>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT p.id, p.object_id, p.braked_at, p.refused_at FROM v JOIN employees p ON p.id = v.id',
  )
  const byId = new Map(facts.map((row) => [row.id, row]))
  const calls = await callsFor(
    sql,
    rows.map(({ seq }) => seq),
  )
  return rows.flatMap(({ seq, employee: id, created_at: createdAt }): EmergencyCandidate[] => {
    const employee = employees.get(id)
    const row = byId.get(id)
    if (!employee || !row) return []
    return [
      {
        employee,
        objectId: row.object_id,
        operation: { id: operationId(seq), createdAt, accepted: accepted.has(seq) },
        brake: brakeOf(row),
        last: calls.get(seq) ?? null,
      },
    ]
  })
}

interface CallRow {
  readonly operation: number
  readonly begun_at: number
  readonly ends_by: number
  readonly ended_at: number | null
  readonly wait: EmergencyWait | null
  readonly tries: number
}

/** The last call for each of these operations, with how many there were. */
async function callsFor(
  sql: Sql,
  operations: readonly number[],
): Promise<ReadonlyMap<number, EmergencyCall>> {
  const rows = await readRows<CallRow>(
    sql,
    ['seq INT'],
    operations.map((seq) => [seq]),
    `SELECT c.operation, c.begun_at, c.ends_by, c.ended_at, c.wait, (
         SELECT COUNT(*) FROM emergency_calls n WHERE n.operation = c.operation) AS tries
     FROM v JOIN emergency_calls c ON c.seq = (
       SELECT MAX(n.seq) FROM emergency_calls n WHERE n.operation = v.seq)`,
  )
  return new Map(
    rows.map((row) => [
      row.operation,
      {
        begunAt: row.begun_at,
        endedAt: row.ended_at,
        endsBy: row.ends_by,
        tries: row.tries,
        wait: row.wait,
      },
    ]),
  )
}
