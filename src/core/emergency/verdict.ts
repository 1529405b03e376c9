import type { UploadAnswer } from '../ports.ts'
import { retryAfterMs } from '../provision/verdict.ts'
import type { EmergencyAnswer } from './ledger.ts'
import type { EmergencyWait } from './reasons.ts'

export interface EmergencyVerdict {
  readonly answer: EmergencyAnswer
  /** Why no other call is made until then; `null` when the next one may follow at once. */
  readonly pause: { readonly why: EmergencyWait; readonly until: number } | null
}

export interface PauseSettings {
  /** After a 429 that names no time. */
  readonly throttledMs: number
  /** After a failure of the service or the network. */
  readonly failedMs: number
  /** After an answer that needs a person to act. */
  readonly accessMs: number
}

/** `Retry-After` is cut to this, so that a wrong one does not end the lane. */
const LONGEST_PAUSE_MS = 3_600_000

/**
 * The text of the 400 of a tenant in which the API is not enabled names the missing Azure resource.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/troubleshoot-scim-api-errors
 */
const NOT_ENABLED = /scimapiconsumptions|SCIM Provisioning API/i

/**
 * What an answer of the SCIM API means. Microsoft bills answers 2xx and 404; a call without an
 * answer may have been billed.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/enable-scim-api
 */
export function emergencyVerdict(
  reply: UploadAnswer,
  now: number,
  settings: PauseSettings,
): EmergencyVerdict {
  if (reply.kind === 'network')
    return {
      answer: { at: now, result: 'unknown', status: null, wait: 'unavailable', billed: true },
      pause: { why: 'unavailable', until: now + settings.failedMs },
    }
  const { status, serverAt } = reply
  const at = serverAt ?? now
  if (status >= 200 && status < 300)
    return { answer: { at, result: 'disabled', status, wait: null, billed: true }, pause: null }
  if (status === 404)
    return { answer: { at, result: 'gone', status, wait: 'account-gone', billed: true }, pause: null }
  const pause = pauseAfter(reply, now, settings)
  return { answer: { at, result: 'refused', status, wait: pause.why, billed: false }, pause }
}

type Refusal = Pick<Extract<UploadAnswer, { kind: 'response' }>, 'status' | 'retryAfter' | 'message'>

function pauseAfter(
  { status, retryAfter, message }: Refusal,
  now: number,
  { throttledMs, failedMs, accessMs }: PauseSettings,
): NonNullable<EmergencyVerdict['pause']> {
  if (status === 429 || status === 408 || status >= 500) {
    const asked = retryAfterMs(retryAfter, now) ?? (status === 429 ? throttledMs : failedMs)
    return { why: 'unavailable', until: now + Math.min(Math.max(asked, 1_000), LONGEST_PAUSE_MS) }
  }
  if (status === 400 && NOT_ENABLED.test(message ?? '')) return { why: 'not-enabled', until: now + accessMs }
  return { why: 'access', until: now + accessMs }
}
