import { DAY_MS } from '../../runtime.ts'
import type { Failure } from '../../ledger/employee.ts'

const HOUR_MS = DAY_MS / 24
/**
 * A failed offer that carried no event of its own has nobody to blame and nothing to replay, so it is made again by itself, less and less
 * often. A leaver's is made alone and at once; after that the leaver case sees to it for as long as it is open.
 */
const AGAIN_AFTER_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS]
const LEAVER_AGAIN_AFTER_MS = [0]

/** How long after so many failures in a row; `null` for never again. */
export function resendAfter(failures: number, active: boolean): number | null {
  return (active ? AGAIN_AFTER_MS : LEAVER_AGAIN_AFTER_MS)[failures - 1] ?? null
}

/** From when on the same may be offered once more, whatever it is planned for; `null` for never. What was refused in the call would be refused again. */
export function resendAt(failure: Failure | undefined): number | null {
  const waitMs = failure && !failure.refused ? resendAfter(failure.failures, failure.active) : null
  return failure && waitMs !== null ? failure.at + waitMs : null
}

/** The earlier of two moments. */
export function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}
