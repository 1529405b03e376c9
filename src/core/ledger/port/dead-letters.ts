import type { MessageHead } from '../../ports.ts'
import type { EventName } from '../../model.ts'

/** Dead letters that the ledger keeps: events that failed after intake. */
export interface DeadLetterLedger {
  /**
   * A page of dead letters in the order in which they died. A `next` that is not `null` continues
   * it.
   */
  listDeadLetters(query: LedgerDeadLetterQuery): Promise<LedgerDeadLetterPage>
  /**
   * A page of those that are not archived, the last to die first. It costs the same however many
   * there are.
   */
  listNewestDeadLetters(query: NewestDeadLettersQuery): Promise<NewestDeadLettersPage>
  /**
   * What the newest dead letters with this code have in common: those that are not archived, `most`
   * of them.
   */
  describeDeadLetters(code: string, most: number): Promise<DeadLetterSample>
  /**
   * One dead letter and the message it arrived in; `null` when that event is not dead. `original`
   * is `null` for a row of a baseline file.
   */
  findDeadLetter(
    seq: number,
  ): Promise<{ readonly letter: LedgerDeadLetter; readonly original: Original | null } | null>
  /**
   * Of these events, those that are dead and not archived, with the revision in which they died.
   */
  findCurrentDeadLetters(seqs: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** Discards or archives dead letters, and adds an audit entry for each. */
  endDeadLetters(order: EndOrder, now: number): Promise<EndedDeadLetters>
  /** Adds audit entries for messages that an operator discarded on the bus. */
  recordDiscardedMessages(
    entity: string,
    sequences: readonly string[],
    actor: string,
    reason: string,
    now: number,
  ): Promise<void>
  /** Dead letters whose copy has not been sent to the bus, in the order in which they died. */
  listUncopiedDeadLetters(limit: number): Promise<readonly DeadLetterCopy[]>
  markDeadLettersCopied(ids: readonly number[], now: number): Promise<void>
}

/** The content of a message, without its place on the bus. */
export interface MessageOriginal extends MessageHead {
  readonly body: string
  readonly properties: Readonly<Record<string, string | number | boolean | null>>
}
/** The message an event arrived in. */
export interface Original extends MessageOriginal {
  readonly entity: string
  readonly sequence: string
  readonly enqueuedAt: number
}

/** A dead letter matches when it fits every field that is not `null`. */
export interface DeadLetterFilter {
  readonly code: string | null
  readonly type: string | null
  readonly employeeId: string | null
  /** Died at `since` or later, and before `until`. */
  readonly since: number | null
  readonly until: number | null
}
export interface LedgerDeadLetterQuery {
  readonly filter: DeadLetterFilter
  /** Includes archived ones. */
  readonly archived: boolean
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface LedgerDeadLetterPage {
  readonly deadLetters: readonly LedgerDeadLetter[]
  readonly next: number | null
}
export interface NewestDeadLettersQuery {
  /** `null`: any. */
  readonly code: string | null
  /** Died at `since` or later, and before `until`; `null`: at any time. */
  readonly since: number | null
  readonly until: number | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: NewestDeadLettersCursor | null
  readonly limit: number
}
/** The last dead letter of a page. Many can die at the same instant. */
export interface NewestDeadLettersCursor {
  readonly diedAt: number
  readonly seq: number
}
export interface NewestDeadLettersPage {
  readonly deadLetters: readonly LedgerDeadLetter[]
  readonly next: NewestDeadLettersCursor | null
}
/** Some of the dead letters with one code. */
export interface DeadLetterSample {
  readonly looked: number
  /** By their detail, the most frequent first. */
  readonly details: readonly { readonly detail: string | null; readonly count: number }[]
  /** How many were replayed before without success, and how often at most. */
  readonly replayed: number
  readonly mostReplays: number
}
/** An event that failed after intake, without its values. */
export interface LedgerDeadLetter extends EventName {
  readonly seq: number
  readonly type: string
  readonly employeeId: string
  readonly code: string
  /** Names, never values. */
  readonly detail: string | null
  /** The service refused the call that carried it, so no cycle processed it. */
  readonly refused: boolean
  readonly operation: string | null
  readonly revision: number
  readonly diedAt: number
  /** How often it was replayed so far. */
  readonly replays: number
  readonly archivedAt: number | null
  /** Still prevents the reactivation of its employee. */
  readonly blocksReactivation: boolean
}

/** A dead letter whose copy goes to the bus; `id` identifies the copy in the outbox. */
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
  /** False when its event is no longer dead. */
  readonly current: boolean
}

/** Ends dead letters without replaying them. */
export interface EndOrder {
  readonly seqs: readonly number[]
  /**
   * A discarded event counts as if it had never happened. An archived one is only hidden, and still
   * prevents the reactivation of a leaver.
   */
  readonly how: 'discard' | 'archive'
  /** Also discards terminations, which may make their employees active. */
  readonly terminations: boolean
  readonly actor: string
  readonly justification: string
}
export interface EndedDeadLetters {
  readonly ended: readonly number[]
  /** Left as they are because they are terminations. */
  readonly kept: readonly number[]
  /** No longer dead. */
  readonly gone: readonly number[]
}
