import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import type { OperationState } from '../../../core/ledger/lifecycle.ts'
import type {
  AcceptedAccess,
  AccessFacts,
  AccessOperation,
  AccessProof,
} from '../../../core/ledger/port/views/access.ts'
import type { Interim } from '../../../core/ledger/port/report.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'
import { disabledByLane } from '../emergency/read.ts'
import { openLeavers } from '../leavers/read.ts'
import { brakesOf } from '../plan/brake-marks.ts'
import { loadEmployees } from '../plan/load.ts'
import { budget } from '../submit/budget.ts'
import { allHolds } from '../submit/holds.ts'
import { operationId } from '../tables/ids.ts'
import { leftAccounts } from './trace/moves.ts'

/** The most open leaver cases that an answer shows. */
const MOST_CASES = 5
/** The most operations after the last accepted one. */
const MOST_OPERATIONS = 5

interface EmployeeRow {
  readonly object_id: string | null
  readonly destination: string | null
  readonly accepted_operation: number | null
  readonly accepted_active: number | null
  readonly accepted_hash: string | null
  readonly resend_due: number
  readonly incomplete_since: number | null
  readonly dirty_at: number | null
  readonly finding: number | null
}

export async function readAccess(
  sql: Sql,
  employeeId: string,
  quotas: Readonly<Record<string, string>>,
  now: number,
): Promise<AccessFacts | null> {
  const [row] = await sql.all<EmployeeRow>(
    `SELECT p.object_id, p.destination, p.accepted_operation, p.accepted_active, p.accepted_hash, p.resend_due,
       p.incomplete_since, p.dirty_at, d.finding
     FROM employees p LEFT JOIN foreign_deactivations d ON d.employee = p.id WHERE p.id = ?`,
    [employeeId],
  )
  const { leavers } = await openLeavers(sql, { dueBy: null, employeeId, next: null, limit: MOST_CASES })
  if (!row && leavers.length === 0) return null
  const [employee = null] = row ? await loadEmployees(sql, [employeeId]) : []
  const destination = row?.destination ?? DEFAULT_DESTINATION
  const brake = (await brakesOf(sql, [employeeId])).get(employeeId)
  return {
    employeeId,
    employee,
    objectId: row?.object_id ?? null,
    destination: row?.destination ?? null,
    left: await leftAccounts(sql, employeeId),
    accepted: row ? await acceptedOf(sql, employeeId, row) : null,
    emergencyDisabledAt: (await disabledByLane(sql, [employeeId])).get(employeeId) ?? null,
    foreignFinding: row?.finding ?? null,
    brake: brake && brake.state !== 'passed' ? brake : null,
    incomplete: row ? await incompleteOf(sql, employeeId, row) : null,
    dueSince: row?.dirty_at ?? null,
    operations: row ? await operationsOf(sql, employeeId, row) : [],
    leavers,
    holds: await allHolds(sql, destination),
    calls: await budget(sql, now, quotas[destination] ?? DEFAULT_QUOTA),
  }
}

/** Operations that the directory accepted (see `isAccepted`). */
const ACCEPTED = `(interim = 'confirmed' OR (interim = 'unchanged' AND code = 'RedundantExport'))`

async function acceptedOf(sql: Sql, employeeId: string, row: EmployeeRow): Promise<AcceptedAccess | null> {
  const { accepted_operation: last, accepted_active: active } = row
  if (last === null || active === null) return null
  const one = async (text: string, parameters: readonly SqlValue[]): Promise<number | null> =>
    (await sql.all<{ value: number | null }>(text, parameters))[0]?.value ?? null
  const other = await one(
    `SELECT MAX(seq) AS value FROM operations WHERE employee = ? AND active <> ? AND seq < ? AND ${ACCEPTED}`,
    [employeeId, active, last],
  )
  const first = await one(
    `SELECT MIN(seq) AS value FROM operations WHERE employee = ? AND active = ? AND seq > ? AND ${ACCEPTED}`,
    [employeeId, active, other ?? 0],
  )
  // The service may still carry out an operation that it reported as failed.
  const retried = await one(
    `SELECT COUNT(*) AS value FROM operations WHERE employee = ? AND active <> ? AND COALESCE(state, '') = 'escrowed'`,
    [employeeId, active],
  )
  const isFolded = (await one('SELECT COUNT(*) AS value FROM folds WHERE employee = ?', [employeeId])) === 1
  return {
    active: active === 1,
    certain: row.accepted_hash !== null && row.resend_due === 0 && retried === 0,
    since: await proofOf(sql, first ?? last),
    orEarlier: isFolded && other === null,
    last: await proofOf(sql, last),
  }
}

async function proofOf(sql: Sql, operation: number): Promise<AccessProof> {
  const [row] = await sql.all<{ answered_at: number | null; created_at: number }>(
    'SELECT answered_at, created_at FROM operations WHERE seq = ?',
    [operation],
  )
  const [record] = await sql.all<{ id: string; activity_at: number }>(
    `SELECT id, activity_at FROM log_records WHERE operation = ? AND status IN ('success', 'warning', 'skipped')
     ORDER BY activity_at LIMIT 1`,
    [operation],
  )
  const at = record?.activity_at ?? row?.answered_at ?? row?.created_at ?? 0
  return { operation: operationId(operation), at, logRecord: record?.id ?? null }
}

async function incompleteOf(
  sql: Sql,
  employeeId: string,
  { incomplete_since: since }: EmployeeRow,
): Promise<AccessFacts['incomplete']> {
  if (since === null) return null
  const [event] = await sql.all<{ detail: string | null }>(
    `SELECT detail FROM events WHERE employee = ? AND COALESCE(state, '') = 'incomplete' ORDER BY seq DESC LIMIT 1`,
    [employeeId],
  )
  return { since, missing: event?.detail ?? null }
}

interface OperationRow {
  readonly seq: number
  readonly state: OperationState
  readonly interim: Interim | null
  readonly active: number
  readonly departs: number
  readonly code: string | null
  readonly created_at: number
  readonly accepted_at: number | null
  readonly answered_at: number | null
  readonly finished_at: number | null
  readonly not_before: number | null
  readonly attempts: number | null
}

async function operationsOf(
  sql: Sql,
  employeeId: string,
  { accepted_operation: accepted }: EmployeeRow,
): Promise<readonly AccessOperation[]> {
  const rows = await sql.all<OperationRow>(
    `SELECT o.seq, o.state, o.interim, o.active, o.departs, o.code, o.created_at, o.accepted_at, o.answered_at, o.finished_at, b.not_before, b.attempts
     FROM operations o LEFT JOIN batches b ON b.seq = o.batch
     WHERE o.employee = ? AND o.seq > ? AND COALESCE(o.state, '') <> 'withdrawn' ORDER BY o.seq DESC LIMIT ?`,
    [employeeId, accepted ?? 0, MOST_OPERATIONS],
  )
  return rows.map((row) => ({
    id: operationId(row.seq),
    state: row.state,
    interim: row.interim,
    active: row.active === 1,
    departs: row.departs === 1,
    code: row.code,
    createdAt: row.created_at,
    acceptedAt: row.accepted_at,
    answeredAt: row.answered_at,
    finishedAt: row.finished_at,
    notBefore: row.not_before,
    attempts: row.attempts ?? 0,
  }))
}
