import { isBilled, isMissing, isNotEnabled, isSuccess } from '../direct/reply.ts'
import type { UploadAnswer } from '../ports.ts'
import { isServiceFailure, retryAfterMs } from '../provision/verdict.ts'
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
/** The pause doubles with each failure in a row up to this, because a failed call may be billed. */
const LONGEST_FAILED_MS = 900_000

export interface VerdictContext {
  readonly now: number
  /** Calls in a row that failed with the service or the network. */
  readonly failures: number
  readonly settings: PauseSettings
}

/** What an answer of the SCIM API means. */
export function emergencyVerdict(reply: UploadAnswer, context: VerdictContext): EmergencyVerdict {
  const { now } = context
  const billed = isBilled(reply)
  if (reply.kind === 'network') {
    // A call that left may have been carried out.
    const result = billed ? 'unknown' : 'refused'
    return {
      answer: { at: now, result, status: null, wait: 'unavailable', billed },
      pause: { why: 'unavailable', until: now + failedMs(context) },
    }
  }
  const { status, serverAt } = reply
  const at = serverAt ?? now
  if (isSuccess(reply)) return { answer: { at, result: 'disabled', status, wait: null, billed }, pause: null }
  if (isMissing(reply))
    return { answer: { at, result: 'gone', status, wait: 'account-gone', billed }, pause: null }
  const pause = pauseAfter(reply, context)
  const result = isServiceFailure(status) ? 'unknown' : 'refused'
  return { answer: { at, result, status, wait: pause.why, billed }, pause }
}

type Refusal = Extract<UploadAnswer, { kind: 'response' }>

function pauseAfter(refusal: Refusal, context: VerdictContext): NonNullable<EmergencyVerdict['pause']> {
  const { status, retryAfter } = refusal
  const { now, settings } = context
  const { throttledMs, accessMs } = settings
  if (status === 429 || isServiceFailure(status)) {
    const asked = retryAfterMs(retryAfter, now) ?? (status === 429 ? throttledMs : failedMs(context))
    return { why: 'unavailable', until: now + Math.min(Math.max(asked, 1_000), LONGEST_PAUSE_MS) }
  }
  if (isNotEnabled(refusal)) return { why: 'not-enabled', until: now + accessMs }
  return { why: 'access', until: now + accessMs }
}

function failedMs({ failures, settings }: VerdictContext): number {
  return Math.min(LONGEST_FAILED_MS, settings.failedMs * 2 ** Math.min(failures, 10))
}
