/**
 * Why a leaver case is open. One table: what it means, what to do, and whether waiting helps. Later causes (an id that nearly matches, a
 * refusal on intake) are added here.
 */
export const LEAVER_CAUSES = {
  held: {
    meaning: 'the leaving takes effect later',
    fix: 'nothing: the employee is planned at that moment',
    waits: true,
  },
  'under-way': {
    meaning: 'the deactivation waits to be sent, or for its answer',
    fix: 'nothing, unless it lasts: see rollcall status for what holds submission back',
    waits: true,
  },
  brake: {
    meaning: 'the brake holds the deactivation',
    fix: 'ask HR whether so many leave, then rollcall brake release',
    waits: false,
  },
  failed: {
    meaning: 'the directory did not take the deactivation; it is sent again',
    fix: 'look the code up with rollcall trace EMPLOYEE, or disable the account by hand and acknowledge',
    waits: true,
  },
  'no-outcome': {
    meaning: 'the log never spoke of the deactivation; it is sent again',
    fix: 'look at the account in the directory; acknowledge when it is disabled',
    waits: true,
  },
  unproven: {
    meaning: 'what the directory holds is not known any more; the deactivation is sent again',
    fix: 'nothing, unless it lasts: then look at the account in the directory',
    waits: true,
  },
  'not-in-directory': {
    meaning: 'the directory has no account with this employee id',
    fix: 'look for an account under another id; acknowledge when there is none',
    waits: false,
  },
  'out-of-scope': {
    meaning: 'the scope of the job leaves this employee out, so nothing was changed',
    fix: 'look at the scoping filters of the job, or disable the account by hand and acknowledge',
    waits: false,
  },
  'superseded-by-earlier': {
    meaning: 'an event that HR recorded before the leaving makes the employee active',
    fix: 'ask HR which of the two holds; acknowledge when the employee works here',
    waits: false,
  },
  contradicted: {
    meaning: 'nothing says any more whether the employee is active, and the leaving does not count',
    fix: 'ask HR, who can send a snapshot; acknowledge when the employee works here',
    waits: false,
  },
  erased: {
    meaning: 'the employee was erased before the directory was known to hold the account disabled',
    fix: 'look at the account in the directory; acknowledge when it is disabled',
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

interface LeaverCauseText {
  readonly meaning: string
  readonly fix: string
  /** Whether time alone may close the case. */
  readonly waits: boolean
}
