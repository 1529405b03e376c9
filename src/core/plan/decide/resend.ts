import { DAY_MS } from '../../runtime.ts'
import type { Failure } from '../../ledger/employee.ts'

const HOUR_MS = DAY_MS / 24
/**
 * A failed resend carries no event that could be replayed, so it is repeated on this schedule. A
 * leaver's is sent as a deactivation only at once; after that the leaver case resends it while it
 * is open.
 */
const RESEND_AFTER_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS]
const LEAVER_RESEND_AFTER_MS = [0]

/** How long after this many failures in a row; `null` for never again. */
export function resendAfter(failures: number, active: boolean): number | null {
  return (active ? RESEND_AFTER_MS : LEAVER_RESEND_AFTER_MS)[failures - 1] ?? null
}

/**
 * From when on the same record may be resent; `null` for never. A refused call would be refused
 * again.
 */
export function resendAt(failure: Failure | undefined): number | null {
  const waitMs = failure && !failure.refused ? resendAfter(failure.failures, failure.active) : null
  return failure && waitMs !== null ? failure.at + waitMs : null
}

/** The earlier of two moments; `null` when there is neither. */
export function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}
