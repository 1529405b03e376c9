import type { BrakeDecided, BrakeRefusal, BrakeRelease } from '../../../core/ledger/port/plan.ts'
import { lockEmployees } from '../tables/employees.ts'
import { insertRows, readCount, readRows, type Sql, writeRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'

/** Actions in the audit trail: each has an entry with the count, and one for each employee. */
export const RELEASE = 'brake.release'
export const REFUSE = 'brake.refuse'
/** An operator gave an allowance, or ended it: the entry says how many, and until when. */
const ALLOW = 'brake.allow'

export async function releaseBrake(
  sql: Sql,
  { employees, refusedToo, actor, justification, allowance }: BrakeRelease,
  now: number,
): Promise<BrakeDecided> {
  const { ids, notBraked } = await lockBraked(
    sql,
    employees,
    refusedToo ? 'braked_at IS NOT NULL OR refused_at IS NOT NULL' : 'braked_at IS NOT NULL',
  )
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    ids.map((id) => [id, now]),
    `UPDATE employees SET braked_at = NULL, refused_at = NULL, refused_seq = NULL, brake_passed = 1, ${PLAN_AGAIN}`,
  )
  const { stillHeld, judged } = await judgeCounted(sql, ids.length > 0 || employees.length === 0)
  await audit(sql, { action: RELEASE, ids, actor, justification }, now)
  if (allowance !== null) {
    const { amount, endsAt } = allowance
    await insertRows(
      sql,
      'brake_allowance (name TEXT, amount INT, used INT, ends_at INT, granted_at INT, granted_by TEXT)',
      [['deactivations', amount, 0, endsAt, now, actor.toWellFormed()]],
      `ON CONFLICT (name) DO UPDATE SET amount = excluded.amount, used = 0, ends_at = excluded.ends_at,
         granted_at = excluded.granted_at, granted_by = excluded.granted_by`,
    )
    await insertRows(sql, AUDIT, [
      [now, actor, ALLOW, justification, `${amount} until ${new Date(endsAt).toISOString()}`],
    ])
  }
  return { employees: ids.length, notBraked, stillHeld, judged }
}

export async function refuseBrake(
  sql: Sql,
  { employees, actor, justification, keepCounting }: BrakeRefusal,
  now: number,
): Promise<BrakeDecided> {
  const { ids, notBraked } = await lockBraked(sql, employees, 'braked_at IS NOT NULL')
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    ids.map((id) => [id, now]),
    `UPDATE employees SET braked_at = NULL, refused_at = v.now, brake_passed = 0,
       refused_seq = COALESCE((SELECT MAX(e.seq) FROM events e WHERE e.employee = v.id), 0), ${PLAN_AGAIN}`,
  )
  const { stillHeld, judged } = await judgeCounted(sql, ids.length > 0 && !keepCounting)
  await audit(sql, { action: REFUSE, ids, actor, justification }, now)
  return { employees: ids.length, notBraked, stillHeld, judged }
}

const PLAN_AGAIN = `revision = employees.revision + 1, dirty_at = COALESCE(employees.dirty_at, v.now), plan_at = v.now
  FROM v WHERE employees.id = v.id`

interface Braked {
  readonly ids: readonly string[]
  readonly notBraked: readonly string[]
}

/** Locks the employees of an order that fulfil the condition `which`. */
async function lockBraked(sql: Sql, employees: readonly string[], which: string): Promise<Braked> {
  const asked = [...new Set(employees.map((id) => id.toWellFormed()))]
  await lockEmployees(sql, asked)
  await sql.lock('brake')
  const found = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    asked.map((id) => [id]),
    `SELECT p.id FROM v JOIN employees p ON p.id = v.id WHERE ${which}`,
  )
  const ids = new Set(found.map(({ id }) => id))
  return { ids: [...ids].sort(), notBraked: asked.filter((id) => !ids.has(id)) }
}

/**
 * Once operators have decided about every held employee, earlier deactivations stop counting: they
 * must not cause a later leaver to be held.
 */
async function judgeCounted(
  sql: Sql,
  isJudgement: boolean,
): Promise<Pick<BrakeDecided, 'stillHeld' | 'judged'>> {
  const stillHeld = await readCount(sql, 'SELECT COUNT(*) AS n FROM employees WHERE braked_at IS NOT NULL')
  const judged = isJudgement && stillHeld === 0
  if (judged) await sql.run('DELETE FROM deactivations')
  return { stillHeld, judged }
}

interface Action {
  readonly action: string
  readonly ids: readonly string[]
  readonly actor: string
  readonly justification: string
}

/** The count, and each employee, so that the audit trail of one employee has it. */
async function audit(sql: Sql, { action, ids, actor, justification }: Action, now: number): Promise<void> {
  await insertRows(
    sql,
    AUDIT,
    [String(ids.length), ...ids].map((detail) => [now, actor, action, justification, detail]),
  )
}
