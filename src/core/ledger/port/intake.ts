import type { NewFinding } from '../../findings/finding.ts'
import type { HrEvent, JsonObject } from '../../model.ts'
import type { RejectionCode } from '../../reasons.ts'
import type { MessageOriginal } from './dead-letters.ts'
import type { RefusedLeaver } from './leavers.ts'

/** Everything that enters the ledger: messages, notices that were read, rows of a baseline file. */
export interface IntakeLedger {
  /** Commits a micro-batch of messages. Only after that may the messages be settled. */
  recordMessages(intake: IntakeBatch): Promise<RecordResult>
  /**
   * Commits rows of a baseline file. Known rows change nothing, so a file may be imported again.
   */
  importBaseline(rows: BaselineRows): Promise<{ readonly fresh: number; readonly known: number }>
  /**
   * Claims notices to read now, for `leaseMs`: those that have waited since `noticedBefore`, and
   * those whose moment has come. A notice that is not finished by then may be claimed again.
   */
  claimNotices(query: NoticeQuery): Promise<readonly ClaimedNotice[]>
  /**
   * Commits the results of reads: a notice becomes the snapshot or delta that was read, waits, or
   * is dead-lettered. Its employee becomes due if that changes anything. The result of a claim that
   * has lapsed is dropped once another instance has claimed the notice.
   */
  finishNotices(results: readonly FinishedRead[], now: number): Promise<void>
}

/**
 * Identifies a message by its place in its entity, so that a redelivery after a lost settlement is
 * not counted again.
 */
export interface MessageName {
  readonly entity: string
  readonly enqueuedAt: number
  /** Decimal text: sequence numbers of partitioned entities exceed 2^53. */
  readonly sequence: string
}
export interface IntakeMessage extends MessageName {
  readonly events: readonly HrEvent[]
  /** The message as it arrived, kept for inspection and replay. */
  readonly original?: MessageOriginal
  /** The messageId of a copy that a replay sent; the replay looks it up by that id. */
  readonly copyId?: string
  /** The reason code when the message was rejected and goes to the native dead-letter queue. */
  readonly rejected: RejectionCode | null
  /** What a person should look at, although the events are taken in. */
  readonly findings?: readonly NewFinding[]
  /** The leavings that a rejected message seems to contain. Each opens a leaver case. */
  readonly leavers?: readonly RefusedLeaver[]
}
/** When employees with new events are planned. */
export interface DueTiming {
  readonly now: number
  /** An employee is planned after this much quiet time … */
  readonly quietMs: number
  /** … but at the latest this long after the first unplanned event. */
  readonly maxWaitMs: number
}
export interface IntakeBatch extends DueTiming {
  readonly messages: readonly IntakeMessage[]
  /**
   * Intake is working through a backlog: planning of everything but terminations waits for quiet
   * there too, so that the backlog merges as a whole.
   */
  readonly backlog: boolean
  /**
   * How far our clock may be ahead of the one that dated the messages; negative when it is behind,
   * 0 when left out.
   */
  readonly aheadMs?: number
  /** What a person should look at that is not about one message. */
  readonly findings?: readonly NewFinding[]
}
export interface RecordResult {
  readonly fresh: number
  readonly duplicates: number
  /** Dead-lettered events that were enqueued again after they died. */
  readonly replays: number
  readonly redelivered: number
  readonly rejected: number
  /** Messages that only the ledger could reject; they count as rejected. Left out when empty. */
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
  /** When the change takes effect; after the first read, the moment of the second. */
  readonly effectiveAt: number
  /** Failed reads so far. */
  readonly attempts: number
}
export interface ClaimedNotice extends Notice {
  /** When the claim lapses. It names the claim: the next one of the same notice lapses later. */
  readonly claimedUntil: number
}
export type FinishedRead = ReadResult & Pick<ClaimedNotice, 'claimedUntil'>
export type ReadResult =
  /**
   * Takes effect at `began`, and knows what HR recorded until `recordedAt`. With `nextAt` it is read
   * once more then. A second read that is equal to the first changes nothing, unless other events of
   * the employee came between the two.
   */
  | {
      readonly kind: 'read'
      readonly seq: number
      readonly mode: 'snapshot' | 'delta'
      readonly worker: JsonObject
      readonly began: number
      readonly recordedAt: number
      readonly nextAt: number | null
    }
  | { readonly kind: 'again'; readonly seq: number; readonly at: number }
  /** Not read and not counted as an attempt: any instance may claim it at once. */
  | { readonly kind: 'released'; readonly seq: number }
  /**
   * Failed for good; `detail` is a code, and may go on with what was wrong; it never holds a value.
   */
  | { readonly kind: 'failed'; readonly seq: number; readonly detail: string }
export interface BaselineRows extends DueTiming {
  readonly events: readonly HrEvent[]
}
/** `message` is the index in the batch. None of its events was recorded. */
export interface Refusal {
  readonly message: number
  readonly code: RejectionCode
  /** The path of the field that is wrong. */
  readonly field: string
  readonly description: string
}
