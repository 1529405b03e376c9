import type { UploadAnswer } from '../ports.ts'
import { type Verdict, verdictOf, type VerdictContext } from '../provision/verdict.ts'
import { isNotEnabled, isTaken } from './reply.ts'

/** What the calls for one operation came to. */
export type WriteVerdict =
  /** The directory holds the record. */
  | { readonly kind: 'done'; readonly did: 'create' | 'update'; readonly objectId: string | null }
  /** There is no account, and the record disables one: nothing was done. */
  | { readonly kind: 'no-account' }
  | Failure
  /**
   * Refused with 403: a permission is missing, or this account may not be changed, as that of an
   * administrator. Other operations tell which.
   */
  | { readonly kind: 'forbidden'; readonly wait: Wait; readonly failure: Failure }
  /** Not done yet: the service throttles, fails or does not answer, or a person has to act. */
  | { readonly kind: 'again'; readonly wait: Wait }

/** Refused because of the record. */
export interface Failure {
  readonly kind: 'failed'
  readonly code: string
  /** The service's own text. Never logged, because the service writes it. */
  readonly reason: string | null
  /** The account that it is about, when there is one. */
  readonly objectId: string | null
}

/** How long to wait: this operation alone (`retry`), or all of the destination (`snooze`). */
export type Wait = Extract<Verdict, { readonly kind: 'snooze' | 'retry' }>

/** The code of the reason catalogue for a value that another object has. */
export const CONFLICT = 'Conflict'
const FORBIDDEN = 'Forbidden'

/** What an answer other than success means. `objectId` is the account that the call was about. */
export function refusalOf(
  reply: UploadAnswer,
  objectId: string | null,
  context: VerdictContext,
): Exclude<WriteVerdict, { readonly kind: 'done' | 'no-account' }> {
  const wait = waitAfter(reply, context)
  if (wait !== null && isForbidden(reply))
    return { kind: 'forbidden', wait, failure: failureOf(reply, objectId) }
  return wait === null ? failureOf(reply, objectId) : { kind: 'again', wait }
}

/** `null` when waiting does not help, because the record is refused. */
function waitAfter(reply: UploadAnswer, context: VerdictContext): Wait | null {
  if (reply.kind === 'response') {
    const { status } = reply
    const { now, settings } = context
    if (isForbidden(reply) || isNotEnabled(reply))
      return { kind: 'snooze', until: now + settings.accessMs, status, why: 'access' }
    if (isAboutRecord(status)) return null
  }
  const verdict = verdictOf(reply, context)
  return verdict.kind === 'snooze' || verdict.kind === 'retry' ? verdict : null
}

function isAboutRecord(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 404, 408, 429].includes(status)
}

function isForbidden(reply: UploadAnswer): boolean {
  return reply.kind === 'response' && reply.status === 403
}

function failureOf(reply: UploadAnswer, objectId: string | null): Failure {
  if (reply.kind === 'network') return { kind: 'failed', code: reply.code, reason: null, objectId }
  return { kind: 'failed', code: codeOf(reply), reason: reply.message, objectId }
}

function codeOf(reply: Extract<UploadAnswer, { readonly kind: 'response' }>): string {
  if (isTaken(reply)) return CONFLICT
  return isForbidden(reply) ? FORBIDDEN : (reply.code ?? `Http${reply.status}`)
}
