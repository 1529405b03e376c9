import type { EventState, FinalEventState, OperationState } from '../../ledger/lifecycle.ts'
import type { Interim } from '../../ledger/port/report.ts'
import type { Link } from '../../connections/connection.ts'
import { linkInWords } from '../../connections/words.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import { resendAfter } from '../../plan/decide/resend.ts'
import { unreachable } from '../../errors.ts'

/**
 * How operations end, and what their end means for the events they carried. The ledger loads and
 * stores; every choice is made here.
 */

/** The service's word for "the target already holds these values". */
export const REDUNDANT_EXPORT = 'RedundantExport'

/** Reasons of `unchanged` events. */
export const DIRECTORY_HELD_IT = 'DirectoryHeldIt'
export const NOT_IN_DIRECTORY = 'NotInDirectory'

/** An interim outcome that can become final; `escrowed` waits for the service's own retry. */
export type FinalInterim = Exclude<Interim, 'escrowed'>

/** An operation whose quiet period is over. */
export interface AnsweredOperation {
  readonly interim: FinalInterim
  readonly code: string | null
  readonly deactivationOnly: boolean
  /** It had been given up, or had failed, before this answer came. */
  readonly isLate: boolean
}

/** An event that names the operation. */
export interface CarriedEvent {
  readonly state: EventState
  readonly reason: string | null
  /** Ledger sequence of the event that supersedes it, once the operation has succeeded. */
  readonly by: number | null
}

export interface EventOutcome {
  readonly state: FinalEventState
  readonly reason: string | null
  readonly by: number | null
}

/** … and what the service itself says about the employee; `null` when it was not asked. */
export interface SilenceOutcome extends EventOutcome {
  readonly detail: string | null
}

/**
 * The outcome of an event when its operation becomes final, or `null` when the event keeps its
 * state.
 *
 * - A planned event ends with its operation. After a failure it gets no outcome yet: it is planned
 *   again, beside the failure, so that the failure can be attributed.
 * - An answer that came late also replaces the outcome that its lateness caused. An event that was
 *   replayed, discarded or carried by another operation since then keeps what it has.
 */
export function outcomeOfAnswer(operation: AnsweredOperation, event: CarriedEvent): EventOutcome | null {
  const replaced = operation.isLate && isEndedBySilence(event)
  if (event.state !== 'planned' && !replaced) return null
  if (operation.interim === 'failed')
    return replaced ? { state: 'dead-lettered', reason: operation.code, by: null } : null
  if (event.by !== null) return { state: 'superseded', reason: null, by: event.by }
  return { ...successOf(operation, operation.interim, event.reason), by: null }
}

/** Whether an event ended because its operation failed or was never answered. */
function isEndedBySilence({ state, reason }: CarriedEvent): boolean {
  return state === 'dead-lettered' || (state === 'unchanged' && reason === EVENT_REASONS.noRecord)
}

function successOf(
  { code, deactivationOnly }: AnsweredOperation,
  interim: Exclude<FinalInterim, 'failed'>,
  reason: string | null,
): Pick<EventOutcome, 'state' | 'reason'> {
  switch (interim) {
    case 'confirmed':
      if (deactivationOnly) return { state: 'confirmed', reason: EVENT_REASONS.deactivationOnly }
      return { state: 'confirmed', reason: reason === EVENT_REASONS.blocked ? reason : null }
    case 'unchanged':
      return { state: 'unchanged', reason: code === REDUNDANT_EXPORT ? DIRECTORY_HELD_IT : NOT_IN_DIRECTORY }
    case 'skipped':
      return { state: 'skipped', reason: code }
    default:
      return unreachable(interim)
  }
}

/** Whether the directory holds the operation's record after this answer. */
export function isAccepted(interim: Interim | null, code: string | null): boolean {
  return interim === 'confirmed' || (interim === 'unchanged' && code === REDUNDANT_EXPORT)
}

/**
 * Whether an answer from the log changes an operation in this state. An operation that was given up
 * takes any answer. A failure gives way to a success only.
 */
export function takesAnswer(
  { state, interim }: { readonly state: OperationState; readonly interim: Interim | null },
  answer: Interim,
): boolean {
  switch (state) {
    case 'accepted':
    case 'unanswered':
      return true
    case 'escrowed':
      return answer !== 'escrowed'
    case 'failed':
      return isSuccess(answer)
    case 'answered':
      return interim === 'failed' && isSuccess(answer)
    case 'pending':
    case 'batched':
    case 'confirmed':
    case 'unchanged':
    case 'skipped':
    case 'withdrawn':
      return false
    default:
      return unreachable(state)
  }
}

function isSuccess(answer: Interim): boolean {
  return answer === 'confirmed' || answer === 'unchanged'
}

/** An accepted operation that the log has not answered by its deadline. */
export interface UnansweredOperation {
  /** How often the employee's record was resent because it had no answer. */
  readonly resends: number
  /** How many operations of the same call were answered. */
  readonly answeredInCall: number
  /** It deactivates an employee whose last accepted record is active. */
  readonly deactivates: boolean
  /** Whether the job knows an account of the employee. */
  readonly link: Link
}

/** The decision for an unanswered operation: `unchanged` and `given-up` end its events. */
export type Silence = 'resend' | 'unchanged' | 'given-up'

/**
 * The directory's state is unknown, so the employee's record is sent again, at most `maxResends`
 * times; `null` when the service lost the operations, which costs no resend. When other operations
 * of the call were answered and this one was not, twice, the record is assumed to have changed
 * nothing. That is never assumed of a deactivation: silence does not prove that an account is
 * disabled. Nor is it assumed of an employee for whom the job knows no account. A connection does
 * not make up for a log record: it has no date, so an old record may have made it, and an operation
 * is never confirmed by one.
 */
export function decideUnanswered(operation: UnansweredOperation, maxResends: number | null): Silence {
  if (maxResends === null) return 'resend'
  const { resends, answeredInCall, deactivates, link } = operation
  if (answeredInCall > 0 && resends >= 1 && !deactivates && link !== 'unlinked') return 'unchanged'
  return resends + 1 >= maxResends ? 'given-up' : 'resend'
}

/** Whether `decideUnanswered` may end the operation's events, so that the service should be asked. */
export function mayEnd(resends: number, maxResends: number): boolean {
  return resends >= 1 || resends + 1 >= maxResends
}

/** The outcome of an event that an unanswered operation carried. */
export function outcomeOfSilence(
  silence: 'unchanged' | 'given-up',
  by: number | null,
  link: Link,
): SilenceOutcome {
  if (by !== null) return { state: 'superseded', reason: null, by, detail: null }
  const detail = linkInWords(link)
  return silence === 'unchanged'
    ? { state: 'unchanged', reason: EVENT_REASONS.noRecord, by, detail }
    : { state: 'dead-lettered', reason: EVENT_REASONS.noOutcome, by, detail }
}

/**
 * How long until an unanswered operation that carried no event is sent again, in milliseconds;
 * `null` for never. No event is left that could be replayed, so the resend needs no request.
 */
export function resendAfterSilence(resends: number, active: boolean): number | null {
  return resendAfter(Math.max(1, resends), active)
}

/** A failed operation that carried no event of its own. */
export interface FailedResend {
  /** Failures in a row. */
  readonly failures: number
  readonly active: boolean
  /** The service refused it in the call. */
  readonly refused: boolean
  /** The last accepted record is known and inactive. */
  readonly knownInactive: boolean
}

/**
 * How long until it is sent again, in milliseconds; `null` for never. What was refused in the call
 * would be refused again, except that a deactivation can still be sent without the rest of the
 * record. An employee who is known to be inactive needs no other attempt.
 */
export function resendAfterFailure(failed: FailedResend): number | null {
  if (failed.active ? failed.refused : failed.knownInactive) return null
  return resendAfter(failed.failures, failed.active)
}
