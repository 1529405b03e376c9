import type { ForeignActivation, ForeignDeactivation } from './findings.ts'
import type { LogRecord } from '../../report/correlate/log-record.ts'
import type { Json } from '../../model.ts'
import type { FinalEventState, OperationState } from '../lifecycle.ts'

/** What correlate and publish ask of the ledger, and what it answers. */

/**
 * An operation a record may speak of: one that waits for its answer, one the service failed with, one that was given up without a word of it, and one that was
 * handed over more than once, which the service may have carried out as often.
 */
export interface Candidate {
  readonly id: string
  readonly employeeId: string
  readonly state: Exclude<OperationState, 'pending'>
  readonly record: string
  readonly active: boolean
  /** When the service accepted it, by the service's own clock; when it was handed over, where no answer came. */
  readonly acceptedAt: number
  /** When it was handed over first, by the service's clock too: an answer that got lost may have been acted on. */
  readonly submittedAt: number
  /** The moment the log gives to its failure. */
  readonly failedAt: number | null
  /** How often it was handed over, and of how many changes the log has spoken; new tries of the service do not count. */
  readonly timesSubmitted: number
  readonly timesReported: number
}
/** An attribute, as the log spells it, that a job repeats of what it imports. */
export interface EchoedKey {
  readonly job: string
  readonly key: string
  /** The first and the last moment it was seen at. */
  readonly from: number
  readonly to: number
  /** Of the last moment. */
  readonly cycle: string
}
export interface AcceptedRecord {
  readonly record: string
  readonly active: boolean
  /** The moment the log gives to it. */
  readonly at: number
}
export interface Candidates {
  /** Ids of records that are in the ledger already. */
  readonly known: ReadonlySet<string>
  readonly operations: readonly Candidate[]
  /** Operations that a record of the same change was joined to. */
  readonly byChange: ReadonlyMap<string, string>
  /** Earlier records of these people that could not be told apart yet. */
  readonly unjoined: readonly LogRecord[]
  /** The record the directory took last, by employee, and when; to tell whether another record changed it since. */
  readonly lastAccepted: ReadonlyMap<string, AcceptedRecord>
  /** What these jobs were seen to repeat so far. */
  readonly echoes: readonly EchoedKey[]
}
export type Interim = 'confirmed' | 'unchanged' | 'skipped' | 'failed' | 'escrowed'
export interface JoinedRecord {
  readonly record: LogRecord
  readonly operation: string | null
  /** Set when this record gives its operation the interim outcome; follow-ups leave it. */
  readonly interim: Interim | null
}
export interface CorrelatedPage {
  readonly joins: readonly JoinedRecord[]
  readonly now: number
  readonly finalAt: number
  /** Everything up to this instant has been read, when this page was the last of its poll. */
  readonly watermark: number | null
  /** People whose directory record somebody else changed: what it holds is no longer known, and ours is offered again. */
  readonly changedElsewhere: readonly string[]
  /** What the log shows of access that no operation of ours explains. */
  readonly elsewhere?: {
    readonly disabled: readonly ForeignDeactivation[]
    readonly enabled: readonly ForeignActivation[]
  }
  /** New records of changes nobody here sent. */
  readonly foreign: number
  /** What these records added to what is known of the job. */
  readonly echoes: readonly EchoedKey[]
}
export interface Overdue {
  readonly id: string
  readonly employeeId: string
  /** By the service's clock. */
  readonly acceptedAt: number
}
export interface Expired {
  readonly resent: number
  /** Given up as `NoOutcome`. */
  readonly givenUp: number
  /** Nothing was said of them while their neighbours were answered, twice: nothing to say. */
  readonly unchanged: number
}
export interface ExpireQuery {
  /** Only these; they are left alone when an answer came meanwhile. */
  readonly operations: readonly string[]
  /** `null`: it is not their fault, so it costs no offer. */
  readonly maxResends: number | null
  readonly now: number
}

export interface OutcomeRow {
  readonly id: number
  readonly employeeId: string
  readonly source: string
  readonly eventId: string
  readonly type: string
  readonly revision: number
  readonly state: FinalEventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: { readonly source: string; readonly id: string } | null
  readonly operation: string | null
  readonly objectId: string | null
  /** What the event says: dotted path and value of each attribute. */
  readonly attributes: readonly (readonly [path: string, value: Json])[]
  readonly at: number
  readonly traceparent: string | null
}
