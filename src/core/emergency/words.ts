import type { EmergencyResult } from './ledger.ts'
import { EMERGENCY_REASONS, type EmergencyReason } from './reasons.ts'

/** A call of the emergency lane, as `trace` shows it. */
export interface CallMade {
  readonly reason: EmergencyReason
  /** `null` while there is no answer. */
  readonly result: EmergencyResult | null
  /** The HTTP status; `null` without an answer. */
  readonly status: number | null
}

/** What a call of the emergency lane did, and why it was made. */
export function callInWords({ reason, result, status }: CallMade): string {
  return `the emergency lane ${resultInWords(result, status)}, because ${EMERGENCY_REASONS[reason]}`
}

function resultInWords(result: EmergencyResult | null, status: number | null): string {
  switch (result) {
    case 'disabled':
      return 'disabled the account'
    case 'gone':
      return 'found no account'
    case 'refused':
      return `was refused (${status ?? 'no status'})`
    case 'unknown':
      return 'got no answer'
    case null:
      return 'has called, and the answer is not recorded'
  }
}
