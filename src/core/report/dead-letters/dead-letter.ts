import { employeeIdOf } from '../../intake/event/employee-id.ts'
import { impliedActive } from '../../intake/event/event-types.ts'
import type { EventState } from '../../ledger/lifecycle.ts'
import type { DeadLetterFilter, LedgerDeadLetter } from '../../ledger/port/dead-letters.ts'
import type { EventName } from '../../model.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import type { PeekedMessage } from '../../ports.ts'
import type { BusCode } from '../../reasons.ts'

/** What went wrong, as one word for a person to filter by. The code says it exactly. */
export const DEAD_LETTER_REASONS = [
  'unreadable', // intake refused the message
  'poison', // delivered too often and never settled
  'expired', // stayed on the bus longer than its time to live
  'incomplete', // the employee never became complete
  'unread', // the employee of a notice could not be read from HR
  'unmapped', // the mapping failed on it
  'rescind', // a rescind that names an event it may not rescind
  'refused', // the service refused the call
  'failed', // the service accepted it and then failed
  'unanswered', // no log record answered it
] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/** A dead letter of either store. */
export type DeadLetter =
  | { readonly store: 'ledger'; readonly reason: DeadLetterReason; readonly letter: LedgerDeadLetter }
  | { readonly store: 'bus'; readonly reason: DeadLetterReason; readonly letter: BusDeadLetter }

/** What identifies an event, as far as it can be read; `null` where it cannot. */
export interface ReadName {
  readonly source: string | null
  readonly id: string | null
  readonly type: string | null
  readonly employeeId: string | null
}
/**
 * A message in a native dead-letter queue. It names its first event itself and all of them in
 * `events`.
 */
export interface BusDeadLetter extends ReadName {
  readonly message: PeekedMessage
  readonly code: string
  readonly events: readonly ReadName[]
  /** See `isStale`; `null` when there was no ledger to ask. */
  readonly stale: boolean | null
}

export interface DeadLetterSelection extends DeadLetterFilter {
  readonly reason: DeadLetterReason | null
  /** What it is about: see `attributeOf`. `null` and by default: anything. */
  readonly attribute?: string | null
}

/** The code of a message that was dead-lettered without a reason. */
export const NO_REASON = 'NoReason' satisfies BusCode

/**
 * Reasons of the bus itself:
 * https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues. Every
 * other code is from intake.
 */
export function busReason(code: string): DeadLetterReason {
  switch (code) {
    case 'MaxDeliveryCountExceeded':
      return 'poison'
    case 'TTLExpiredException':
      return 'expired'
    case EVENT_REASONS.rescindMismatch:
      return 'rescind'
    default:
      return 'unreadable'
  }
}

export function ledgerReason({
  code,
  refused,
}: Pick<LedgerDeadLetter, 'code' | 'refused'>): DeadLetterReason {
  switch (code) {
    case EVENT_REASONS.incompleteRecord:
      return 'incomplete'
    case EVENT_REASONS.hydrateFailed:
      return 'unread'
    case EVENT_REASONS.mappingFailed:
      return 'unmapped'
    case EVENT_REASONS.rescindMismatch:
    case EVENT_REASONS.rescindBeyondRetention:
      return 'rescind'
    case EVENT_REASONS.noOutcome:
      return 'unanswered'
    default:
      return refused ? 'refused' : 'failed'
  }
}

/** The id in commands and output: `dl-<seq>` in the ledger, `<entity>#<sequence>` on the bus. */
export function deadLetterId(dead: DeadLetter): string {
  return dead.store === 'ledger'
    ? `dl-${dead.letter.seq}`
    : `${dead.letter.message.entity}#${dead.letter.message.sequence}`
}

export type DeadLetterName = { readonly store: 'ledger'; readonly seq: number } | BusDeadLetterName

/** A message in the dead-letter queue of an entity. */
export interface BusDeadLetterName {
  readonly store: 'bus'
  readonly entity: string
  readonly sequence: string
}

/** `null` when the text is not the id of a dead letter. */
export function parseDeadLetterId(text: string): DeadLetterName | null {
  const seq = /^dl-(\d{1,15})$/.exec(text)?.[1]
  if (seq !== undefined) return { store: 'ledger', seq: Number(seq) }
  const [, entity, sequence] = /^(.+)#(\d{1,19})$/.exec(text) ?? []
  return entity === undefined || sequence === undefined ? null : { store: 'bus', entity, sequence }
}

/** What both stores know about a dead letter. */
export interface DeadLetterFacts extends ReadName {
  readonly code: string
  /** Names of fields, never values. */
  readonly detail: string | null
  /**
   * When it died. On the bus: when it was enqueued, because the bus does not say when a message
   * died.
   */
  readonly at: number
}
export function factsOf(dead: DeadLetter): DeadLetterFacts {
  if (dead.store === 'ledger') {
    const { source, id, type, employeeId, code, detail, diedAt } = dead.letter
    return { source, id, type, employeeId, code, detail, at: diedAt }
  }
  const { source, id, type, employeeId, code, message } = dead.letter
  return { source, id, type, employeeId, code, detail: message.description, at: message.enqueuedAt }
}

/**
 * Whether it fits every filter that is not `null`. A message fits when any one of its events does.
 */
export function fits(dead: DeadLetter, selection: DeadLetterSelection): boolean {
  const { reason, code, type, employeeId, since, until } = selection
  const facts = factsOf(dead)
  if (reason !== null && dead.reason !== reason) return false
  if (code !== null && facts.code !== code) return false
  if (since !== null && facts.at < since) return false
  if (until !== null && facts.at >= until) return false
  const names = dead.store === 'bus' ? dead.letter.events : [dead.letter]
  const isMeant = (written: string | null): boolean =>
    employeeId === null || written === employeeId || employeeIdOf(written ?? '') === employeeId
  return (
    (type === null && employeeId === null) ||
    names.some((name) => (type === null || name.type === type) && isMeant(name.employeeId))
  )
}

/** Event states by `nameKey`. Events that the ledger does not know are left out. */
export type EventStates = ReadonlyMap<string, EventState>
export function nameKey({ source, id }: EventName): string {
  return `${source}\n${id}`
}

/**
 * A message is stale when all of its events have since arrived in another message and are not dead
 * letters: replaying it would have no effect. A message whose events cannot be read is never stale.
 */
export function isStale(events: readonly ReadName[], states: EventStates): boolean {
  return (
    events.length > 0 &&
    events.every(({ source, id }) => {
      const state = source === null || id === null ? undefined : states.get(nameKey({ source, id }))
      return state !== undefined && state !== 'dead-lettered'
    })
  )
}

/**
 * Whether the type says that the employee left. It can often be read although intake refused the
 * message.
 */
export function mayBeTermination({ type }: ReadName): boolean {
  return type !== null && impliedActive(type) === false
}
