/** Why a leaver case is open. One table: what it means, what to do, and whether waiting helps. */
export const LEAVER_CAUSES = {
  held: {
    meaning: 'the termination takes effect later',
    fix: 'nothing: the employee is planned at that moment',
    waits: true,
  },
  'under-way': {
    meaning: 'the deactivation waits to be sent or answered',
    fix: 'nothing, unless it lasts: rollcall status shows what holds submission',
    waits: true,
  },
  'confirmation-due': {
    meaning:
      'the emergency lane disabled the account, and the confirmation of the provisioning job is still due',
    fix: 'nothing: the deactivation is still sent, and rollcall trace EMPLOYEE shows both',
    waits: true,
  },
  'behind-another': {
    meaning: 'an earlier operation of the employee is unanswered, and the deactivation waits for its answer',
    fix: 'nothing, unless it lasts: rollcall trace EMPLOYEE shows the operation it waits for',
    waits: true,
  },
  brake: {
    meaning: 'the brake holds the deactivation',
    fix: 'ask HR whether so many employees leave, then run rollcall brake release or rollcall brake refuse',
    waits: false,
  },
  'brake-refused': {
    meaning: 'an operator refused the deactivation that the brake held, so the account stays enabled',
    fix: 'ask HR to take the termination back; if the employee leaves after all, run rollcall brake release EMPLOYEE',
    waits: false,
  },
  pilot: {
    meaning: 'the employee is outside the pilot, so the deactivation is not sent',
    fix: 'disable the account by hand and acknowledge, or widen the pilot in rollcall.yaml',
    waits: false,
  },
  failed: {
    meaning: 'the directory did not accept the deactivation; it is resent',
    fix: 'look the code up with rollcall trace EMPLOYEE, or disable the account by hand and acknowledge',
    waits: true,
  },
  'no-outcome': {
    meaning: 'the provisioning log never mentioned the deactivation; it is resent',
    fix: 'check the account in the directory; acknowledge once it is disabled',
    waits: true,
  },
  unproven: {
    meaning: 'the state of the account is no longer known; the deactivation is resent',
    fix: 'nothing, unless it lasts: then check the account in the directory',
    waits: true,
  },
  'not-in-directory': {
    meaning: 'the directory has no account with this employee id',
    fix: 'look for an account under another id; acknowledge if there is none',
    waits: false,
  },
  'id-nearly-matches': {
    meaning: 'no account is known under this employee id, and the ids named in the detail nearly match it',
    fix: 'ask HR which employee leaves; correct the id at the source, or declare employeeId of the source, then replay',
    waits: false,
  },
  refused: {
    meaning: 'intake refused the message with the termination, and no other event ends the employment',
    fix: 'put the message right: rollcall dead-letters list, then rollcall replay; or disable the account by hand and acknowledge',
    waits: false,
  },
  'out-of-scope': {
    meaning: 'the scope of the job leaves this employee out, so nothing was changed',
    fix: 'check the scoping filters of the job, or disable the account by hand and acknowledge',
    waits: false,
  },
  'superseded-by-earlier': {
    meaning: 'an event that HR recorded before the termination makes the employee active',
    fix: 'ask HR which of the two is right; acknowledge if the employee still works here',
    waits: false,
  },
  contradicted: {
    meaning:
      'the termination has no effect: HR, asked about it, says that the employee is active, or no event decides any more',
    fix: 'ask HR to send a snapshot; acknowledge if the employee still works here',
    waits: false,
  },
  erased: {
    meaning: 'the employee was erased before there was proof that the account is disabled',
    fix: 'check the account in the directory; acknowledge once it is disabled',
    waits: false,
  },
} as const satisfies Readonly<Record<string, LeaverCauseText>>

export type LeaverCause = keyof typeof LEAVER_CAUSES

/** How a case ends without a person; a person ends it as `acknowledged`. */
export type LeaverEnd =
  /** The directory is known to hold the account disabled. */
  | 'proven'
  /** An event that HR recorded later makes the employee active. */
  | 'superseded'
  | 'rescinded'
  /** A person discarded the event of the case. */
  | 'discarded'

/** Every way in which a case can be closed. */
export type ClosedAs = LeaverEnd | 'acknowledged'

interface LeaverCauseText {
  readonly meaning: string
  readonly fix: string
  /** Whether time alone may close the case. */
  readonly waits: boolean
}
