import type { KnownEvent, PutBack, ReplayEntry, ReplayItem, ReplayOrder, ReplayRun } from './port/replays.ts'
import type { NativeMove, NativeStage } from '../report/replay/log.ts'
import type { EventName } from '../model.ts'
import type {
  DeadLetterCopy,
  EndedDeadLetters,
  EndOrder,
  LedgerDeadLetter,
  LedgerDeadLetterPage,
  LedgerDeadLetterQuery,
  Original,
} from './port/dead-letters.ts'
import type { BrakeSettings } from '../plan/decide/brake.ts'
import type { Decision, Employee } from '../plan/decide/plan.ts'
import type {
  LeaverAcknowledgement,
  LeaverPage,
  LeaverQuery,
  LeaverRest,
  LeaverStep,
} from './port/leavers.ts'
import type { LogRecord } from '../report/correlate/log-record.ts'
import type {
  AuditPage,
  AuditQuery,
  StateCounts,
  Erasure,
  AgedOut,
  AgeOutQuery,
  ErasureResult,
  EventsPage,
  EventsQuery,
  Idle,
  SubmissionStatus,
  EmployeeCut,
  EmployeeView,
  RetentionPage,
  RetentionQuery,
  Totals,
  Trace,
} from './port/inspect.ts'
import type { LedgerAge, LedgerMark, Restoration, Restored } from './port/age.ts'
import type { Acknowledgement, Finding, FindingCount, FindingsPage, FindingsQuery } from './port/findings.ts'
import type {
  BaselineRows,
  IntakeBatch,
  Notice,
  NoticeQuery,
  ReadResult,
  RecordResult,
} from './port/intake.ts'
import type {
  Batch,
  BatchAnswer,
  BatchQuery,
  BrakeStatus,
  DueQuery,
  Hold,
  LeaseQuery,
  MomentCut,
  PlanResult,
  Slot,
  SlotQuery,
} from './port/provision.ts'
import type { Candidates, CorrelatedPage, ExpireQuery, Expired, OutcomeRow, Overdue } from './port/report.ts'

export * from './port/age.ts'
export * from './port/dead-letters.ts'
export * from './port/findings.ts'
export * from './port/intake.ts'
export * from './port/leavers.ts'
export * from './port/provision.ts'
export * from './port/replays.ts'
export * from './port/report.ts'
export * from './port/inspect.ts'

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
  /**
   * What only one instance does at a time: true when `owner` has the lease now, until `now + leaseMs`. Whoever has it renews it by asking again, and
   * gives it back with `leaseMs` 0.
   */
  lease(query: LeaseQuery): Promise<boolean>
  /** People to be planned: due, with nothing unanswered, or with a leaver's event waiting. Whole, with all their events. */
  claimDueEmployees(query: DueQuery): Promise<readonly Employee[]>
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
  /** Sets or lifts (`until` in the past) a reason to send nothing. That of the job says too when it was seen standing still. */
  hold(hold: Hold): Promise<void>
  /** Writes down what came of an attempt. */
  recordAnswer(batchId: string, answer: BatchAnswer, now: number): Promise<void>
  /** Which of these log records are new, and the operations they may speak of. */
  candidates(records: readonly LogRecord[]): Promise<Candidates>
  /** Keeps log records with the operations they answer, and moves the watermark. Operations get their interim outcome. */
  correlate(answers: CorrelatedPage): Promise<void>
  /** Makes answered operations final whose quiet period is over, their events with them, and queues the outcomes. */
  finalize(now: number, limit: number): Promise<number>
  /**
   * Operations accepted before this instant, by the service's clock, of which the log has not spoken; oldest first. None while the job has been seen standing
   * still since.
   */
  overdue(acceptedBefore: number, limit: number): Promise<readonly Overdue[]>
  /** Operations without any answer although the log was read past their deadline: offered again, or given up after `maxResends`. */
  expire(query: ExpireQuery): Promise<Expired>
  /** Escrowed operations the service has had longer than `before` allows fail for good. */
  expireEscrowed(before: number, now: number, limit: number): Promise<number>
  /** Incomplete events older than `before` die as `IncompleteRecord`. */
  expireIncomplete(before: number, now: number, limit: number): Promise<number>
  /** How far the log was read: everything up to this instant has been seen. `null` before the first page. */
  watermark(): Promise<number | null>
  /**
   * When the oldest operation without an answer was handed over; `null` when every operation has one. A log that was never read is read from there on.
   */
  oldestUnanswered(): Promise<number | null>
  /**
   * Cuts to now plus their length what a clock that was ahead wrote down: plans, calls, leases, waits and holds. Answers how many rows it changed; 0
   * while clocks behave, and then it is cheap.
   */
  cutMoments(cut: MomentCut): Promise<number>
  /** Outcomes waiting to be published, in the order they came to be. */
  takeUnpublished(limit: number): Promise<readonly OutcomeRow[]>
  markPublished(ids: readonly number[], now: number): Promise<void>
  /** Cheap in any size of ledger: is there anything left that will happen without new input or a moment in the future? */
  idle(now: number): Promise<Idle>
  /** Running totals, kept by every transaction. Cheap. */
  totals(): Promise<Totals>
  /** Totals, and counts by state from the rows themselves, at one moment. */
  inspect(): Promise<{ readonly totals: Totals; readonly stateCounts: StateCounts }>
  /** What limits submission now: calls of the last 24 hours (oldest first), what waits, what holds it back. */
  submissionStatus(now: number): Promise<SubmissionStatus>
  /** A page of events in the order they were received; where `next` is not `null`, it continues. */
  events(query: EventsQuery): Promise<EventsPage>
  /** A page of what people did by commands, in the order they did it; where `next` is not `null`, it continues. */
  audit(query: AuditQuery): Promise<AuditPage>
  /** The whole chain around an event, an employee, an operation, a batch, a request id or a directory object; `null` when nothing has that name. */
  trace(reference: string): Promise<Trace | null>
  /**
   * The person a reference names (an employee, an event id, an operation, …), with everything a plan needs; several where it names a batch, events of several
   * sources, or an event and an employee; none when nothing has that name.
   */
  findEmployees(reference: string): Promise<readonly EmployeeView[]>
  /** People in the order of their ids, from the one after `after` on. For looking through all of them in pages. */
  employeePage(after: string | null, limit: number): Promise<readonly EmployeeView[]>
  /** People in the order of their ids, from the one after `after` on, and which of their events are final and told since before `settledBefore`. */
  retentionPage(query: RetentionQuery): Promise<readonly RetentionPage[]>
  /**
   * Puts what remains in the place of events that are folded away, and drops the operations and log records of that time. A cut of a person who
   * changed since it was read is dropped. The ids of the events stay known.
   */
  foldAway(
    cuts: readonly EmployeeCut[],
    settledBefore: number,
    now: number,
  ): Promise<{ readonly folded: number }>
  /** How far the ledger has come. Cheap. */
  age(): Promise<LedgerAge>
  /** The world was seen further than this ledger is: nothing is planned or sent from now on, and a finding says so. */
  foundOlder(outside: LedgerMark, now: number): Promise<void>
  /**
   * A person says that a restored ledger is whole again: planning and sending go on, in an epoch of their own. Only after the log was read past the
   * moment the ledger was found to be older. Who says so and why is kept.
   */
  ledgerRestored(order: Restoration, now: number): Promise<Restored>
  /** A page of findings in the order they were raised; where `next` is not `null`, it continues. */
  findings(query: FindingsQuery): Promise<FindingsPage>
  finding(seq: number): Promise<Finding | null>
  /** How many findings are open, by code. Cheap. */
  openFindings(): Promise<readonly FindingCount[]>
  /**
   * A person has looked at a finding, and says why it may rest; what acknowledging does beside is in the table of codes. Answers false when there is
   * no such finding, or it has been acknowledged before. Who did it, when and why is kept.
   */
  acknowledgeFinding(acknowledgement: Acknowledgement, now: number): Promise<boolean>
  /**
   * Takes out a slice of what belongs to no employee's events: messages, calls, batches without operations, log records of
   * changes that others made, and deactivations that the brake no longer counts.
   */
  ageOut(query: AgeOutQuery): Promise<AgedOut>
  /** Takes everything of one person out of the ledger; who did it and why stays. `null` when there is nobody of that name. */
  erase(erasure: Erasure, now: number): Promise<ErasureResult | null>
  /** Keeps who discarded messages of the bus, and why. */
  noteDiscarded(
    entity: string,
    sequences: readonly string[],
    actor: string,
    reason: string,
    now: number,
  ): Promise<void>
  /** A page of events that died after they were taken in, in the order they were; where `next` is not `null`, it continues. */
  deadLetters(query: LedgerDeadLetterQuery): Promise<LedgerDeadLetterPage>
  /** One of them, with what it came in; `null` when that event is not dead. `original` is `null` for a row of a file. */
  deadLetter(
    seq: number,
  ): Promise<{ readonly letter: LedgerDeadLetter; readonly original: Original | null } | null>
  /** Discards or archives dead letters; who did it and why is kept. */
  endDeadLetters(order: EndOrder, now: number): Promise<EndedDeadLetters>
  /** Dead letters whose copies have not gone out, in the order they died. */
  takeUncopied(limit: number): Promise<readonly DeadLetterCopy[]>
  markCopied(ids: readonly number[], now: number): Promise<void>
  /** Of these events, those that are dead and in sight, and the revision they died in. */
  currentDeadLetters(seqs: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** Which of these events are known, and how they stand. */
  knownEvents(names: readonly EventName[]): Promise<readonly KnownEvent[]>
  /** People by id, as the next plan will see them; those who are not there are left out. */
  employees(ids: readonly string[]): Promise<readonly EmployeeView[]>
  /** Freezes a selection. From then on what arrives or fails again is not in it. */
  freezeReplay(order: ReplayOrder, now: number): Promise<ReplayRun>
  /** Writes down who goes on with a run that was stopped, and why. */
  resumeReplay(run: ReplayRun, actor: string, reason: string, now: number): Promise<void>
  /** Runs, the last first: those with that selection that have not ended, or all of them. */
  replayRuns(query: { readonly open: string | null; readonly limit: number }): Promise<readonly ReplayRun[]>
  /** What became of each part of a run, in pages. */
  replayEntries(run: number, after: number, limit: number): Promise<readonly ReplayEntry[]>
  /** Parts of a run on this entity (`null`: in the ledger) in this stage, in the order they were frozen. */
  replayItems(
    run: number,
    entity: string | null,
    stage: NativeStage,
    limit: number,
  ): Promise<readonly ReplayItem[]>
  /** All of them or none; a first move to `sending` keeps the moment. */
  moveReplay(run: number, entity: string, moves: readonly NativeMove[], now: number): Promise<void>
  /**
   * Puts dead letters of a run back at their place in the order, edited or as they were, and says so in the run, in one transaction: what is not dead any more, or died
   * anew since the selection was frozen, is `gone`. One that puts its person out may not be edited into something else.
   */
  putBack(run: number, parts: readonly PutBack[], now: number): Promise<void>
  /** The run is over; without parts that wait it is not opened again. */
  endReplay(run: number, now: number): Promise<void>
  /** Refuses parts of runs frozen before then that are edited and wait, and forgets what they were to say: `BeyondRetention`. Answers how many. */
  forgetEdits(before: number, now: number): Promise<number>
  /** Of these ids of copies, those whose messages were taken over, and the code with which one was refused. */
  takenIn(messageIds: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /** Open leaver cases with all it takes to assess them, in pages. */
  openLeavers(query: LeaverQuery): Promise<LeaverPage>
  /** Carries out what an assessment came to: ends cases, or has the employee's record sent again. */
  settleLeavers(steps: readonly LeaverStep[], now: number): Promise<void>
  /**
   * Sends what else the events said of which the directory took nothing but that their employee is disabled; who asked for it and why is kept.
   * Answers how many events that are.
   */
  resendRest(order: LeaverRest, now: number): Promise<number>
  /** Closes cases on a person's word; who did it and why is kept. Answers those that were open. */
  acknowledgeLeavers(order: LeaverAcknowledgement, now: number): Promise<readonly number[]>
  /** Rejects while the ledger cannot take work. Answers what its own clock says; `null` where it goes by ours. */
  ping(): Promise<number | null>
  close(): Promise<void>
}
