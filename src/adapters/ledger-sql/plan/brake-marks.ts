import type { Decided } from '../../../core/ledger/decision.ts'
import type { SqlValue } from '../driver/sql.ts'

/** What a commit writes about the brake, beside the other columns of `v`. */
export const BRAKE_COLUMNS = ['held_at INT', 'passed INT', 'refused INT', 'stays INT'] as const

export function brakeValues({ brake, inactive, blocked }: Decided, now: number): SqlValue[] {
  return [
    brake === 'held' ? now : null,
    brake === 'passed' ? 1 : 0,
    brake === 'refused' ? 1 : 0,
    // The brake did not look, because nothing goes: what was decided about the leaving still holds.
    // A block ends it, and so does an activation.
    brake === undefined && inactive === true && blocked !== true ? 1 : 0,
  ]
}

const OF_REFUSAL = (column: string): string =>
  `${column} = CASE WHEN v.refused = 1 OR (v.stays = 1 AND employees.accepted_active = 1) THEN employees.${column} ELSE NULL END`

/** Sets the marks of `employees` from `v`. Once the account is known to be disabled, it is not held. */
export const BRAKE_MARKS = `
           braked_at = CASE WHEN v.held_at IS NOT NULL THEN COALESCE(employees.braked_at, v.held_at)
             WHEN v.stays = 1 AND employees.accepted_active = 1 THEN employees.braked_at ELSE NULL END,
           brake_passed = CASE WHEN v.passed = 1 THEN 1 WHEN v.stays = 1 THEN employees.brake_passed ELSE 0 END,
           ${OF_REFUSAL('refused_at')},
           ${OF_REFUSAL('refused_seq')}`
