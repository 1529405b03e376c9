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
