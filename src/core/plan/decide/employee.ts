import type { EventState, OperationState } from '../../ledger/lifecycle.ts'
import type { LedgerEvent } from '../fold/event.ts'

/** Everything that has to be known of one employee to decide what happens next. */
export interface Employee {
  readonly employeeId: string
  /** Raised by whatever changes what a plan depends on; a plan is committed only while it is the same. */
  readonly revision: number
  readonly events: readonly EmployeeEvent[]
  /** Fingerprint of the record the directory took last; `null` when it took none, or when what it holds is not known. */
  readonly acceptedHash: string | null
  /** Whether the directory ever took a record of this person. */
  readonly known: boolean
  /** The operation that failed for good last; what it carried is to be blamed. */
  readonly failure?: Failure
  /** Fingerprint of the record that failed for good last: it is not sent again of itself. */
  readonly failedHash?: string | null
  /** When the log says that the employee was deactivated, by no operation we know of; reversed only by what HR recorded later. */
  readonly disabledElsewhereAt?: number
  /** There is an open leaver case; `resend`: its operation is to go once more, whatever ended the last. */
  readonly leaver?: { readonly resend: boolean }
  /** Sent and not answered, oldest first. */
  readonly unanswered: readonly UnansweredOperation[]
}
export interface EmployeeEvent extends LedgerEvent {
  readonly state: EventState
  readonly reason: string | null
  /** The event its outcome names: the one that stands in its place, or took it out. */
  readonly by?: number | null
}
/** An operation that failed for good, after the last one the directory took. */
export interface Failure {
  readonly hash: string
  readonly active: boolean
  readonly code: string
  /** In the words of the service; may hold values of the person. */
  readonly reason: string | null
  /** Refused in the call: the same again would be refused again. */
  readonly refused: boolean
  /** How often this very record failed; offers that carry no event count in a row, whatever they say. */
  readonly failures: number
  /** When that was known. */
  readonly at: number
  /** The service said later that there is nothing to take: the directory does not know the person, or leaves them out. */
  readonly settled?: boolean
  /** Ledger sequences of the open events it carried. */
  readonly carried: readonly number[]
  /** The record the directory took last, whether or not it still holds it. */
  readonly lastAccepted: string | null
}
export interface UnansweredOperation {
  readonly id: string
  readonly state: Extract<OperationState, 'batched' | 'accepted'>
  readonly active: boolean
}

/** Why an event is where it is: a word for programs, kept beside its state and published with its outcome. */
export const REASONS = {
  /** Nothing it says goes to the directory. */
  nothingMapped: 'NothingMapped',
  /** The directory already took a record with these values. */
  sameRecord: 'SameRecord',
  /** Its person lacks the attributes named in the detail. */
  incomplete: 'Incomplete',
  /** Takes effect later. */
  notYet: 'NotYetEffective',
  /** Makes its person active later; what it says is sent ahead, disabled, with the date. */
  announced: 'Announced',
  /** A notice: what it is about is being read from the HR system. */
  unread: 'AwaitingRead',
  rescinded: 'Rescinded',
  /** A rescind whose target has not arrived: it waits for it, and nothing can be told of the target until then. */
  targetUnknown: 'TargetUnknown',
  /** A rescind of something that never reached the directory. */
  nothingSent: 'NothingSent',
  /** The person was put out alone: what else the event says was not taken. */
  deactivationOnly: 'DisabledAlone',
  /** The log shows a deactivation that we did not send, and nothing HR recorded since says that the employee is active. */
  disabledElsewhere: 'DisabledElsewhere',
  /** Too many people would lose access at once: somebody has to look. */
  brake: 'Brake',
} as const

export interface EventDecision {
  readonly seq: number
  readonly state: EventState
  readonly reason: string | null
  /** Names of attributes, never values. */
  readonly detail: string | null
  /** The event that stands in its place. */
  readonly by: number | null
}

/** Events that died only because their person was incomplete come back by themselves once it is complete. */
export const INCOMPLETE_RECORD = 'IncompleteRecord'
/** Nothing was ever heard of its operation: the directory may have taken it, so it stays in the fold. */
export const NO_OUTCOME = 'NoOutcome'
/** Nothing was said of it while its neighbours were answered, and nothing again when it was offered once more. */
export const NO_RECORD = 'NoRecord'

/** A dead letter that somebody discarded: it counts as if it had never happened. */
export const DISCARDED = 'Discarded'
/** A rescind of an event that retention folded away: what it would bring back is gone, so a snapshot has to say what holds. */
export const RESCIND_BEYOND_RETENTION = 'RescindBeyondRetention'
/** What a notice is about could not be read from the HR system. */
export const HYDRATE_FAILED = 'HydrateFailed'
/** A rule of the mapping cannot be carried out with what its event says. */
export const MAPPING_FAILED = 'MappingFailed'
/** A rescind that names an event of another employee: refused, and does nothing. */
export const RESCIND_MISMATCH = 'RescindMismatch'

/** Whether a dead-lettered event has left the fold. */
export function leavesFold(reason: string | null): boolean {
  return reason !== INCOMPLETE_RECORD && reason !== NO_OUTCOME
}
