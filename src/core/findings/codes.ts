import type { ReasonOwner } from '../report/outcomes/reason-catalogue.ts'

/** What a code means and what to do about it, for an operator. */
export interface FindingKind {
  readonly code: string
  readonly cause: string
  readonly fix: string
  readonly owner: ReasonOwner
  /** `true`: a later event or log record may settle it. */
  readonly waitingHelps: boolean
  /** What acknowledging it does besides removing it from the list; `null` for nothing else. */
  readonly acknowledging: string | null
}

/** Every kind of finding. The commands, the docs and the counts are made from this table. */
export const FINDINGS = [
  {
    code: 'DisabledElsewhere',
    cause:
      'The provisioning log, or the account in the directory, shows that the employee was deactivated, and this ledger knows of no operation that did it: another system or an administrator did, or this connector before its ledger was restored from a backup. Nothing makes the account active until then.',
    fix: 'Find out who deactivated the employee. If the employee should be active, ask HR to record it, or acknowledge the finding; if not, ask HR to record the termination.',
    owner: 'HR data',
    waitingHelps: true,
    acknowledging:
      'The deactivation may be reversed: the employee is planned again from the events of HR, and becomes active if they say so.',
  },
  {
    code: 'LedgerOlderThanDirectory',
    cause:
      'The counter outside of the ledger is ahead of the ledger: the ledger is an older copy, or another ledger. Nothing is planned or sent.',
    fix: 'Feed again what HR sent since the copy was made, wait until it is taken in, and run rollcall ledger restored.',
    owner: 'service',
    waitingHelps: false,
    acknowledging: null,
  },
  {
    code: 'AccessContradiction',
    cause:
      'The type of an event says that the employee leaves, and its data says active: true. Full records of employees in their notice period often do. The leaving counts.',
    fix: 'Ask HR whether the employee leaves on that date. If not, ask HR to rescind the event or record that the employee is active.',
    owner: 'HR data',
    waitingHelps: false,
    acknowledging: 'Nothing else: the event keeps its effect.',
  },
  {
    code: 'PlaceholderDate',
    cause:
      'A date of an event is one that HR systems write where they have none, such as 0001-01-01. The day on which the event was recorded counts instead; a start at the end of time does not count at all.',
    fix: 'Ask HR to send the true date. If the date is meant, remove it from placeholderDates of the source.',
    owner: 'HR data',
    waitingHelps: false,
    acknowledging: 'Nothing else: the event keeps its effect.',
  },
  {
    code: 'TerminationBeforeStart',
    cause:
      'HR recorded a termination after an activation and dated it before, and knows no earlier activation that it could end. Employees who never started look like this, and terminations with a wrong date. The termination counts from that activation on.',
    fix: 'Ask HR whether the employee left or never started. If the employee works here, ask HR to rescind the termination or record a new activation.',
    owner: 'HR data',
    waitingHelps: false,
    acknowledging: 'Nothing else: the termination keeps its effect.',
  },
  {
    code: 'AccountGone',
    cause:
      'The emergency lane asked the directory to disable the account of a leaver, and the directory has no account with the object id that the ledger keeps. It was deleted, or the identity belongs to another tenant.',
    fix: 'Look for the account in the directory, deleted ones included. If it is deleted, acknowledge the finding and the leaver case; if not, disable it by hand.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the leaver case stays open until the provisioning job answers.',
  },
  {
    code: 'DepartureSkipped',
    cause:
      'The employee moves to another destination, and the provisioning job of the former one skipped the deactivation of the account there: the account is out of its scope, or its rules skip the change. The employee is sent to the new destination all the same.',
    fix: 'Look at the account at the former destination. If it is enabled, disable it by hand, or bring it into the scope of the job.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the account stays as it is.',
  },
  {
    code: 'LeaverStillEnabled',
    cause:
      'HR says that the employee left, and the account in the directory is enabled: it was enabled there again, another account has the employee id, or the directory never did what it confirmed.',
    fix: 'Find out who enabled the account. rollcall diff --repair sends the deactivation again; an account that should stay needs an event of HR.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the account stays enabled.',
  },
  {
    code: 'ActiveOnlyInDirectory',
    cause:
      'The last record that the directory accepted says active: false, HR never said that the employee left, and the account is enabled. A joiner who was enabled before the first day looks like this.',
    fix: 'Ask HR whether the employee works here. rollcall diff --repair sends the record of HR again.',
    owner: 'directory',
    waitingHelps: true,
    acknowledging: 'Nothing else: the account stays enabled.',
  },
  {
    code: 'LeftAccountEnabled',
    cause:
      'The employee moved to another destination, the account that was left behind was disabled there, and it is enabled again: the employee may have two accounts to sign in with.',
    fix: 'Disable the account by hand, unless the employee is to come back: then let HR report it.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the account stays enabled.',
  },
  {
    code: 'AccountMissing',
    cause:
      'The directory confirmed the account of an active employee, and lists no account with its object id or its employee id: it was deleted there.',
    fix: 'Restore the account in the directory within 30 days of its deletion, or let rollcall diff --repair send the record again, which makes a new account.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: there is no account until HR reports a change of the employee.',
  },
  {
    code: 'AccountTwice',
    cause:
      'Two accounts have the employee id of one employee. The service matches accounts by it, so it refuses the next operation of the employee or changes the wrong account.',
    fix: 'Remove the employee id from the account that is not of the employee.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: both accounts keep the employee id.',
  },
  {
    code: 'EmployeeIdChanged',
    cause:
      'The account of an employee has no employee id any more, or that of another employee. The service matches accounts by it, so it would make a second account.',
    fix: 'Write the employee id into the account again, or ask HR which of the two ids is right.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the account keeps the id that it has.',
  },
  {
    code: 'UserNameReused',
    cause:
      'The user name of an active employee belongs to another account, which has another employee id or none.',
    fix: 'Find out whose account it is. If it is that of the employee, write the employee id into it; if not, ask HR for another user name.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: the other account keeps the user name.',
  },
  {
    code: 'AccountDiffers',
    cause:
      'Attributes of an account are not what the directory confirmed: they were changed there, or the job computes them or does not clear them.',
    fix: 'Let rollcall diff --repair send the record again. For an attribute that the job computes, name its property, or null, under directory.compare.',
    owner: 'directory',
    waitingHelps: false,
    acknowledging: 'Nothing else: it is raised again when other attributes differ.',
  },
  {
    code: 'AccountNotInHr',
    cause: 'An enabled account has an employee id that no event of HR ever had.',
    fix: 'Ask HR for the employee. If there is none, disable the account or remove its employee id.',
    owner: 'HR data',
    waitingHelps: true,
    acknowledging: 'Nothing else: the account stays as it is.',
  },
  {
    code: 'AttributeUnmapped',
    cause: 'A source sends an attribute that no mapping rule takes, so it never reaches the directory.',
    fix: 'Add a rule under mapping, or acknowledge the finding if the directory does not need the attribute.',
    owner: 'mapping',
    waitingHelps: false,
    acknowledging: 'Nothing else: the attribute stays in the ledger.',
  },
] as const satisfies readonly FindingKind[]

export type FindingCode = (typeof FINDINGS)[number]['code']
export const FINDING_CODES: readonly FindingCode[] = FINDINGS.map(({ code }) => code)

/** The kind of a code. */
export function findingKind(code: FindingCode): FindingKind {
  const kinds: readonly FindingKind[] = FINDINGS
  const kind = kinds.find((one) => one.code === code)
  if (!kind) throw new TypeError(`no finding has the code ${code}`)
  return kind
}
