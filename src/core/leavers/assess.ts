import type { LeaverView } from '../ledger/port/leavers.ts'
import type { EmployeeState } from '../plan/fold/state.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import { type Employee, type EmployeeEvent, mayBecomeActive } from '../ledger/employee.ts'
import { effectiveState } from '../plan/decide/effective-state.ts'
import { EVENT_REASONS } from '../ledger/event-reason.ts'
import { unreachable } from '../errors.ts'
import { LEAVER_CAUSES, type LeaverCause, type LeaverEnd } from './causes.ts'
import { isErasedId } from './erased-id.ts'
import { resendAfterMs } from './schedule.ts'

export type Assessment =
  | {
      readonly kind: 'ended'
      readonly as: LeaverEnd
      readonly at: number
      /** An answer to the emergency lane was the first proof. */
      readonly byEmergency: boolean
    }
  | {
      readonly kind: 'open'
      readonly cause: LeaverCause
      /** A code, never a value. */
      readonly detail: string | null
      /**
       * When the operation is resent or the termination takes effect; `null` when a person has to
       * act.
       */
      readonly nextAt: number | null
    }
type Open = Extract<Assessment, { kind: 'open' }>

/**
 * Assesses a leaver case at `now`. Pure. It ends only on proof, on a later event from HR, or on an
 * action of a person; in doubt it stays open, because the account may still be enabled.
 */
export function assessLeaver(view: LeaverView, now: number, rules?: FoldRules): Assessment {
  const { leaverCase, employee, directory } = view
  if (leaverCase.refused) return assessRefused(view, now, rules)
  if (!employee) return open('erased')
  const { event: name } = leaverCase
  const event = employee.events.find(({ source, id }) => source === name.source && id === name.id)
  const folded = effectiveState(employee, now, rules)
  const ended = endedBy(event, folded)
  if (ended && folded.attributes.get('active')?.value !== false) return endedAs(ended, now)
  if (leaverCase.effectiveAt > now && !ended) return open('held', null, leaverCase.effectiveAt)

  const active = folded.attributes.get('active')
  if (active?.value !== false) {
    const winner = employee.events.find(({ seq }) => seq === active?.by)
    // A notice of the termination that HR answered with an active employee does not end its own
    // case.
    if (!winner || winner === event) return open('contradicted')
    return winner.recordedAt >= leaverCase.recordedAt
      ? endedAs('superseded', now)
      : open('superseded-by-earlier')
  }
  const mayActivate = mayBecomeActive(employee)
  if (directory.disabled && !mayActivate) return proven(view, directory.since ?? now)
  const assessment = assessUnproven(view, employee, event)
  // An activation that the service may still carry out would undo what the lane did.
  return mayActivate ? assessment : byLane(view, assessment)
}

function endedAs(as: LeaverEnd, at: number): Assessment {
  return { kind: 'ended', as, at, byEmergency: false }
}

/** Proven by the log; an answer to the emergency lane may have come first. */
function proven({ leaverCase, emergency: { disabledAt } }: LeaverView, at: number): Assessment {
  return disabledAt !== null && disabledAt < at
    ? { kind: 'ended', as: 'proven', at: Math.max(disabledAt, leaverCase.openedAt), byEmergency: true }
    : endedAs('proven', at)
}

/**
 * The case stays open until the log confirms what the emergency lane did, so that the normal way goes
 * on to the end. What only a person can close stays what it is.
 */
function byLane({ emergency: { disabledAt, wait } }: LeaverView, assessment: Open): Open {
  if (!LEAVER_CAUSES[assessment.cause].waits) return assessment
  if (disabledAt !== null)
    return {
      ...assessment,
      cause: 'confirmation-due',
      detail: `disabled at ${new Date(disabledAt).toISOString()}`,
    }
  return wait === null ? assessment : { ...assessment, detail: `emergency lane: ${wait}` }
}

/**
 * The event of the case never reached the employee. The case ends when other events have led to a
 * disabled account, or when HR records later that the employee is active.
 */
function assessRefused(view: LeaverView, now: number, rules?: FoldRules): Assessment {
  const { leaverCase, employee, directory } = view
  if (!employee) return notKnown(view, isErasedId(leaverCase.employeeId) ? 'erased' : 'refused')
  const active = effectiveState(employee, now, rules).attributes.get('active')
  if (active?.value === false && directory.disabled && !mayBecomeActive(employee))
    return endedAs('proven', Math.max(directory.since ?? now, leaverCase.openedAt))
  const winner = employee.events.find(({ seq }) => seq === active?.by)
  if (active?.value === true && winner && winner.recordedAt > leaverCase.recordedAt)
    return endedAs('superseded', now)
  return notKnown(view, 'refused')
}

/** No account is known under this id. Ids that nearly match are named. */
function notKnown({ candidates }: LeaverView, cause: LeaverCause, detail: string | null = null): Open {
  return candidates.length === 0 ? open(cause, detail) : open('id-nearly-matches', candidates.join(', '))
}

/** Why the event no longer terminates; `null` when it does. */
function endedBy(event: EmployeeEvent | undefined, folded: EmployeeState): 'discarded' | 'rescinded' | null {
  if (event?.discarded) return 'discarded'
  return event && folded.effects.get(event.seq)?.kind === 'rescinded' ? 'rescinded' : null
}

/** Why there is no proof that the account is disabled, and when the operation is resent. */
function assessUnproven(view: LeaverView, { unanswered }: Employee, event: EmployeeEvent | undefined): Open {
  const { leaverCase, last, brake } = view
  if (brake !== null) return open(brake === 'held' ? 'brake' : 'brake-refused')
  if (event?.state === 'held' && event.reason === EVENT_REASONS.pilot) return open('pilot')
  if (unanswered.length > 0) return open(last?.active ? 'behind-another' : 'under-way')
  if (event && (event.state === 'received' || event.state === 'planned')) return open('under-way')
  const cause = last ? causeOf(last) : 'unproven'
  if (cause === 'under-way') return open(cause)
  if (!last || last.active) {
    // No deactivation was sent, or not since the last activation.
    const isDead = event?.state === 'dead-lettered'
    const since = leaverCase.openedAt
    return resent(isDead ? 'failed' : 'unproven', isDead ? event.reason : null, since, leaverCase.resends)
  }
  if (cause === 'not-in-directory') return notKnown(view, cause, last.code)
  return cause === 'out-of-scope'
    ? open(cause, last.code)
    : resent(cause, last.code, last.endedAt ?? leaverCase.openedAt, leaverCase.resends)
}

function causeOf({ state, tookNothing }: NonNullable<LeaverView['last']>): LeaverCause {
  switch (state) {
    case 'failed':
    case 'escrowed':
      return 'failed'
    case 'unanswered':
      return 'no-outcome'
    case 'unchanged':
      return tookNothing ? 'not-in-directory' : 'unproven'
    case 'skipped':
      return 'out-of-scope'
    case 'confirmed':
    case 'withdrawn':
      return 'unproven'
    case 'pending':
    case 'batched':
    case 'accepted':
    case 'answered':
      return 'under-way'
    default:
      return unreachable(state)
  }
}

function open(cause: LeaverCause, detail: string | null = null, nextAt: number | null = null): Open {
  return { kind: 'open', cause, detail, nextAt }
}

function resent(cause: LeaverCause, detail: string | null, since: number, resends: number): Open {
  return open(cause, detail, since + resendAfterMs(resends))
}
