/**
 * Why an event is in its state: a code for programs, kept beside the state and published with the
 * outcome. One table for every code the connector gives itself.
 */
export const EVENT_REASONS = {
  /** The mapping passes none of the event's attributes to the directory. */
  nothingMapped: 'NothingMapped',
  /** The directory already accepted a record with these values. */
  sameRecord: 'SameRecord',
  /** The record lacks the attributes named in the detail. */
  incomplete: 'Incomplete',
  /** The event takes effect later. */
  notYet: 'NotYetEffective',
  /**
   * The event activates its employee later; its attributes are sent ahead, disabled, with the date.
   */
  announced: 'Announced',
  /** A notice: its employee is being read from the HR system. */
  unread: 'AwaitingRead',
  rescinded: 'Rescinded',
  /** A rescind whose target has not arrived yet. */
  targetUnknown: 'TargetUnknown',
  /** A rescind, a block or an unblock of what never reached the directory. */
  nothingSent: 'NothingSent',
  /** The directory accepted the deactivation only, not the event's other attributes. */
  deactivationOnly: 'DisabledAlone',
  /**
   * The log shows a deactivation this connector did not send, and HR has not activated the employee
   * since.
   */
  disabledElsewhere: 'DisabledElsewhere',
  /**
   * The event says that the employee is active, and a block keeps the account disabled. The other
   * values of the event are sent.
   */
  blocked: 'Blocked',
  /** The brake holds the deactivation back until a person releases it. */
  brake: 'Brake',
  /** An operator refused the deactivation that the brake held: the account stays as it is. */
  brakeRefused: 'BrakeRefused',
  /** The employee is outside the pilot, so nothing is sent. */
  pilot: 'Pilot',
  /**
   * Dead because required attributes stayed missing; the event returns once the record is complete.
   */
  incompleteRecord: 'IncompleteRecord',
  /**
   * Dead because the log never mentioned its operation. The directory may hold it, so it stays in
   * the fold.
   */
  noOutcome: 'NoOutcome',
  /**
   * Dead because the log answered its neighbours and not the event, and again not after the resend.
   */
  noRecord: 'NoRecord',
  /** A dead letter that a person discarded: it has no effect. */
  discarded: 'Discarded',
  /**
   * A rescind of an event that retention folded away: its former values are gone, so HR has to send
   * a snapshot.
   */
  rescindBeyondRetention: 'RescindBeyondRetention',
  /** The employee of a notice could not be read from the HR system. */
  hydrateFailed: 'HydrateFailed',
  /** A mapping rule fails on what the event says. */
  mappingFailed: 'MappingFailed',
  /** A rescind that names an event of another employee: refused, without effect. */
  rescindMismatch: 'RescindMismatch',
} as const
export type EventReason = (typeof EVENT_REASONS)[keyof typeof EVENT_REASONS]

/** A code of the directory, of its log or of a refused call, passed on unchanged. */
export type FailureCode = string & { readonly brand: 'FailureCode' }

/** Whether a dead-lettered event has left the fold. */
export function leavesFold(reason: string | null): boolean {
  return reason !== EVENT_REASONS.incompleteRecord && reason !== EVENT_REASONS.noOutcome
}
