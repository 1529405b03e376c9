import { DAY_MS } from '../runtime.ts'

const HOUR_MS = DAY_MS / 24
/** The last interval repeats while the case is open. */
const RESEND_AFTER_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS] as const

/**
 * How long after a leaver's operation ended without proof it is resent, after this many resends.
 */
export function resendAfterMs(resends: number): number {
  return RESEND_AFTER_MS[resends] ?? 28 * DAY_MS
}
