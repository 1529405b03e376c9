import type { DeadLetterFilter, LedgerDeadLetter } from '../ledger/port.ts'
import type { ShelvedMessage } from '../ports.ts'

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
  | { readonly home: 'ledger'; readonly reason: DeadLetterReason; readonly letter: LedgerDeadLetter }
  | { readonly home: 'bus'; readonly reason: DeadLetterReason; readonly letter: BusDeadLetter }

/** A message on a shelf, and what can be read of it; names are `null` where it is unreadable. */
export interface BusDeadLetter {
  readonly message: ShelvedMessage
  readonly code: string
  readonly source: string | null
  readonly id: string | null
  readonly type: string | null
  readonly employee: string | null
}

export interface DeadLetterSelection extends DeadLetterFilter {
  readonly reason: DeadLetterReason | null
}
