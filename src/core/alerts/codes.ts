/**
 * `urgent`: an employee's access is wrong, or nothing is sent; also at night. `normal`: to be dealt
 * with in working hours.
 */
export const URGENCIES = ['urgent', 'normal'] as const
export type Urgency = (typeof URGENCIES)[number]

/** What a code means and what to do about it, for an operator. */
export interface AlertKind {
  readonly what: string
  /** What distinguishes alerts with this code; `null` when there is only one. */
  readonly causes: string | null
  /** What to type first. It shows more, and changes nothing in the ledger. */
  readonly command: string
  /** What to do next; `null` where the command says it. */
  readonly next: string | null
  readonly urgency: Urgency
  /** What is counted: one, and several. */
  readonly counts: readonly [one: string, several: string]
}

/**
 * Every kind of alert. Log lines, metrics, notifications, the commands and the docs are made from
 * this table.
 */
export const ALERTS = {
  'leaver.open': {
    what: 'Employees left, and the directory is not known to hold their accounts disabled.',
    causes: 'the cause of the leaver case',
    command: 'rollcall leavers list',
    next: null,
    urgency: 'urgent',
    counts: ['leaver case', 'leaver cases'],
  },
  'emergency.waits': {
    what: 'Leavers should go by the emergency lane, and it cannot disable their accounts.',
    causes: 'what keeps the lane',
    command: 'rollcall leavers list',
    next: 'correct what keeps the lane, or disable the accounts by hand and acknowledge',
    urgency: 'urgent',
    counts: ['leaver case', 'leaver cases'],
  },
  'brake.tripped': {
    what: 'The brake holds deactivations, because too many came at once.',
    causes: null,
    command: 'rollcall brake status',
    next: 'ask HR whether so many employees leave, and release or refuse them',
    urgency: 'urgent',
    counts: ['held employee', 'held employees'],
  },
  'job.stopped': {
    what: 'The provisioning job is paused, disabled or in quarantine. Nothing is sent until it runs again.',
    causes: 'the code of the job',
    command: 'rollcall check',
    next: 'look at the job in the Entra portal and start it again',
    urgency: 'urgent',
    counts: ['job', 'jobs'],
  },
  'submission.held': {
    what: 'Nothing is sent: the service refuses calls, has no room or does not answer, or a budget is spent.',
    causes: 'the hold',
    command: 'rollcall status',
    next: 'rollcall check, which tests the identity and the address',
    urgency: 'urgent',
    counts: ['hold', 'holds'],
  },
  'job.failing': {
    what: 'So many operations failed that the provisioning job may go into quarantine, which stops everything.',
    causes: 'the limit of quarantine that is nearest',
    command: 'rollcall status',
    next: 'look at the failures in the provisioning log and correct what most of them have in common',
    urgency: 'normal',
    counts: ['failed operation that the job retries', 'failed operations that the job retries'],
  },
  'deadletter.new': {
    what: 'Events or messages failed, and wait for a person.',
    causes: 'the store, where it is the bus, and the reason',
    command: 'rollcall dead-letters groups',
    next: 'correct the cause and run rollcall replay',
    urgency: 'normal',
    counts: ['dead letter', 'dead letters'],
  },
  'finding.new': {
    what: 'Something should be looked at that is not a dead letter.',
    causes: 'the code of the finding',
    command: 'rollcall findings list',
    next: null,
    urgency: 'normal',
    counts: ['finding', 'findings'],
  },
  'record.refused': {
    what: 'The directory refused the records of employees for good, and no event is left to replay.',
    causes: null,
    command: 'rollcall status',
    next: 'rollcall trace EMPLOYEE for each employee that it names',
    urgency: 'normal',
    counts: ['employee', 'employees'],
  },
  'quota.low': {
    what: 'The calls of the day are nearly used up.',
    causes: null,
    command: 'rollcall status',
    next: 'wait until the moment at which it says that everything is sent; leavers go first with every call',
    urgency: 'normal',
    counts: ['call in 24 hours', 'calls in 24 hours'],
  },
  'stage.stuck': {
    what: 'Work waits in one stage for longer than it should.',
    causes: 'the stage',
    command: 'rollcall status',
    next: 'rollcall instances, which shows the loops that run',
    urgency: 'normal',
    counts: ['waiting', 'waiting'],
  },
  'log.behind': {
    what: 'The provisioning log has not been read for too long, so no outcome can be known.',
    causes: null,
    command: 'rollcall check',
    next: 'correct what it says about the log',
    urgency: 'normal',
    counts: ['log', 'logs'],
  },
  'bus.unreachable': {
    what: 'A running connector has no open receiver: Service Bus cannot be reached, or refuses it.',
    causes: null,
    command: 'rollcall check',
    next: 'correct what it says about the bus',
    urgency: 'urgent',
    counts: ['instance', 'instances'],
  },
  'loop.missing': {
    what: 'No running connector runs a loop that ran before, so its work waits.',
    causes: 'the loop',
    command: 'rollcall instances',
    next: 'start a connector with this loop',
    urgency: 'urgent',
    counts: ['loop', 'loops'],
  },
  'instance.lost': {
    what: 'A connector ended without an orderly stop, and no other one took its place.',
    causes: 'the name of the instance',
    command: 'rollcall instances',
    next: 'look at the log of the instance and start it again',
    urgency: 'normal',
    counts: ['instance', 'instances'],
  },
  'channel.down': {
    what: 'Notifications cannot be delivered to a channel.',
    causes: 'the channel',
    command: 'rollcall notifications test CHANNEL',
    next: 'correct the channel in rollcall.yaml, or open the way to it',
    urgency: 'normal',
    counts: ['waiting notification', 'waiting notifications'],
  },
} as const satisfies Readonly<Record<string, AlertKind>>

/** Command and next step as one text. */
export const cureIn = ({ command, next }: Pick<AlertKind, 'command' | 'next'>): string =>
  next === null ? command : `${command}, then ${next}`

export type AlertCode = keyof typeof ALERTS

/** In the order of the table, the worst first. */
export const ALERT_CODES: readonly AlertCode[] = Object.keys(ALERTS).filter(isAlertCode)

export function isAlertCode(text: string): text is AlertCode {
  return Object.hasOwn(ALERTS, text)
}
