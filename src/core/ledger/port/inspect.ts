import type { Employee } from '../../plan/decide/plan.ts'
import type { Cut } from '../../plan/retain/retain.ts'
import type { BatchState, EventState, OperationState } from '../lifecycle.ts'
import type { LeaverCounts } from './leavers.ts'
import type { Hold } from './provision.ts'

/** What people ask of the ledger: totals, lists, chains, and what leaves it. */

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
  'replays',
] as const
export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>
export interface StateCounts {
  readonly events: Readonly<Record<EventState, number>>
  readonly operations: Readonly<Record<OperationState, number>>
  readonly batches: Readonly<Record<BatchState, number>>
  readonly employees: number
  readonly unpublished: number
}

export interface SubmissionStatus {
  readonly callTimes: readonly number[]
  readonly pending: number
  /** People whose events are still to be planned. */
  readonly unplanned: number
  readonly holds: readonly Hold[]
  /** Open leaver cases. */
  readonly leavers: LeaverCounts
  /** People whose record failed for good and carried no event that could say so; the first of them by name. */
  readonly notAccepted: { readonly count: number; readonly employees: readonly NotAccepted[] }
}
export interface NotAccepted {
  readonly employeeId: string
  readonly code: string
  readonly failedAt: number
  /** Whether it was to put them out. */
  readonly leaver: boolean
}

/** Somebody as the next plan will see them. */
export interface EmployeeView {
  readonly employee: Employee
  /** The record the directory took last; `null` when it took none, or when what it holds is not known. */
  readonly lastAccepted: string | null
  /** The event the reference names, when it names one. */
  readonly event: number | null
}

export interface RetentionQuery {
  readonly after: string | null
  readonly limit: number
  readonly settledBefore: number
}
export interface RetentionPage {
  readonly employee: Employee
  /** Ledger sequences. */
  readonly settled: readonly number[]
}
export interface EmployeeCut extends Cut {
  readonly employeeId: string
  readonly revision: number
}
export interface Erasure {
  readonly employeeId: string
  readonly actor: string
  readonly justification: string
}
export interface AgeOutQuery {
  /** What is older than this goes. */
  readonly before: number
  /** Rows of each kind in one transaction. */
  readonly limit: number
}
export interface AgedOut {
  readonly removed: number
  /** Whether there may be more of them. */
  readonly more: boolean
}
export interface ErasureResult {
  readonly events: number
  readonly operations: number
  /** Outcomes that had not been published yet. */
  readonly outcomesWithheld: number
  /** Whether the values left the files of the ledger too; false where they stay in pages that are free, or a reader was in the way. */
  readonly filesClean: boolean
}

export interface AuditQuery {
  /** Done at this moment or later; `null`: from the first. */
  readonly since: number | null
  /** What it was done to, as an entry names it; `null`: to anything. */
  readonly about: string | null
  /** `next` of the page before; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next: number | null
}
/** What somebody did by a command. */
export interface AuditEntry {
  readonly at: number
  readonly actor: string
  readonly action: string
  /** `dl-…`, `<entity>#<sequence>`, `replay <number>`, the hash of who was erased, or how many the brake let go. */
  readonly about: string | null
  readonly justification: string
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
  readonly employeeId: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: string | null
  readonly operation: string | null
  readonly effectiveAt: number
  readonly receivedAt: number
  readonly finishedAt: number | null
}

export interface Trace extends EmployeeTrace {
  /** Whatever else has that name: the others in a batch, events of other sources, an employee. */
  readonly others: readonly EmployeeTrace[]
}
export interface EmployeeTrace {
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
