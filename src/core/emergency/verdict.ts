import { isBilled, isNotEnabled } from '../direct/reply.ts'
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
  if (reply.kind === 'network') {
    const sent = isBilled(reply)
    const result = sent ? 'unknown' : 'refused'
    return {
      answer: { at: now, result, status: null, wait: 'unavailable', billed: sent },
      pause: { why: 'unavailable', until: now + failedMs(context) },
    }
  }
  const { status, serverAt } = reply
  const at = serverAt ?? now
  if (status >= 200 && status < 300)
    return { answer: { at, result: 'disabled', status, wait: null, billed: true }, pause: null }
  if (status === 404)
    return { answer: { at, result: 'gone', status, wait: 'account-gone', billed: true }, pause: null }
  const pause = pauseAfter(reply, context)
  const result = isFailure(status) ? 'unknown' : 'refused'
  return { answer: { at, result, status, wait: pause.why, billed: false }, pause }
}

/** The service failed, and may have acted all the same. */
function isFailure(status: number): boolean {
  return status === 408 || status >= 500
}

type Refusal = Extract<UploadAnswer, { kind: 'response' }>

function pauseAfter(refusal: Refusal, context: VerdictContext): NonNullable<EmergencyVerdict['pause']> {
  const { status, retryAfter } = refusal
  const { now, settings } = context
  const { throttledMs, accessMs } = settings
  if (status === 429 || isFailure(status)) {
    const asked = retryAfterMs(retryAfter, now) ?? (status === 429 ? throttledMs : failedMs(context))
    return { why: 'unavailable', until: now + Math.min(Math.max(asked, 1_000), LONGEST_PAUSE_MS) }
  }
  if (isNotEnabled(refusal)) return { why: 'not-enabled', until: now + accessMs }
  return { why: 'access', until: now + accessMs }
}

function failedMs({ failures, settings }: VerdictContext): number {
  return Math.min(LONGEST_FAILED_MS, settings.failedMs * 2 ** Math.min(failures, 10))
}
