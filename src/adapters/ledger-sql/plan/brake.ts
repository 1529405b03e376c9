import type { BrakeStatus, BrakeSettings } from '../../../core/ledger/port/plan.ts'
import { holdBack, tooMany } from '../../../core/plan/decide/brake.ts'
import type { Decision } from '../../../core/ledger/decision.ts'
import { lockEmployees } from '../tables/employees.ts'
import { insertRows, type Sql, readRows } from '../driver/sql.ts'

type Decided = Extract<Decision, { kind: 'decided' }>

/**
 * Deactivations of this transaction that may go, and the others turned into waiting ones. Those of a block are neither held nor counted. People released by hand always go, and whoever counts in
 * the window already is not counted, nor held, a second time when planned again before the call.
 */
export async function applyBrake(
  sql: Sql,
  decisions: readonly Decided[],
  settings: BrakeSettings,
  now: number,
): Promise<Decided[]> {
  const leaving = decisions.filter(
    ({ operation, blocked }) => operation !== null && !operation.active && blocked !== true,
  )
  if (leaving.length === 0) return [...decisions]
  const rows = await readRows<{
    id: string
    braked_at: number | null
    brake_free: number
    at: number | null
  }>(
    sql,
    ['id TEXT'],
    leaving.map(({ employeeId: employee }) => [employee]),
    'SELECT p.id, p.braked_at, p.brake_free, d.at FROM v JOIN employees p ON p.id = v.id LEFT JOIN deactivations d ON d.employee = v.id WHERE p.accepted_active = 1',
  )
  if (rows.length === 0) return [...decisions]
  await sql.lock('brake')
  let { employees, active } = await countWindow(sql, settings, now)
  const held = new Set<string>()
  const counted: string[] = []
  for (const row of rows) {
    const isCounted = row.at !== null && row.at > now - settings.windowMs
    const mayGo =
      row.brake_free === 1 ||
      (row.braked_at === null && (isCounted || !tooMany(employees + 1, active, settings)))
    if (!mayGo) {
      held.add(row.id)
      continue
    }
    if (isCounted) continue
    employees += 1
    counted.push(row.id)
  }
  await insertRows(
    sql,
    'deactivations (employee, at)',
    counted.map((id) => [id, now]),
    'ON CONFLICT (employee) DO UPDATE SET at = excluded.at',
  )
  return decisions.map((decision) => (held.has(decision.employeeId) ? holdBack(decision) : decision))
}

async function countWindow(
  sql: Sql,
  { windowMs }: BrakeSettings,
  now: number,
): Promise<{ employees: number; active: number }> {
  const [everybody] = await sql.all<{ n: number }>(
    'SELECT COUNT(*) AS n FROM employees WHERE accepted_active = 1',
  )
  return { employees: await countDeactivations(sql, windowMs, now), active: everybody?.n ?? 0 }
}

/** The deactivations that count in a window of this length. */
export async function countDeactivations(sql: Sql, windowMs: number, now: number): Promise<number> {
  const [window] = await sql.all<{ n: number }>('SELECT COUNT(*) AS n FROM deactivations WHERE at > ?', [
    now - windowMs,
  ])
  return window?.n ?? 0
}

export async function brakeStatus(sql: Sql, settings: BrakeSettings, now: number): Promise<BrakeStatus> {
  const { employees, active } = await countWindow(sql, settings, now)
  const [held] = await sql.all<{ n: number; since: number | null }>(
    'SELECT COUNT(*) AS n, MIN(braked_at) AS since FROM employees WHERE braked_at IS NOT NULL',
  )
  return { employees, active, held: held?.n ?? 0, heldSince: held?.since ?? null }
}

/** Lets everybody go who is held now, whatever the window says, and writes down who decided it and why. */
export async function releaseBrake(
  sql: Sql,
  actor: string,
  justification: string,
  now: number,
): Promise<number> {
  const held = await sql.all<{ id: string }>('SELECT id FROM employees WHERE braked_at IS NOT NULL')
  await lockEmployees(
    sql,
    held.map(({ id }) => id),
  )
  const released = await sql.run(
    `UPDATE employees SET braked_at = NULL, brake_free = 1, revision = revision + 1, dirty_at = COALESCE(dirty_at, ?), plan_at = ? WHERE braked_at IS NOT NULL`,
    [now, now],
  )
  await insertRows(sql, 'audit (at, actor, action, justification, detail)', [
    [now, actor, 'brake.release', justification, String(released)],
  ])
  return released
}
