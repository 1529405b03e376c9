import type { HoldName } from '../ledger/port/submit.ts'
import type { UploadAnswer } from '../ports.ts'

/** What to do about an answer. A snooze costs no attempt. */
export type Verdict =
  | { readonly kind: 'done'; readonly requestId: string | null; readonly acceptedAt: number }
  | { readonly kind: 'retry'; readonly at: number; readonly status: number | null }
  | {
      readonly kind: 'snooze'
      readonly until: number
      readonly status: number | null
      readonly why: Exclude<HoldName, 'job' | 'restored'>
    }
  | {
      readonly kind: 'reject'
      readonly status: number
      readonly reason: string
      readonly requestId: string | null
    }

export interface VerdictSettings {
  readonly retryMs: number
  readonly retryCapMs: number
  /** Waited after a 429 that names no time. */
  readonly throttledMs: number
  /** Waited when the service has no room left for staged data. */
  readonly fullMs: number
  /** Waited while the service is down, before it is tried again. */
  readonly circuitMs: number
  /** Waited after an answer that only a person can do something about. */
  readonly refusedMs: number
}

/** A batch keeps its loop while it waits to be tried again, so it does not wait for as long as anybody may ask. */
const LONGEST_RETRY_MS = 600_000

/** The network code of a call that was not made, because the last ones all failed. */
export const CIRCUIT_OPEN = 'CircuitOpen'

/** `attempt` counts from 1; `chance` in [0, 1) spreads retries. */
export function verdictOf(
  answer: UploadAnswer,
  attempt: number,
  now: number,
  chance: number,
  settings: VerdictSettings,
): Verdict {
  // Whole milliseconds: the ledger keeps the moment as an integer and would refuse the answer otherwise.
  const backoffMs = Math.ceil(
    Math.min(settings.retryCapMs, settings.retryMs * 2 ** (attempt - 1)) * (0.5 + chance / 2),
  )
  if (answer.kind === 'network') {
    if (answer.code === CIRCUIT_OPEN)
      return { kind: 'snooze', until: now + settings.circuitMs, status: null, why: 'circuit' }
    return { kind: 'retry', at: now + backoffMs, status: null }
  }
  const { status, requestId } = answer
  const named = retryAfterMs(answer.retryAfter, now)
  switch (status) {
    case 202:
      return { kind: 'done', requestId, acceptedAt: answer.serverAt ?? now }
    case 400:
    case 413:
      return { kind: 'reject', status, reason: answer.code ?? `Http${status}`, requestId }
    case 429:
      return { kind: 'snooze', until: now + bounded(named ?? settings.throttledMs), status, why: 'throttled' }
    case 401:
      // A token can be withdrawn before it expires: one fresh token is worth an attempt.
      if (attempt === 1) return { kind: 'retry', at: now, status }
      return { kind: 'snooze', until: now + settings.refusedMs, status, why: 'refused' }
    case 403:
    case 404:
      return { kind: 'snooze', until: now + settings.refusedMs, status, why: 'refused' }
    default:
      if (isFull(answer)) return { kind: 'snooze', until: now + settings.fullMs, status, why: 'full' }
      if (status >= 500 || status === 408)
        return {
          kind: 'retry',
          at: now + Math.max(backoffMs, Math.min(named ?? 0, LONGEST_RETRY_MS)),
          status,
        }
      return { kind: 'snooze', until: now + settings.refusedMs, status, why: 'refused' }
  }
}

/** The service has no room for more staged data: what it waits for is its own next cycle. */
export function isFull({ status, message }: Extract<UploadAnswer, { kind: 'response' }>): boolean {
  return status === 500 && message?.startsWith('The bucket that stores the ingested data is full') === true
}

/** Every try costs a call of the day, so one that is told to come back at once waits all the same; and no quota lasts longer than a day. */
function bounded(ms: number): number {
  return Math.min(Math.max(ms, 1_000), 86_400_000)
}

/** `Retry-After` in seconds, which may be fractional, or as a date. `null` when it says neither. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000)
  // Whatever else stands there, a lenient parser would make a date of it.
  const at = / GMT$/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
