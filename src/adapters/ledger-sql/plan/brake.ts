import type {
  BrakeAllowance,
  BrakedPage,
  BrakedQuery,
  BrakeSettings,
  BrakeStatus,
} from '../../../core/ledger/port/plan.ts'
import {
  activeNeeded,
  judgeLeaving,
  type LeavingEmployee,
  leftOf,
  underBrake,
} from '../../../core/plan/decide/brake.ts'
import type { Decided } from '../../../core/ledger/decision.ts'
import { insertRows, readCount, readRows, type Sql } from '../driver/sql.ts'

interface LeavingRow {
  readonly id: string
  readonly braked_at: number | null
  readonly brake_passed: number
  readonly refused_seq: number | null
  readonly at: number | null
}

/**
 * Turns the deactivations of this transaction that must not go into waiting ones. Those of a block
 * are neither held nor counted. The caller has locked the employees.
 */
export async function applyBrake(
  sql: Sql,
  decisions: readonly Decided[],
  settings: BrakeSettings,
  now: number,
): Promise<readonly Decided[]> {
  const leaving = decisions.filter(
    ({ operation, blocked }) => operation !== null && !operation.active && blocked !== true,
  )
  // A decision that is dropped, because its employee changed, must not count.
  const rows = await readRows<LeavingRow>(
    sql,
    ['id TEXT', 'revision INT'],
    leaving.map(({ employeeId, revision }) => [employeeId, revision]),
    `SELECT p.id, p.braked_at, p.brake_passed, p.refused_seq, d.at
     FROM v JOIN employees p ON p.id = v.id AND p.revision = v.revision
       LEFT JOIN deactivations d ON d.employee = v.id WHERE p.accepted_active = 1`,
  )
  if (rows.length === 0) return decisions
  await sql.lock('brake')
  const byEmployee = new Map(rows.map((row) => [row.id, row]))
  const employees = leaving.flatMap((decision) => {
    const row = byEmployee.get(decision.employeeId)
    return row ? [toLeaving(decision, row, now - settings.windowMs)] : []
  })
  const allowed = leftOf(await readAllowance(sql, now))
  const counted = await countDeactivations(sql, settings.windowMs, now)
  const active = await countActive(sql, activeNeeded(counted + employees.length, settings))
  const window = { counted, active, allowed }
  const verdicts = judgeLeaving(employees, window, settings)
  await insertRows(
    sql,
    'deactivations (employee TEXT, at INT)',
    verdicts.counted.map((id) => [id, now]),
    'ON CONFLICT (employee) DO UPDATE SET at = excluded.at',
  )
  if (verdicts.byAllowance > 0)
    await sql.run('UPDATE brake_allowance SET used = used + ?', [verdicts.byAllowance])
  return decisions.map((decision) => {
    const verdict = verdicts.byEmployee.get(decision.employeeId)
    return verdict ? underBrake(decision, verdict) : decision
  })
}

function toLeaving(
  { employeeId, leaving }: Decided,
  { braked_at, brake_passed, refused_seq, at }: LeavingRow,
  from: number,
): LeavingEmployee {
  return {
    employeeId,
    leaving: leaving ?? null,
    passed: brake_passed === 1,
    counted: at !== null && at > from,
    held: braked_at !== null,
    refused: refused_seq === null ? null : { newestEvent: refused_seq },
  }
}

/** Employees that are active by their last accepted record; at most `most` are counted. */
function countActive(sql: Sql, most: number): Promise<number> {
  return readCount(
    sql,
    'SELECT COUNT(*) AS n FROM (SELECT 1 FROM employees WHERE accepted_active = 1 LIMIT ?) a',
    [most],
  )
}

/** The deactivations that count in a window of this length. */
export function countDeactivations(sql: Sql, windowMs: number, now: number): Promise<number> {
  return readCount(sql, 'SELECT COUNT(*) AS n FROM deactivations WHERE at > ?', [now - windowMs])
}

async function readAllowance(sql: Sql, now: number): Promise<BrakeAllowance | null> {
  const [row] = await sql.all<BrakeAllowance>(
    'SELECT amount, used, ends_at AS "endsAt", granted_by AS "grantedBy" FROM brake_allowance WHERE ends_at > ?',
    [now],
  )
  return row ?? null
}

export async function brakeStatus(sql: Sql, settings: BrakeSettings, now: number): Promise<BrakeStatus> {
  const [held] = await sql.all<{ n: number; since: number | null }>(
    'SELECT COUNT(*) AS n, MIN(braked_at) AS since FROM employees WHERE braked_at IS NOT NULL',
  )
  return {
    employees: await countDeactivations(sql, settings.windowMs, now),
    active: await countActive(sql, Number.MAX_SAFE_INTEGER),
    held: held?.n ?? 0,
    heldSince: held?.since ?? null,
    refused: await readCount(sql, 'SELECT COUNT(*) AS n FROM employees WHERE refused_at IS NOT NULL'),
    allowance: await readAllowance(sql, now),
  }
}

export async function listBraked(sql: Sql, { state, next, limit }: BrakedQuery): Promise<BrakedPage> {
  const at = state === 'held' ? 'braked_at' : 'refused_at'
  const rows = await sql.all<{ id: string; since: number; left_at: number | null }>(
    `SELECT p.id, p.${at} AS since, (
       SELECT MIN(c.effective_at) FROM leaver_cases c WHERE c.employee = p.id AND c.ended_at IS NULL) AS left_at
     FROM employees p WHERE p.${at} IS NOT NULL AND p.${at} >= ? AND (p.${at} > ? OR p.id > ?)
     ORDER BY p.${at}, p.id LIMIT ?`,
    [next?.since ?? 0, next?.since ?? 0, next?.employeeId ?? '', limit],
  )
  const last = rows.at(-1)
  return {
    employees: rows.map(({ id, since, left_at: leftAt }) => ({ employeeId: id, since, leftAt })),
    next: rows.length === limit && last ? { since: last.since, employeeId: last.id } : null,
  }
}
