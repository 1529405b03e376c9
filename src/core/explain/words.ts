import { LEAVER_CAUSES } from '../leavers/causes.ts'
import { EVENT_REASONS } from '../ledger/event-reason.ts'
import type { HoldName } from '../ledger/port/submit.ts'
import { visible } from '../display/visible.ts'
import { DIRECTORY_HELD_IT, NOT_IN_DIRECTORY } from '../report/correlate/settle.ts'
import type {
  AccessAnswer,
  AnswerPlace,
  DirectoryHolds,
  HrSays,
  Obstacle,
  OperationObstacle,
} from './access.ts'
import { differs } from './answer.ts'
import { nextCommand } from './next.ts'

/** How the reader sees an instant. */
export type When = (at: number) => string

/** The parts of the sentence, for a reader who sees them apart. */
export interface SentenceParts {
  /** Whether the employee can sign in. */
  readonly access: string
  /** What HR says, and what the directory holds. */
  readonly why: string
  /** The most important reason why the two differ; `null` when there is none. */
  readonly obstacle: string | null
  /** The command to type next; `null` when there is nothing to do. */
  readonly next: string | null
}

/** The whole answer in one sentence, which ends with the next command. */
export function sentenceOf(answer: AccessAnswer, when: When): string {
  const { access, why, obstacle, next } = sentenceParts(answer, when)
  const parts = [`${access}: ${why}`, ...(obstacle === null ? [] : [obstacle])]
  return [...parts, `next: ${next ?? 'nothing to do'}`].join('; ')
}

export function sentenceParts(answer: AccessAnswer, when: When): SentenceParts {
  const [first] = answer.between
  const link = differs(answer) ? ', ' : ' and '
  return {
    access: `${answer.employeeId} ${ACCESS[answer.canSignIn]}`,
    why: `${hrInWords(answer.hr, when)}${link}${directoryClause(answer, when)}`,
    obstacle: first ? obstacleInWords(first, when, answer.place) : null,
    next: nextCommand(answer),
  }
}

const ACCESS: Readonly<Record<AccessAnswer['canSignIn'], string>> = {
  yes: 'can sign in',
  no: 'cannot sign in',
  unknown: 'may be able to sign in',
  'no-account': 'has no account that the directory confirmed',
}

function directoryClause({ directory, wanted, place }: AccessAnswer, when: When): string {
  const state = directory.kind
  if ((state === 'active' || state === 'disabled') && wanted !== null && wanted !== state)
    return `the directory still holds the account${atPlace(place)} ${state}`
  return directoryInWords(directory, when, place)
}

/** Where the account is, if that has to be said. */
function atPlace(place: AnswerPlace | null): string {
  return place === null || place.destination === null ? '' : ` at ${place.destination}`
}

export function directoryInWords(directory: DirectoryHolds, when: When, place: AnswerPlace | null): string {
  const at = atPlace(place)
  switch (directory.kind) {
    case 'active':
    case 'disabled':
      return `the directory holds the account${at} ${directory.kind} ${sinceInWords(directory, when)}`
    case 'in-doubt':
      return `the directory last held the account${at} ${directory.last} (${sinceInWords(directory, when)}), which is in doubt`
    case 'disabled-elsewhere':
      return `another system disabled the account${at} at ${when(directory.at)}`
    case 'emergency-disabled':
      return `the emergency lane disabled the account${at} at ${when(directory.at)}, and the confirmation of the provisioning job is due`
    case 'not-known':
      return `the directory accepted no record${at}`
  }
}

function sinceInWords(
  { since, orEarlier }: Extract<DirectoryHolds, { kind: 'active' | 'disabled' | 'in-doubt' }>,
  when: When,
): string {
  const record = since.logRecord === null ? '' : `, log record ${visible(since.logRecord)}`
  return `since ${when(since.at)}${orEarlier ? ' or earlier' : ''} by ${since.operation}${record}`
}

export function hrInWords(hr: HrSays, when: When): string {
  switch (hr.kind) {
    case 'active':
    case 'left':
      return `HR says ${hr.kind} since ${when(hr.since)} (event ${visible(hr.event.id)})`
    case 'withdrawn':
      return `HR took back what made the employee active (event ${visible(hr.event.id)})`
    case 'erased':
      return `the employee was erased after leaving at ${when(hr.since)}`
    case 'silent':
      return 'no event of HR in force says whether the employee is active'
    case 'no-events':
      return 'the ledger has no event of HR'
  }
}

export function obstacleInWords(obstacle: Obstacle, when: When, place: AnswerPlace | null): string {
  switch (obstacle.kind) {
    case 'restored':
      return `the ledger is an older copy since ${when(obstacle.since)}, so nothing is planned or sent`
    case 'block':
      return `a block keeps the account disabled since ${when(obstacle.since)} until ${obstacle.until === null ? 'rollcall unblock' : when(obstacle.until)}`
    case 'foreign-change':
      return `another system disabled the account at ${when(obstacle.at)}, and HR recorded no activation since`
    case 'brake':
      return `the brake holds the deactivation since ${when(obstacle.since)}`
    case 'brake-refused':
      return `an operator refuses the deactivation since ${when(obstacle.since)}`
    case 'pilot':
      return `the employee is outside the pilot, so event ${visible(obstacle.event.id)} is held and nothing is sent`
    case 'refused-message':
      return `intake refused the message that says that the employee leaves (event ${visible(obstacle.event.id)}, effective ${when(obstacle.effectiveAt)}, ${obstacle.leaverCase})`
    case 'incomplete':
      return `attributes that the directory requires are missing since ${when(obstacle.since)}${obstacle.missing === null ? '' : `: ${obstacle.missing}`}`
    case 'unread':
      return `the employee is being read from HR because of notice ${visible(obstacle.event.id)}`
    case 'stopped':
      return 'no connector runs that plans and sends'
    case 'hold':
      return `submission${toPlace(place)} is held since ${when(obstacle.since)} until ${when(obstacle.until)}: ${HOLD_WORDS[obstacle.name]}${obstacle.status === null ? '' : ` (HTTP ${obstacle.status})`}`
    case 'quota':
      return `the calls of the day${toPlace(place)} are scarce (${obstacle.used} of ${obstacle.limit} used): the next one is made at ${when(obstacle.until)}`
    case 'planning':
      return `the employee waits to be planned since ${when(obstacle.since)}`
    case 'dead-letter':
      return `event ${visible(obstacle.event.id)} is a dead letter${obstacle.code === null ? '' : ` (${obstacle.code})`}`
    case 'leaver-case':
      return caseInWords(obstacle, when)
    case 'future':
      return `HR says ${obstacle.becomes} from ${when(obstacle.at)} on (event ${visible(obstacle.event.id)})`
    case 'unexplained':
      return 'nothing in the ledger says why'
    case 'waiting':
    case 'sending':
    case 'unanswered':
    case 'no-outcome':
    case 'out-of-scope':
    case 'not-in-directory':
    case 'failed':
    case 'escrowed':
      return operationInWords(obstacle, when, place)
  }
}

function toPlace(place: AnswerPlace | null): string {
  return place === null || place.destination === null ? '' : ` to ${place.destination}`
}

/** Why submission is held. */
export const HOLD_WORDS: Readonly<Record<HoldName, string>> = {
  restored: 'the ledger is an older copy than what was sent',
  throttled: 'the service asked for fewer calls',
  full: 'the service has no room',
  access: 'the service refuses permission or address',
  circuit: 'the service does not answer',
  budget: 'the budget of the destination is spent',
  job: 'the provisioning job is paused or quarantined',
}

function caseInWords(
  { leaverCase, cause, detail, nextAt }: Extract<Obstacle, { kind: 'leaver-case' }>,
  when: When,
): string {
  const { meaning } = LEAVER_CAUSES[cause]
  const code = detail === null ? '' : ` (${visible(detail)})`
  return `${leaverCase} is open: ${meaning}${code}${nextAt === null ? '' : `, at ${when(nextAt)}`}`
}

function operationInWords(obstacle: OperationObstacle, when: When, place: AnswerPlace | null): string {
  const what = `${obstacle.operation}, which ${effectInWords(obstacle, place)},`
  const since = when(obstacle.since)
  switch (obstacle.kind) {
    case 'waiting':
      return `${what} waits to be sent since ${since}`
    case 'sending':
      return `${what} is being sent since ${since} (attempt ${obstacle.attempts}${obstacle.notBefore === null ? '' : `, again at ${when(obstacle.notBefore)}`})`
    case 'unanswered':
      return `${what} was accepted at ${since}, and the log has no record of it yet`
    case 'no-outcome':
      return `${what} was given up at ${since}, because the log has no record of it`
    case 'out-of-scope':
      return `${what} changed nothing at ${since}, because the scope of the job leaves the employee out`
    case 'not-in-directory':
      return `${what} changed nothing at ${since}, because the directory has no such account`
    case 'failed':
      return `${what} failed at ${since}${obstacle.code === null ? '' : ` with ${visible(obstacle.code)}`}`
    case 'escrowed':
      return `${what} failed at ${since}${obstacle.code === null ? '' : ` with ${visible(obstacle.code)}`}, and the service itself tries again`
  }
}

function effectInWords({ active, departs }: OperationObstacle, place: AnswerPlace | null): string {
  const what = active ? 'keeps the account enabled' : 'disables the account'
  return `${what}${atPlace(place)}${departs ? ' because the employee moves' : ''}`
}

/**
 * What the connector's own reasons for a state mean where nothing has failed. The other codes are in
 * the catalogue, with a cause and what to do.
 */
const STATE_REASONS: Readonly<Partial<Record<string, string>>> = {
  [EVENT_REASONS.nothingMapped]: 'None of its attributes is mapped.',
  [EVENT_REASONS.sameRecord]: 'The directory has already accepted a record with these values.',
  [DIRECTORY_HELD_IT]: 'The service found nothing to change.',
  [NOT_IN_DIRECTORY]: 'The directory never knew the leaver.',
  [EVENT_REASONS.notYet]: 'It takes effect later.',
  [EVENT_REASONS.announced]: 'It takes effect later, and was sent ahead: disabled, with its date.',
  [EVENT_REASONS.unread]: 'It is a notice, and the employee is being read from HR.',
  [EVENT_REASONS.rescinded]: 'Another event cancelled it.',
  [EVENT_REASONS.targetUnknown]: 'It cancels an event that has not arrived yet.',
  [EVENT_REASONS.nothingSent]: 'It is about something that never reached the directory.',
  [EVENT_REASONS.disabledElsewhere]: 'Another system has disabled the account.',
  [EVENT_REASONS.brake]: 'The brake holds the deactivation until a person releases it.',
  [EVENT_REASONS.brakeRefused]: 'A person refused the deactivation that the brake held.',
  [EVENT_REASONS.pilot]: 'The employee is outside the pilot, so nothing is sent.',
}

/** `null` for a code of the catalogue or of the service. */
export function stateReasonInWords(code: string): string | null {
  return STATE_REASONS[code] ?? null
}
