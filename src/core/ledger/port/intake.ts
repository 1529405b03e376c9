import type { HrEvent, JsonObject } from '../../model.ts'
import type { MessageOriginal } from './dead-letters.ts'

/** What goes into the ledger: messages, notices, rows of a baseline. */

/** A message is known by its place in its entity, so that a redelivery after a lost settlement is not counted again. */
export interface MessageName {
  readonly entity: string
  readonly enqueuedAt: number
  /** Decimal text: sequence numbers of partitioned entities do not fit a number. */
  readonly sequence: string
}
export interface IntakeMessage extends MessageName {
  readonly events: readonly HrEvent[]
  /** As it came, kept for whoever has to look at it or send it again. */
  readonly original?: MessageOriginal
  /** Set for a copy that a replay sent: its messageId, by which the replay finds it again. */
  readonly copyId?: string
  /** Set when the message could not be taken in and goes to the native dead-letter queue. */
  readonly rejected: string | null
}
/** When people with something new are planned. */
export interface DueTiming {
  readonly now: number
  /** A person is planned after this much quiet … */
  readonly quietMs: number
  /** … but no later than this after the first unplanned event. */
  readonly maxWaitMs: number
}
export interface IntakeBatch extends DueTiming {
  readonly messages: readonly IntakeMessage[]
  /** Intake works off a backlog: planning of anything but leavers waits until that has been quiet too, so that the backlog merges as a whole. */
  readonly backlog: boolean
  /** How far our clock may be ahead of the one that dated the messages, below zero when it is behind; 0 when left out. */
  readonly aheadMs?: number
}
export interface RecordResult {
  readonly fresh: number
  readonly duplicates: number
  /** Events that were dead, and were sent again after they died. */
  readonly replays: number
  readonly redelivered: number
  readonly rejected: number
  /** Messages only the ledger could tell were wrong; they count as rejected. Left out when there are none. */
  readonly refused?: readonly Refusal[]
}
export interface NoticeQuery {
  readonly now: number
  readonly noticedBefore: number
  readonly leaseMs: number
  readonly limit: number
}
export interface Notice {
  readonly seq: number
  readonly source: string
  readonly id: string
  readonly type: string
  readonly employeeId: string
  readonly recordedAt: number
  /** When what it is about takes effect; once it was read, the moment it is read again for. */
  readonly effectiveAt: number
  /** Reads that came to nothing so far. */
  readonly attempts: number
}
export type ReadResult =
  /** Dated at `began`. With `nextAt` it is read once more then. The same as before changes nothing. */
  | {
      readonly kind: 'read'
      readonly seq: number
      readonly mode: 'snapshot' | 'delta'
      readonly worker: JsonObject
      readonly began: number
      readonly nextAt: number | null
    }
  | { readonly kind: 'again'; readonly seq: number; readonly at: number }
  /** Nothing was learned and no attempt counts: the claim is given up, so that another instance may read it at once. */
  | { readonly kind: 'released'; readonly seq: number }
  /** For good; `detail` is a code. */
  | { readonly kind: 'failed'; readonly seq: number; readonly detail: string }
export interface BaselineRows extends DueTiming {
  readonly events: readonly HrEvent[]
}
/** `message` is its place in the batch. None of its events was taken. */
export interface Refusal {
  readonly message: number
  readonly code: string
  readonly description: string
}
