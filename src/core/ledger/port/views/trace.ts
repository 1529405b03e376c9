import type { CallMade } from '../../../emergency/words.ts'
import type { BlockPeriod } from '../../employee.ts'
import type { BatchState, EventState, OperationState } from '../../lifecycle.ts'

export interface TraceQuery {
  /** Only events and operations to which something happened at this instant or later. */
  readonly since: number | null
  /** The most events of an employee, operations without an event, and matches of the reference. */
  readonly limit: number
  /** `next` of the previous page; `null` for the first. */
  readonly next: TraceCursor | null
}
export const TRACE_PAGE = 100
/** The most log records of one operation; the latest ones. */
export const TRACE_RECORDS = 20
/** Where the next page begins: older events and operations, or further matches. */
export type TraceCursor =
  | { readonly kind: 'older'; readonly event: number; readonly operation: number }
  | { readonly kind: 'further'; readonly skip: number }

export interface Trace extends EmployeeTrace {
  /** `null` on the last page. */
  readonly next: TraceCursor | null
  /** Other matches of the reference: the rest of a batch, events of other sources, an employee. */
  readonly others: readonly EmployeeTrace[]
}
export interface EmployeeTrace {
  readonly employee: {
    readonly id: string
    /** At its destination; `null` while it is not known. */
    readonly objectId: string | null
    /** Where the account is; `null` before anything was planned. */
    readonly destination: string | null
    readonly left: readonly LeftAccount[]
  }
  /** A block that is in force or to come, or has ended. */
  readonly blocked: BlockPeriod | null
  readonly events: readonly TraceEvent[]
  readonly operations: readonly TraceOperation[]
  /** Older events or operations of the employee are left out. */
  readonly older: boolean
}
/** A disabled account of an employee who moved to another destination. */
export interface LeftAccount {
  readonly destination: string
  readonly objectId: string | null
  /** When the employee was planned at the next destination. */
  readonly leftAt: number
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
  readonly destination: string
  /** Disables the account here because the employee moves to another destination. */
  readonly departs: boolean
  /** The event because of which the employee moves; `null` where it is gone, or none moves. */
  readonly movedBy: string | null
  readonly lane: string
  readonly createdAt: number
  /** The record as it was or will be sent, as JSON. */
  readonly record: string
  /**
   * The operation of the employee that was sent to the same destination before it, and its record;
   * `null` for the first.
   */
  readonly before: { readonly id: string; readonly record: string } | null
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
  /** Calls of the emergency lane that went ahead of it, in the order in which they were made. */
  readonly emergencyCalls: readonly TraceEmergencyCall[]
  readonly answeredAt: number | null
  readonly finishedAt: number | null
}
export interface TraceEmergencyCall extends CallMade {
  readonly begunAt: number
  readonly endedAt: number | null
}
