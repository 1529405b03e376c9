import type { Cut } from '../plan/retain.ts'
import type { LogRecord } from '../report/log-record.ts'
import type { HrEvent, JsonObject } from '../model.ts'
import type { BrakeSettings } from '../plan/brake.ts'
import type { Decision, Person } from '../plan/plan.ts'
import type { BatchState, EventState, FinalEventState, OperationState } from './lifecycle.ts'

/**
 * What the connector remembers. Every method is one transaction with a business name: all of it happened, or nothing did.
 * A method that fails left nothing behind and may be called again. The loops share nothing but this.
 * `now` always comes from the caller.
 */
export interface Ledger {
  /** Takes over what a micro-batch of messages brought. Only after this may the messages be settled. */
  record(intake: IntakeBatch): Promise<RecordResult>
  /** Takes over rows of a baseline file. Those that are there already change nothing, so a file may be imported again from its beginning. */
  importBaseline(rows: BaselineRows): Promise<{ readonly fresh: number; readonly known: number }>
  /**
   * Notices to read now: those that have waited since `noticedBefore`, and those whose moment has come. Each for `leaseMs`; one that is not
   * finished by then may be claimed again.
   */
  claimNotices(query: NoticeQuery): Promise<readonly Notice[]>
  /** What came of reads: a notice becomes what was read, waits, or dies. Its person is planned when that changes anything. */
  finishReads(results: readonly ReadResult[], now: number): Promise<void>
  /** People to be planned: due, with nothing unanswered, or with a leaver's event waiting. Whole, with all their events. */
  duePeople(query: DueQuery): Promise<readonly Person[]>
  /**
   * Carries out decisions: replaces operations not yet sent, moves events, queues final outcomes. A decision whose person changed since it was
   * read is dropped; that person stays due. Operations that would put out too many people at once are held back.
   */
  commitPlan(decisions: readonly Decision[], brake: BrakeSettings, now: number): Promise<PlanResult>
  brakeStatus(settings: BrakeSettings, now: number): Promise<BrakeStatus>
  /** Lets the held people go. Answers how many. Actor and reason are kept. */
  releaseBrake(actor: string, reason: string, now: number): Promise<number>
  /** The next batch to send: one that was begun and left, or a new one from what waits. `null` when nothing is ready. */
  nextBatch(query: BatchQuery): Promise<Batch | null>
  /**
   * Before every HTTP attempt: checks the batch is still ours, takes a call from the window and the day's budget (never given back),
   * and withdraws what a newer operation has overtaken.
   */
  takeSlot(batchId: string, query: SlotQuery): Promise<Slot>
  /**
   * The job was started again at `startedAt` and lost what was staged: what it accepted before and nobody heard of is offered again.
   * Remembers the last start it was told of, and answers how many operations that were; 0 when it knew.
   */
  jobRestarted(startedAt: number, now: number): Promise<number>
  /** Sets or lifts (`until` in the past) a reason to send nothing. */
  hold(hold: Hold): Promise<void>
  /** Writes down what came of an attempt. */
  recordAnswer(batchId: string, answer: BatchAnswer, now: number): Promise<void>
  /** Which of these log records are new, and the operations they may speak of. */
  candidates(records: readonly LogRecord[]): Promise<Candidates>
  /** Keeps log records with the operations they answer, and moves the watermark. Operations get their interim outcome. */
  correlate(answers: CorrelatedPage): Promise<void>
  /** Makes answered operations final whose quiet period is over, their events with them, and queues the outcomes. */
  finalize(now: number, limit: number): Promise<number>
  /** Operations accepted before this instant, by the service's clock, of which the log has not spoken; oldest first. */
  overdue(acceptedBefore: number, limit: number): Promise<readonly Overdue[]>
  /** Operations without any answer although the log was read past their deadline: offered again, or given up after `maxOffers`. */
  expire(query: ExpireQuery): Promise<Expired>
  /** Escrowed operations the service has had longer than `before` allows fail for good. */
  expireEscrowed(before: number, now: number, limit: number): Promise<number>
  /** Incomplete events older than `before` die as `IncompleteRecord`. */
  expireIncomplete(before: number, now: number, limit: number): Promise<number>
  /** How far the log was read: everything up to this instant has been seen. `null` before the first page. */
  watermark(): Promise<number | null>
  /** Outcomes waiting to be published, in the order they came to be. */
  takeUnpublished(limit: number): Promise<readonly OutcomeRow[]>
  markPublished(ids: readonly number[], now: number): Promise<void>
  /** Cheap in any size of ledger: is there anything left that will happen without new input or a moment in the future? */
  idle(now: number): Promise<Idle>
  /** Running totals, kept by every transaction. Cheap. */
  totals(): Promise<Totals>
  /** Totals, and counts by state from the rows themselves, at one moment. */
  inspect(): Promise<{ readonly totals: Totals; readonly census: Census }>
  /** What limits submission now: calls of the last 24 hours (oldest first), what waits, what holds it back. */
  outlook(now: number): Promise<Outlook>
  /** A page of events in the order they were received; where `next` is not `null`, it continues. */
  events(query: EventsQuery): Promise<EventsPage>
  /** The whole chain around an event, an employee, an operation, a batch, a request id or a directory object; `null` when nothing has that name. */
  trace(reference: string): Promise<Trace | null>
  /** The person a reference names (an employee, an event id, an operation, …), with everything a plan needs; `null` when nothing has that name. */
  findPerson(reference: string): Promise<PersonView | null>
  /** People in the order of their ids, from the one after `after` on. For looking through all of them in pages. */
  peoplePage(after: string | null, limit: number): Promise<readonly PersonView[]>
  /** People in the order of their ids, from the one after `after` on, and which of their events are final and told since before `settledBefore`. */
  retentionPage(query: RetentionQuery): Promise<readonly RetentionPage[]>
  /**
   * Puts what remains in the place of events that are folded away, and drops the operations and log records of that time. A cut of a person who
   * changed since it was read is dropped. The ids of the events stay known.
   */
  foldAway(cuts: readonly PersonCut[], settledBefore: number, now: number): Promise<{ readonly folded: number }>
  /** Takes everything of one person out of the ledger; who did it and why stays. `null` when there is nobody of that name. */
  erase(erasure: Erasure, now: number): Promise<ErasureResult | null>
  /** Rejects while the ledger cannot take work. */
  ping(): Promise<void>
  close(): Promise<void>
}

// ── intake ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** A message is known by its place in its entity, so that a redelivery after a lost settlement is not counted again. */
export interface MessageName {
  readonly entity: string
  readonly enqueuedAt: number
  /** Decimal text: sequence numbers of partitioned entities do not fit a number. */
  readonly sequence: string
}
export interface IntakeMessage extends MessageName {
  readonly events: readonly HrEvent[]
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
}
export interface RecordResult {
  readonly fresh: number
  readonly duplicates: number
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
  readonly employee: string
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

// ── plan ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface DueQuery {
  readonly now: number
  readonly limit: number
  /** While intake works off a backlog: leavers, people whose moment has come, and those who waited this long. */
  readonly maxWaitMs: number
}
export interface PlanResult {
  readonly operations: number
  readonly finals: number
  /** Decisions dropped because their person changed meanwhile. */
  readonly stale: number
}
export interface BrakeStatus {
  /** Distinct people put out in the window. */
  readonly people: number
  /** People active in the directory, as far as we put them there. */
  readonly active: number
  readonly held: number
  readonly heldSince: number | null
}

// ── submit ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface BatchQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly maxOperations: number
  readonly maxBytes: number
  /** A batch that is not full leaves when its oldest operation has waited this long. Leavers leave at once. */
  readonly fillMs: number
  readonly limits: CallLimits
}
export interface BatchOperation {
  readonly id: string
  readonly employee: string
  /** The record as it goes on the wire. */
  readonly record: string
  /** Trace contexts of the events it carries; at most a few. */
  readonly links: readonly string[]
}
export interface Batch {
  readonly id: string
  readonly attempts: number
  readonly operations: readonly BatchOperation[]
}
export interface CallLimits {
  readonly perWindow: number
  readonly windowMs: number
  readonly perDay: number
}
export interface SlotQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly limits: CallLimits
}
export type Slot =
  /** Go, with these operations; `call` names the call for its answer. */
  | { readonly kind: 'taken'; readonly call: number; readonly operations: readonly BatchOperation[] }
  | { readonly kind: 'wait'; readonly until: number; readonly why: 'window' | 'day' | 'hold' }
  /** Everything in it was overtaken. */
  | { readonly kind: 'empty' }
  /** Another instance has it. */
  | { readonly kind: 'lost' }
export type BatchAnswer =
  | { readonly kind: 'accepted'; readonly call: number; readonly acceptedAt: number; readonly requestId: string | null }
  /** Not taken as a whole: halves go on by themselves; one alone is refused for good. */
  | { readonly kind: 'refused'; readonly call: number; readonly status: number; readonly code: string; readonly requestId: string | null }
  /** Try again not before `notBefore`; `call` is `null` when none was made. */
  | {
      readonly kind: 'again'
      readonly call: number | null
      readonly status: number | null
      readonly notBefore: number
      readonly countsAsAttempt: boolean
      /** Lets anybody take the batch up again; otherwise it stays with its owner. */
      readonly release: boolean
      /** Holds back every other batch until then too. The next batch the service accepts lifts it. */
      readonly hold: HoldName | null
    }

/** Why nothing is sent: too many calls, no room at the service, a permission or address that is wrong, the service down, the job paused. */
export const HOLDS = ['throttled', 'full', 'refused', 'circuit', 'job'] as const
export type HoldName = (typeof HOLDS)[number]
export interface Hold {
  readonly name: HoldName
  readonly since: number
  readonly until: number
  readonly status: number | null
  /** A word or code, never a value of a person. */
  readonly detail: string | null
}

// ── correlate ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface Candidate {
  readonly id: string
  readonly employee: string
  readonly state: Extract<OperationState, 'accepted' | 'escrowed'>
  readonly record: string
  readonly active: boolean
  /** When the service accepted it, by the service's own clock. */
  readonly acceptedAt: number
  /** When it was handed over first, by the service's clock too: an answer that got lost may have been acted on. */
  readonly submittedAt: number
}
export interface TakenRecord {
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
  readonly taken: ReadonlyMap<string, TakenRecord>
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
  readonly disturbed: readonly string[]
  /** New records of changes nobody here sent. */
  readonly foreign: number
}
export interface Overdue {
  readonly id: string
  readonly employee: string
  /** By the service's clock. */
  readonly acceptedAt: number
}
export interface Expired {
  readonly offeredAgain: number
  /** Given up as `NoOutcome`. */
  readonly givenUp: number
  /** Nothing was said of them while their neighbours were answered, twice: nothing to say. */
  readonly unchanged: number
}
export interface ExpireQuery {
  /** Only these; they are left alone when an answer came meanwhile. */
  readonly operations: readonly string[]
  /** `null`: it is not their fault, so it costs no offer. */
  readonly maxOffers: number | null
  readonly now: number
}

// ── publish ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface OutcomeRow {
  readonly id: number
  readonly employee: string
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
  /** Names of the attributes the event speaks of, never values. */
  readonly attributes: readonly string[]
  readonly at: number
  readonly traceparent: string | null
}

// ── inspect ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface Idle {
  /** Nothing is received, planned, unanswered or unpublished; what is open waits for a moment. */
  readonly idle: boolean
  /** The next moment something is due by itself; `null` when nothing is. */
  readonly nextAt: number | null
}
export const TOTALS = [
  'messages',
  'decoded',
  'rejected',
  'redelivered',
  'events',
  'duplicates',
  'finished',
  'operations',
  'calls',
  'published',
  'unmatched',
  'imported',
  'folded',
  'erased',
  'dropped',
  'withheld',
] as const
export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>
export interface Census {
  readonly events: Readonly<Record<EventState, number>>
  readonly operations: Readonly<Record<OperationState, number>>
  readonly batches: Readonly<Record<BatchState, number>>
  readonly employees: number
  readonly unpublished: number
}

export interface Outlook {
  readonly callTimes: readonly number[]
  readonly pending: number
  /** People whose events are still to be planned. */
  readonly unplanned: number
  readonly holds: readonly Hold[]
}

/** Somebody as the next plan will see them. */
export interface PersonView {
  readonly person: Person
  /** The record the directory took last; `null` when it took none, or when what it holds is not known. */
  readonly taken: string | null
  /** The event the reference names, when it names one. */
  readonly event: number | null
}

// ── retention ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface RetentionQuery {
  readonly after: string | null
  readonly limit: number
  readonly settledBefore: number
}
export interface RetentionPage {
  readonly person: Person
  /** Ledger sequences. */
  readonly settled: readonly number[]
}
export interface PersonCut extends Cut {
  readonly employee: string
  readonly revision: number
}
export interface Erasure {
  readonly employee: string
  readonly actor: string
  readonly reason: string
}
export interface ErasureResult {
  readonly events: number
  readonly operations: number
  /** Outcomes that had not been published yet. */
  readonly outcomesWithheld: number
}

export interface EventsQuery {
  /** `null`: in any state. */
  readonly state: EventState | null
  /** Received at this moment or later; `null`: from the first. */
  readonly since: number | null
  /** `next` of the page before; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface EventsPage {
  readonly events: readonly EventLine[]
  readonly next: number | null
}
/** An event without its values. */
export interface EventLine {
  readonly source: string
  readonly id: string
  readonly type: string
  readonly employee: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: string | null
  readonly operation: string | null
  readonly effectiveAt: number
  readonly receivedAt: number
  readonly finishedAt: number | null
}

export interface Trace extends PersonTrace {
  /** The others in it, when the reference names a batch. */
  readonly others: readonly PersonTrace[]
}
export interface PersonTrace {
  readonly employee: { readonly id: string; readonly objectId: string | null }
  readonly events: readonly TraceEvent[]
  readonly operations: readonly TraceOperation[]
}
export interface TraceEvent {
  readonly source: string
  readonly id: string
  readonly type: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: string | null
  readonly operation: string | null
  readonly recordedAt: number
  readonly effectiveAt: number
  readonly receivedAt: number
  readonly plannedAt: number | null
  readonly finishedAt: number | null
  readonly publishedAt: number | null
}
export interface TraceOperation {
  readonly id: string
  readonly state: OperationState
  readonly lane: string
  readonly createdAt: number
  readonly code: string | null
  readonly reason: string | null
  readonly batch: {
    readonly id: string
    readonly state: BatchState
    readonly attempts: number
    readonly submittedAt: number | null
    readonly acceptedAt: number | null
    readonly requestId: string | null
    readonly status: number | null
  } | null
  readonly records: readonly {
    readonly id: string
    readonly activityAt: number
    readonly changeId: string
    readonly action: string
    readonly status: string
    readonly code: string | null
    readonly objectId: string | null
  }[]
  readonly answeredAt: number | null
  readonly finishedAt: number | null
}
