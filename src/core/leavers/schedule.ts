import { DAY_MS } from '../runtime.ts'

const HOUR_MS = DAY_MS / 24
/** The last of them repeats for as long as the case is open. */
const RESEND_AFTER_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS] as const

/** How long after a leaver's operation ended in vain it is sent again, when it was sent again this often before. */
export function resendAfterMs(resends: number): number {
  return RESEND_AFTER_MS[resends] ?? 28 * DAY_MS
}
