import type { HoldName } from '../ledger/port/submit.ts'
import type { UploadAnswer } from '../ports.ts'

/**
 * What to do about an answer. A snooze costs no attempt. A batch that is refused is not sent again
 * as it is: the ledger halves it until the operation that the service does not accept is alone.
 */
export type Verdict =
  | { readonly kind: 'done'; readonly requestId: string | null; readonly acceptedAt: number }
  | { readonly kind: 'retry'; readonly at: number; readonly status: number | null }
  | {
      readonly kind: 'snooze'
      readonly until: number
      readonly status: number | null
      readonly why: Exclude<HoldName, 'budget' | 'job' | 'restored'>
    }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly code: string
      readonly requestId: string | null
    }

export interface VerdictSettings {
  readonly retryMs: number
  readonly retryCapMs: number
  /** Waited after a 429 that names no time. */
  readonly throttledMs: number
  /** Waited when the service has no room for staged data. */
  readonly fullMs: number
  /** Waited while the service is down, before the next attempt. */
  readonly circuitMs: number
  /** Waited after an answer that needs a person to act. */
  readonly accessMs: number
}

/** A batch occupies its loop between attempts, so a longer `Retry-After` is cut to this. */
const LONGEST_RETRY_MS = 600_000

/** The network code of a call that was not made, because the previous ones all failed. */
export const CIRCUIT_OPEN = 'CircuitOpen'

export interface VerdictContext {
  /** The number of the attempt, from 1. */
  readonly attempt: number
  readonly now: number
  /** In [0, 1); spreads retries. */
  readonly chance: number
  readonly settings: VerdictSettings
}

export function verdictOf(answer: UploadAnswer, { attempt, now, chance, settings }: VerdictContext): Verdict {
  // Whole milliseconds, because the ledger stores the moment as an integer.
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
      return { kind: 'refused', status, code: answer.code ?? `Http${status}`, requestId }
    case 429:
      return { kind: 'snooze', until: now + bounded(named ?? settings.throttledMs), status, why: 'throttled' }
    case 401:
      // A token can be revoked before it expires, so one fresh token is worth an attempt.
      if (attempt === 1) return { kind: 'retry', at: now, status }
      return { kind: 'snooze', until: now + settings.accessMs, status, why: 'access' }
    case 403:
    case 404:
      return { kind: 'snooze', until: now + settings.accessMs, status, why: 'access' }
    default:
      if (isFull(answer)) return { kind: 'snooze', until: now + settings.fullMs, status, why: 'full' }
      if (isServiceFailure(status))
        return {
          kind: 'retry',
          at: now + Math.max(backoffMs, Math.min(named ?? 0, LONGEST_RETRY_MS)),
          status,
        }
      return { kind: 'snooze', until: now + settings.accessMs, status, why: 'access' }
  }
}

/** The status of an answer, or the network code, as metrics and messages name it. */
export function statusLabel(answer: UploadAnswer): string {
  return answer.kind === 'response' ? String(answer.status) : answer.code
}

/** The service failed, and may have acted all the same. */
export function isServiceFailure(status: number): boolean {
  return status === 408 || status >= 500
}

/** The service has no room for more staged data until its next cycle. */
export function isFull({ status, message }: Extract<UploadAnswer, { kind: 'response' }>): boolean {
  return status === 500 && message?.startsWith('The bucket that stores the ingested data is full') === true
}

/**
 * At least a second, because every attempt costs a call of the day; at most a day, because no quota
 * lasts longer.
 */
function bounded(ms: number): number {
  return Math.min(Math.max(ms, 1_000), 86_400_000)
}

/** `Retry-After` in seconds, which may be fractional, or as a date. `null` when it says neither. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000)
  // `Date.parse` is lenient and would read other texts as dates.
  const at = / GMT$/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
