import type { Link } from '../../connections/connection.ts'
import type { FindingCode } from '../../findings/codes.ts'
import type { ForeignActivation, ForeignDeactivation } from './findings.ts'
import type { LogRecord, LogRecordKeys } from '../log-record.ts'
import type { Json } from '../../model.ts'
import type { FinalEventState, OperationState } from '../lifecycle.ts'

/**
 * Log records and the operations they answer, deadlines, and outcomes to publish. `destination` is
 * the one whose log is read; by default the only one of a connector with a single job.
 */
export interface ReportLedger {
  /** Which of these log records are known, and the operations that the others may be about. */
  findCandidates(records: readonly LogRecordKeys[], destination?: string): Promise<Candidates>
  /**
   * Stores log records with the operations they answer, sets interim outcomes, moves the watermark.
   */
  recordLogRecords(answers: CorrelatedPage, destination?: string): Promise<void>
  /** Trace contexts of the events that these operations carry. */
  readOrigins(operations: readonly string[]): Promise<readonly string[]>
  /**
   * Finalizes answered operations whose quiet period is over, with their events, and queues the
   * outcomes.
   */
  finalizeOperations(now: number, limit: number): Promise<number>
  /**
   * Operations accepted before this instant, by the service's clock, that the log does not mention;
   * oldest first. None while the job has been seen paused since.
   */
  findOverdueOperations(
    acceptedBefore: number,
    limit: number,
    destination?: string,
  ): Promise<readonly Overdue[]>
  /**
   * An employee whose account the log has named, other than these; `null` when there is none. Which
   * one is left open.
   */
  findLinkedEmployee(other: readonly string[], destination?: string): Promise<string | null>
  /**
   * Ends operations that have no answer although the log was read past their deadline: they are
   * sent again, or given up after `maxResends`.
   */
  expireOperations(query: ExpireQuery): Promise<Expired>
  /** Fails operations that have been escrowed since before `before`. */
  expireEscrowedOperations(before: number, now: number, limit: number): Promise<number>
  /** Dead-letters events that have been incomplete since before `before`, as `IncompleteRecord`. */
  expireIncompleteEvents(before: number, now: number, limit: number): Promise<number>
  /** The instant up to which the log was read; `null` before the first page. */
  readWatermark(destination?: string): Promise<number | null>
  /**
   * When the oldest unanswered operation was submitted; `null` when every operation has an answer.
   * The first read of the log begins there.
   */
  readOldestUnanswered(destination?: string): Promise<number | null>
  /** Unpublished outcomes in the order in which they arose. */
  listUnpublishedOutcomes(limit: number): Promise<readonly OutcomeRow[]>
  /** `naming`: which accounts the outcomes named, when they are to name them. */
  markOutcomesPublished(ids: readonly number[], now: number, naming?: Naming): Promise<void>
  /** Employees whose outcome could not name their account, and whose account is looked up now. */
  listUnnamedAccounts(now: number, limit: number): Promise<readonly UnnamedAccount[]>
  recordNaming(naming: Naming): Promise<void>
}

/**
 * An operation that a log record may be about: it is unanswered, escrowed, or was given up without
 * an answer; or it was submitted more than once, and the service may have processed each
 * submission.
 */
export interface Candidate {
  readonly id: string
  readonly employeeId: string
  readonly state: Exclude<OperationState, 'pending'>
  readonly record: string
  readonly active: boolean
  /**
   * When the service accepted it, by the service's clock; when it was submitted, if no answer came.
   */
  readonly acceptedAt: number
  /**
   * When it was first submitted, by the service's clock: the service may have acted on a submission
   * whose answer was lost.
   */
  readonly submittedAt: number
  /** The time of the log record that reports its failure. */
  readonly failedAt: number | null
  /**
   * How often it was submitted, and how many changes the log reported; retries of the service do
   * not count.
   */
  readonly timesSubmitted: number
  readonly timesReported: number
}
/** An attribute, as the log spells it, that the log records of a job echo. */
export interface EchoedKey {
  readonly job: string
  readonly key: string
  /** When it was first and last seen. */
  readonly from: number
  readonly to: number
  /** The cycle in which it was last seen. */
  readonly cycle: string
}
export interface AcceptedRecord {
  readonly record: string
  readonly active: boolean
  /** The time of the log record. */
  readonly at: number
}
export interface Candidates {
  /** Ids of log records that are already in the ledger. */
  readonly known: ReadonlySet<string>
  readonly operations: readonly Candidate[]
  /** By change id: the operation that another record of that change was joined to. */
  readonly byChange: ReadonlyMap<string, string>
  /** Earlier log records of these employees that are still ambiguous. */
  readonly unjoined: readonly LogRecord[]
  /** By employee: the last accepted record, to detect that another record changed it since. */
  readonly lastAccepted: ReadonlyMap<string, AcceptedRecord>
  /** The attributes that these jobs are known to echo. */
  readonly echoes: readonly EchoedKey[]
}
export type Interim = 'confirmed' | 'unchanged' | 'skipped' | 'failed' | 'escrowed'
export interface JoinedRecord {
  readonly record: LogRecord
  readonly operation: string | null
  /** The interim outcome that this record gives its operation; `null` for a follow-up. */
  readonly interim: Interim | null
}
export interface CorrelatedPage {
  readonly joins: readonly JoinedRecord[]
  readonly now: number
  readonly finalAt: number
  /** The instant up to which the log has been read, on the last page of a poll. */
  readonly watermark: number | null
  /**
   * Employees whose directory record another system changed: what it holds is unknown, and our
   * record is sent again.
   */
  readonly changedElsewhere: readonly string[]
  /** Changes of access in the log that none of our operations explains. */
  readonly elsewhere?: {
    readonly disabled: readonly ForeignDeactivation[]
    readonly enabled: readonly ForeignActivation[]
  }
  /** The number of new log records of changes made by others. */
  readonly foreign: number
  /** Echoed attributes learned from these records. */
  readonly echoes: readonly EchoedKey[]
}
export interface Overdue {
  readonly id: string
  readonly employeeId: string
  /** By the service's clock. */
  readonly acceptedAt: number
  /** How often the employee's record was resent because it had no answer. */
  readonly resends: number
}
export interface Expired {
  readonly resent: number
  /** Given up as `NoOutcome`. */
  readonly givenUp: number
  /** Twice without a log record while others of the same call had one: unchanged. */
  readonly unchanged: number
}
export interface ExpireQuery {
  /** Only these, and only if they still have no answer. */
  readonly operations: readonly string[]
  /** `null`: the cause is not theirs, so the resend is not counted. */
  readonly maxResends: number | null
  /** By employee: what the service itself said. One who is missing was not asked about. */
  readonly links?: ReadonlyMap<string, Link>
  readonly now: number
}

/** Which employees need no further look at their account, and when to look for the others again. */
export interface Naming {
  readonly done: readonly string[]
  readonly again: readonly { readonly employeeId: string; readonly dueAt: number; readonly tries: number }[]
}
export interface UnnamedAccount {
  readonly employeeId: string
  readonly objectId: string
  /** How often it was asked for since the outcome. */
  readonly tries: number
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
  /** Where the account is; `null` before anything was planned. */
  readonly destination: string | null
  /** Dotted path and value of each attribute of the event. */
  readonly attributes: readonly (readonly [path: string, value: Json])[]
  /** Codes of the findings about the event that are open now. */
  readonly findings: readonly FindingCode[]
  readonly at: number
  /** When the event entered the ledger, and from when it counts. */
  readonly receivedAt: number
  readonly effectiveAt: number
  readonly traceparent: string | null
}
