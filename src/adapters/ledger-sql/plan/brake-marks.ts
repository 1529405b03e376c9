import type { Decided } from '../../../core/ledger/decision.ts'
import type { BrakeStanding } from '../../../core/ledger/port/inspect.ts'
import { readRows, type Sql, type SqlValue } from '../driver/sql.ts'

/** What a commit writes about the brake, beside the other columns of `v`. */
export const BRAKE_COLUMNS = ['held_at INT', 'passed INT', 'refused INT', 'stays INT'] as const

export function brakeValues({ brake, inactive, blocked }: Decided, now: number): SqlValue[] {
  return [
    brake === 'held' ? now : null,
    brake === 'passed' ? 1 : 0,
    brake === 'refused' ? 1 : 0,
    // The brake was not asked, because nothing is sent: the earlier decision about the termination
    // still holds. A block ends it, and so does an activation.
    brake === undefined && inactive === true && blocked !== true ? 1 : 0,
  ]
}

const OF_REFUSAL = (column: string): string =>
  `${column} = CASE WHEN v.refused = 1 OR (v.stays = 1 AND employees.accepted_active = 1) THEN employees.${column} ELSE NULL END`

/**
 * Sets the marks of `employees` from `v`. An employee whose account is known to be disabled is not
 * held.
 */
export const BRAKE_MARKS = `
           braked_at = CASE WHEN v.held_at IS NOT NULL THEN COALESCE(employees.braked_at, v.held_at)
             WHEN v.stays = 1 AND employees.accepted_active = 1 THEN employees.braked_at ELSE NULL END,
           brake_passed = CASE WHEN v.passed = 1 THEN 1 WHEN v.stays = 1 THEN employees.brake_passed ELSE 0 END,
           ${OF_REFUSAL('refused_at')},
           ${OF_REFUSAL('refused_seq')}`

interface BrakeRow {
  readonly braked_at: number | null
  readonly refused_at: number | null
}

/** The brake holds the employee, or an operator refused the deactivation that it held. */
export function brakeOf({ braked_at, refused_at }: BrakeRow): 'held' | 'refused' | null {
  if (braked_at !== null) return 'held'
  return refused_at !== null ? 'refused' : null
}

interface MarkRow extends BrakeRow {
  readonly id: string
  readonly brake_passed: number
}

/** What the brake says about these employees, by employee id. */
export async function brakesOf(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, BrakeStanding>> {
  const rows = await readRows<MarkRow>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT p.id, p.braked_at, p.refused_at, p.brake_passed FROM v JOIN employees p ON p.id = v.id',
  )
  return new Map(
    rows.flatMap((row) => {
      const standing = standingOf(row)
      return standing ? [[row.id, standing] as const] : []
    }),
  )
}

function standingOf({ braked_at, refused_at, brake_passed }: MarkRow): BrakeStanding | null {
  if (braked_at !== null) return { state: 'held', since: braked_at }
  if (refused_at !== null) return { state: 'refused', since: refused_at }
  return brake_passed === 1 ? { state: 'passed' } : null
}
