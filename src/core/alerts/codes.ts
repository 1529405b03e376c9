/**
 * `urgent`: an employee's access is wrong, or nothing is sent; also at night. `normal`: to be dealt with
 * in working hours.
 */
export const URGENCIES = ['urgent', 'normal'] as const
export type Urgency = (typeof URGENCIES)[number]

/** What a code means and what to do about it, for an operator. */
export interface AlertKind {
  readonly what: string
  /** What tells alerts with this code apart; `null` when there is only one. */
  readonly causes: string | null
  /** A command where there is one. */
  readonly cure: string
  readonly urgency: Urgency
  /** What is counted. */
  readonly counts: string
}

/**
 * Every kind of alert. Log lines, metrics, notifications, the commands and the docs are made from
 * this table.
 */
export const ALERTS = {
  'leaver.open': {
    what: 'Employees left, and the directory is not known to hold their accounts disabled.',
    causes: 'the cause of the leaver case',
    cure: 'rollcall leavers list',
    urgency: 'urgent',
    counts: 'leaver cases',
  },
  'brake.tripped': {
    what: 'The brake holds deactivations, because too many came at once.',
    causes: null,
    cure: 'rollcall brake status, then ask HR whether so many employees leave, and release or refuse them',
    urgency: 'urgent',
    counts: 'held employees',
  },
  'job.stopped': {
    what: 'The provisioning job is paused, disabled or in quarantine. Nothing is sent until it runs again.',
    causes: 'the code of the job',
    cure: 'look at the job in the Entra portal; rollcall check shows its state',
    urgency: 'urgent',
    counts: 'jobs',
  },
  'submission.held': {
    what: 'Nothing is sent: the service refuses calls, has no room, or does not answer.',
    causes: 'the hold',
    cure: 'rollcall status shows the hold; rollcall check tests the identity and the address',
    urgency: 'urgent',
    counts: 'holds',
  },
  'deadletter.new': {
    what: 'Events or messages failed, and wait for a person.',
    causes: 'the store, where it is the bus, and the reason',
    cure: 'rollcall dead-letters groups, then correct the cause and run rollcall replay',
    urgency: 'normal',
    counts: 'dead letters',
  },
  'finding.new': {
    what: 'Something should be looked at that is not a dead letter.',
    causes: 'the code of the finding',
    cure: 'rollcall findings list',
    urgency: 'normal',
    counts: 'findings',
  },
  'record.refused': {
    what: 'The directory refused the records of employees for good, and no event is left to replay.',
    causes: null,
    cure: 'rollcall status names them; rollcall trace EMPLOYEE shows why',
    urgency: 'normal',
    counts: 'employees',
  },
  'quota.low': {
    what: 'The calls of the day are nearly used up.',
    causes: null,
    cure: 'rollcall status says when everything is sent; leavers go first with every call',
    urgency: 'normal',
    counts: 'calls in 24 hours',
  },
  'stage.stuck': {
    what: 'Work waits in one stage for longer than it should.',
    causes: 'the stage',
    cure: 'rollcall status shows what holds it; rollcall instances shows which loops run',
    urgency: 'normal',
    counts: 'waiting',
  },
  'log.behind': {
    what: 'The provisioning log has not been read for too long, so no outcome can be known.',
    causes: null,
    cure: 'rollcall check tests whether the log can be read',
    urgency: 'normal',
    counts: 'logs',
  },
  'bus.unreachable': {
    what: 'A running connector has no open receiver: Service Bus cannot be reached, or refuses it.',
    causes: null,
    cure: 'rollcall check tests the bus',
    urgency: 'urgent',
    counts: 'instances',
  },
  'loop.missing': {
    what: 'No running connector runs a loop that ran before, so its work waits.',
    causes: 'the loop',
    cure: 'rollcall instances shows what runs; start a connector with this loop',
    urgency: 'urgent',
    counts: 'loops',
  },
  'instance.lost': {
    what: 'A connector ended without an orderly stop, and no other one took its place.',
    causes: 'the name of the instance',
    cure: 'rollcall instances; look at its log and start it again',
    urgency: 'normal',
    counts: 'instances',
  },
  'channel.down': {
    what: 'Notifications cannot be delivered to a channel.',
    causes: 'the channel',
    cure: 'rollcall notifications test CHANNEL',
    urgency: 'normal',
    counts: 'waiting notifications',
  },
} as const satisfies Readonly<Record<string, AlertKind>>

export type AlertCode = keyof typeof ALERTS

/** In the order of the table: what is worst comes first. */
export const ALERT_CODES: readonly AlertCode[] = Object.keys(ALERTS).filter(isAlertCode)

export function isAlertCode(text: string): text is AlertCode {
  return Object.hasOwn(ALERTS, text)
}
