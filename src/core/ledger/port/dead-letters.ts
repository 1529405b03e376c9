import type { EventName } from '../../model.ts'

/** What dead-letter commands and replay ask of the ledger, and what it answers. */

/** A message word for word, its place aside. */
export interface MessageOriginal {
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly contentType: string | null
  readonly body: string
  readonly properties: Readonly<Record<string, string | number | boolean | null>>
}
/** What an event came in. */
export interface Original extends MessageOriginal {
  readonly entity: string
  readonly sequence: string
  readonly enqueuedAt: number
}

/** Only those that fit all that is not `null`. */
export interface DeadLetterFilter {
  readonly code: string | null
  readonly type: string | null
  readonly employeeId: string | null
  /** Died at this moment or later, and before that one. */
  readonly since: number | null
  readonly until: number | null
}
export interface LedgerDeadLetterQuery {
  readonly filter: DeadLetterFilter
  /** Archived ones as well. */
  readonly archived: boolean
  /** `next` of the page before; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface LedgerDeadLetterPage {
  readonly deadLetters: readonly LedgerDeadLetter[]
  readonly next: number | null
}
/** An event that died after it was taken in, without its values. */
export interface LedgerDeadLetter extends EventName {
  readonly seq: number
  readonly type: string
  readonly employeeId: string
  readonly code: string
  /** Names, never values. */
  readonly detail: string | null
  /** The service refused the call with it, so it never was in a cycle. */
  readonly refused: boolean
  readonly operation: string | null
  readonly revision: number
  readonly diedAt: number
  /** How often it was put back so far. */
  readonly replays: number
  readonly archivedAt: number | null
  /** Still keeps its person out. */
  readonly blocksReactivation: boolean
}

/** A dead letter whose copy is to go to the bus; `id` names the copy in the outbox. */
export interface DeadLetterCopy {
  readonly id: number
  readonly seq: number
  readonly revision: number
  readonly source: string
  readonly eventId: string
  readonly employeeId: string
  readonly code: string
  readonly detail: string | null
  readonly original: Original | null
  /** False when its event lives again. */
  readonly current: boolean
}

/** Ends dead letters without putting them back. */
export interface EndOrder {
  readonly seqs: readonly number[]
  /** A discarded one counts as if it had never happened; an archived one is only out of sight, and still keeps a leaver out. */
  readonly how: 'discard' | 'archive'
  /** Discards also those that put their person out, who may become active by it. */
  readonly terminations: boolean
  readonly actor: string
  readonly justification: string
}
export interface EndedDeadLetters {
  readonly ended: readonly number[]
  /** Left as they are, because they put their person out. */
  readonly kept: readonly number[]
  /** Not dead any more. */
  readonly gone: readonly number[]
}
