import type { Employee } from '../ledger/employee.ts'
import type { OperationState } from '../ledger/lifecycle.ts'
import type { Period } from '../ledger/port/leavers.ts'
import type { Hold } from '../ledger/port/submit.ts'
import type { Budget } from '../provision/pace.ts'
import type { Spending } from './money.ts'
import type { EmergencyReason, EmergencyWait } from './reasons.ts'

/**
 * The calls of the emergency lane: costs, disabled employees, and employees who wait for one.
 * `destination` is the one whose job cannot; by default the only one of a connector with a single job.
 */
export interface EmergencyLedger {
  /** What keeps the job from taking deactivations, and what the lane has spent. Cheap. */
  readEmergencyStatus(now: number, destination?: string, quota?: string): Promise<EmergencyStatus>
  /**
   * Deactivations that the service has not carried out, of employees with an open leaver case that
   * the lane has not disabled yet; those planned first come first, those without an object id last.
   */
  listEmergencyCandidates(query: EmergencyQuery, destination?: string): Promise<readonly EmergencyCandidate[]>
  /**
   * Runs before every call, and records it with its cost. Nothing is begun when the employee has
   * changed since the candidate was read, when another call for the employee has begun or has
   * succeeded, or when the budget does not pay for it.
   */
  beginEmergencyCall(order: EmergencyOrder, now: number): Promise<EmergencyBegun>
  /** Records the answer. An account that is gone also becomes a finding. */
  endEmergencyCall(call: number, answer: EmergencyAnswer, now: number): Promise<void>
  /**
   * Replaces what the open leaver cases of the destination say about waiting for the lane.
   */
  markEmergencyWaits(waits: readonly WaitingLeaver[], destination?: string): Promise<void>
  /** A page of the calls that were begun in a period, in the order in which they were recorded. */
  listEmergencyCallsIn(query: EmergencyCallsQuery): Promise<EmergencyCallsPage>
}

export interface EmergencyStatus {
  readonly holds: readonly Hold[]
  /** The bulk calls of the last 24 hours. */
  readonly bulk: Budget
  /** What the calls of the lane cost; one without an answer counts as billed. */
  readonly spent: Spending
  /** What the open leaver cases say now. */
  readonly waits: readonly WaitingLeaver[]
}

export interface WaitingLeaver {
  readonly employeeId: string
  readonly why: EmergencyWait
}

export interface EmergencyQuery {
  readonly limit: number
  /** Only deactivations planned at this instant or earlier. */
  readonly plannedBy: number
  /** Also those that the service accepted, because the job does not process them. */
  readonly accepted: boolean
}

export interface EmergencyCandidate {
  readonly employee: Employee
  /** The Entra object; `null` while it is not known. */
  readonly objectId: string | null
  readonly operation: {
    readonly id: string
    readonly createdAt: number
    /** The service accepted it. */
    readonly accepted: boolean
  }
  /** The brake holds the employee, or an operator refused the deactivation that it held. */
  readonly brake: 'held' | 'refused' | null
  /** The last call for this operation; `null` for none. */
  readonly last: EmergencyCall | null
}

/** A call that did not disable the account. */
export interface EmergencyCall {
  readonly begunAt: number
  /** `null` while there is no answer. */
  readonly endedAt: number | null
  /** By then it has ended, whether or not its answer is known. */
  readonly endsBy: number
  /** How many calls there were for the operation. */
  readonly tries: number
  /** Why it did not; `null` while there is no answer. */
  readonly wait: EmergencyWait | null
}

export interface EmergencyOrder {
  readonly employeeId: string
  /** The revision of the candidate. */
  readonly revision: number
  /** The operation that the call goes ahead of. */
  readonly operation: string
  readonly reason: EmergencyReason
  readonly microUsd: number
  readonly budget: Spending
  /** Longer than a call takes. */
  readonly answerMs: number
}
export type EmergencyBegun =
  | { readonly kind: 'begun'; readonly call: number; readonly objectId: string }
  | { readonly kind: 'changed' }
  | { readonly kind: 'spent' }

/**
 * - `disabled`: the directory holds the account disabled
 * - `gone`: the directory has no account with this object id
 * - `refused`: nothing was changed
 * - `unknown`: no answer, so the directory may have acted
 */
export type EmergencyResult = 'disabled' | 'gone' | 'refused' | 'unknown'

export interface EmergencyAnswer {
  /** By the clock of the service, as far as it says so: log records are compared with it. */
  readonly at: number
  readonly result: EmergencyResult
  readonly status: number | null
  /** Why the account is not disabled; `null` when it is. */
  readonly wait: EmergencyWait | null
  /** Whether Microsoft may bill the call. */
  readonly billed: boolean
}

export interface EmergencyCallsQuery extends Period {
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface EmergencyCallsPage {
  readonly calls: readonly PastEmergencyCall[]
  readonly next: number | null
}
/** A call as the ledger knows it now. Retention removes old ones. */
export interface PastEmergencyCall {
  readonly id: number
  /** After an erasure `erased:` and the hash of the employee id. */
  readonly employeeId: string
  readonly operation: string
  readonly reason: EmergencyReason
  readonly begunAt: number
  /** `null`: there is no answer. */
  readonly ended: Pick<EmergencyAnswer, 'at' | 'result' | 'status'> | null
  /** What the call costs. One without an answer counts as billed. */
  readonly microUsd: number
  /** The operation that the call went ahead of; `null` when the ledger no longer has it. */
  readonly job: { readonly state: OperationState; readonly finishedAt: number | null } | null
}
