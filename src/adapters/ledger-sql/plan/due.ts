/** Why an employee is due, and since when. */
interface DueReason {
  /** Finds them along an index of their own; each `?` is the present. */
  readonly which: string
  readonly since: string
}

const RESTED = 'plan_at IS NOT NULL AND unanswered = 0 AND plan_at <= ?'

/**
 * The reasons by the rules of `claimDueEmployees`: after their quiet time, at once, or at a moment
 * that has come. An employee who is due for two has the first.
 */
export const DUE_REASONS: readonly DueReason[] = [
  { which: RESTED, since: 'plan_at' },
  { which: `urgent = 1 AND NOT (${RESTED})`, since: 'dirty_at' },
  { which: `next_at IS NOT NULL AND next_at <= ? AND urgent = 0 AND NOT (${RESTED})`, since: 'next_at' },
]

/** The parameters of a reason, as of `now`. */
export function nowsOf({ which }: DueReason, now: number): readonly number[] {
  return Array.from(which.matchAll(/\?/g), () => now)
}
