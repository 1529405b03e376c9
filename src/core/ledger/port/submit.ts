import type { JobReport } from '../../provision/quarantine.ts'

/**
 * Batches, calls and their quota, and what holds submission back. `destination` is the one that a
 * method speaks of; by default the only one of a connector with a single job.
 */
export interface SubmitLedger {
  /**
   * The next batch to send: one that was begun and abandoned, or a new one from pending operations;
   * `null` when none is ready.
   */
  claimBatch(query: BatchQuery, destination?: string): Promise<Batch | null>
  /**
   * Runs before every HTTP attempt: checks that `owner` still has the batch, takes a call from the
   * window and the day's quota (never refunded), and withdraws operations that a newer one
   * overtook.
   */
  takeSlot(batchId: string, query: SlotQuery): Promise<Slot>
  /** Records the result of an attempt. */
  recordBatchAnswer(batchId: string, answer: BatchAnswer, now: number): Promise<void>
  /**
   * Sets a hold, or lifts it with an `until` in the past. The job's hold also records when it was
   * seen paused.
   */
  setHold(hold: Hold, destination?: string): Promise<void>
  /**
   * Lengthens a hold that is there until `until`, if it would end before. False when there is none,
   * or none that would end before.
   */
  extendHold(name: HoldName, until: number, now: number, destination?: string): Promise<boolean>
  /** Replaces what the provisioning job said about itself. */
  recordJobReport(seen: SeenJobReport, destination?: string): Promise<void>
  /**
   * Records that the job restarted at `startedAt` and lost its staged operations: those it accepted
   * before and never answered are sent again. Returns their number; 0 when this start is known.
   */
  recordJobRestart(startedAt: number, now: number, destination?: string): Promise<number>
  /** What limits submission now: the calls of the last 24 hours, what waits, what holds it back. */
  readSubmissionStatus(now: number, destination?: string, quota?: string): Promise<SubmissionStatus>
}

export interface BatchQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly maxOperations: number
  readonly maxBytes: number
  /**
   * An incomplete batch is sent when its oldest operation has waited this long; one with a
   * termination, at once.
   */
  readonly fillMs: number
  readonly limits: CallLimits
}
export interface BatchOperation {
  readonly id: string
  readonly employeeId: string
  /** The record as it goes on the wire. */
  readonly record: string
  /** Trace contexts of the events it carries. */
  readonly origins: readonly string[]
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
  /** Calls with the same quota count together; by default all do. */
  readonly quota?: string
}
export interface SlotQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly limits: CallLimits
}
export type Slot =
  /** Send these operations; `call` identifies the call when its answer is recorded. */
  | { readonly kind: 'taken'; readonly call: number; readonly operations: readonly BatchOperation[] }
  | { readonly kind: 'wait'; readonly until: number; readonly why: 'window' | 'day' | 'hold' }
  /** Every operation in it was overtaken. */
  | { readonly kind: 'empty' }
  /** Another instance has it. */
  | { readonly kind: 'lost' }
export type BatchAnswer =
  | {
      readonly kind: 'accepted'
      readonly call: number
      readonly acceptedAt: number
      readonly requestId: string | null
    }
  /** Refused as a whole: it is halved; a single operation is refused for good. */
  | {
      readonly kind: 'refused'
      readonly call: number
      readonly status: number
      readonly code: string
      readonly requestId: string | null
    }
  /** Try again not before `notBefore`; `call` is `null` when none was made. */
  | {
      readonly kind: 'again'
      readonly call: number | null
      readonly status: number | null
      readonly notBefore: number
      readonly countsAsAttempt: boolean
      /** Lets any instance claim the batch; otherwise it stays with its owner. */
      readonly release: boolean
      /** Also holds every other batch until then. The next accepted batch lifts it. */
      readonly hold: HoldName | null
    }

/**
 * Why nothing is sent: too many calls; no room at the service; a wrong permission or address; the
 * service is down; the budget of a direct destination is spent; the job is paused; the ledger was
 * restored from an older copy.
 */
export const HOLDS = ['throttled', 'full', 'access', 'circuit', 'budget', 'job', 'restored'] as const
export type HoldName = (typeof HOLDS)[number]
export interface Hold {
  readonly name: HoldName
  readonly since: number
  readonly until: number
  readonly status: number | null
  /** A word or code, never a value of an employee. */
  readonly detail: string | null
}

export interface SeenJobReport extends JobReport {
  readonly seenAt: number
}

export interface SubmissionStatus {
  /** Oldest first. */
  readonly callTimes: readonly number[]
  readonly pending: number
  /** Employees with unplanned events. */
  readonly unplanned: number
  readonly holds: readonly Hold[]
  /**
   * Employees whose record failed for good without an event to dead-letter; the first few with
   * their ids.
   */
  readonly notAccepted: { readonly count: number; readonly employees: readonly NotAccepted[] }
}
export interface NotAccepted {
  readonly employeeId: string
  readonly code: string
  readonly failedAt: number
  /** Whether the operation was to deactivate them. */
  readonly leaver: boolean
}
