import type { EventState } from '../../ledger/lifecycle.ts'
import type { DeadLetterFilter, LedgerDeadLetter } from '../../ledger/port/dead-letters.ts'
import type { EventName } from '../../model.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import type { PeekedMessage } from '../../ports.ts'
import type { BusCode } from '../../reasons.ts'

/** Where it happened, in one word for people: intake, mapping, service or directory. The code says what exactly. */
export const DEAD_LETTER_REASONS = [
  'unreadable', // intake could not take the message in
  'poison', // delivered too often without being settled
  'expired', // stayed on the bus longer than it may
  'incomplete', // its person never became complete
  'unread', // what a notice is about could not be read from HR
  'unmapped', // the mapping cannot be carried out with it
  'rescind', // a rescind that names what it may not
  'refused', // the service refused the call
  'failed', // the service took it and failed with it
  'unanswered', // the log never spoke of it
] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/** One list over both homes. */
export type DeadLetter =
  | { readonly store: 'ledger'; readonly reason: DeadLetterReason; readonly letter: LedgerDeadLetter }
  | { readonly store: 'bus'; readonly reason: DeadLetterReason; readonly letter: BusDeadLetter }

/** What can be read of an event's name; `null` where it is unreadable. */
export interface ReadName {
  readonly source: string | null
  readonly id: string | null
  readonly type: string | null
  readonly employeeId: string | null
}
/** A message on a shelf, and what can be read of it: the name of its first event, and of all of them. */
export interface BusDeadLetter extends ReadName {
  readonly message: PeekedMessage
  readonly code: string
  readonly events: readonly ReadName[]
  /** Its events have meanwhile arrived in another message and live in the ledger; `null` where the ledger was not asked. */
  readonly stale: boolean | null
}

export interface DeadLetterSelection extends DeadLetterFilter {
  readonly reason: DeadLetterReason | null
}

/** The code of a message that whoever dead-lettered it gave no reason. */
export const NO_REASON = 'NoReason' satisfies BusCode

/** The bus's own reasons are from https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues; every other is intake's. */
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

/** How people and commands name it: `dl-<seq>` in the ledger, `<entity>#<sequence>` on the bus. */
export function deadLetterId(dead: DeadLetter): string {
  return dead.store === 'ledger'
    ? `dl-${dead.letter.seq}`
    : `${dead.letter.message.entity}#${dead.letter.message.sequence}`
}

export type DeadLetterName =
  | { readonly store: 'ledger'; readonly seq: number }
  | { readonly store: 'bus'; readonly entity: string; readonly sequence: string }

/** `null` for what is no such name. */
export function parseDeadLetterId(text: string): DeadLetterName | null {
  const seq = /^dl-(\d{1,15})$/.exec(text)?.[1]
  if (seq !== undefined) return { store: 'ledger', seq: Number(seq) }
  const [, entity, sequence] = /^(.+)#(\d{1,19})$/.exec(text) ?? []
  return entity === undefined || sequence === undefined ? null : { store: 'bus', entity, sequence }
}

/** The same fields whatever the store. */
export interface DeadLetterFacts extends ReadName {
  readonly code: string
  /** Names of fields, never values. */
  readonly detail: string | null
  /** When it died; for one on the bus when it was enqueued, as the bus does not tell when it died. */
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

/** Whether it fits all that is not `null`. A message of several events fits by any of them. */
export function fits(dead: DeadLetter, selection: DeadLetterSelection): boolean {
  const { reason, code, type, employeeId, since, until } = selection
  const facts = factsOf(dead)
  if (reason !== null && dead.reason !== reason) return false
  if (code !== null && facts.code !== code) return false
  if (since !== null && facts.at < since) return false
  if (until !== null && facts.at >= until) return false
  const names = dead.store === 'bus' ? dead.letter.events : [dead.letter]
  return (
    (type === null && employeeId === null) ||
    names.some(
      (name) =>
        (type === null || name.type === type) && (employeeId === null || name.employeeId === employeeId),
    )
  )
}

/** States of events by `nameKey`; of those the ledger has never seen there is none. */
export type EventStates = ReadonlyMap<string, EventState>
export function nameKey({ source, id }: EventName): string {
  return `${source}\n${id}`
}

/**
 * A message is stale when all of its events came in with another one and are not dead letters there: to replay it would change nothing. One whose
 * names cannot be read never is.
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
