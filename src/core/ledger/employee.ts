import type { LedgerEvent } from './event.ts'
import type { FailureCode } from './event-reason.ts'
import type { EventState, OperationState } from './lifecycle.ts'

/** Everything a plan needs to know about one employee. */
export interface Employee {
  readonly employeeId: string
  /**
   * Raised by every change that a plan depends on; a plan commits only while the revision is the
   * same.
   */
  readonly revision: number
  readonly events: readonly EmployeeEvent[]
  /**
   * Hash of the last accepted record; `null` when the directory accepted none, or when what it
   * holds is unknown.
   */
  readonly acceptedHash: string | null
  /** Whether the directory ever accepted a record of this employee. */
  readonly known: boolean
  /** Where the account is; not set before anything was planned. */
  readonly account?: AccountPlace
  /** The last operation that failed for good, with the events the failure may come from. */
  readonly failure?: Failure
  /** Hash of the last record that failed for good: the connector does not resend it unprompted. */
  readonly failedHash?: string | null
  /**
   * When the log shows a deactivation that none of our operations explains. Only an event that HR
   * recorded later reverses it.
   */
  readonly disabledElsewhereAt?: number
  /**
   * Set while a leaver case is open. `resend`: send its operation again, however the last one
   * ended.
   */
  readonly leaver?: { readonly resend: boolean }
  /** Set for an employee who was blocked, also when the block has ended since. */
  readonly blocked?: BlockPeriod
  /** Operations that were sent and have no answer, oldest first. */
  readonly unanswered: readonly UnansweredOperation[]
}
export interface AccountPlace {
  readonly destination: string
  /**
   * The directory accepted an activation there, or the service may have carried one out, and
   * accepted no deactivation since.
   */
  readonly mayBeEnabled: boolean
}
/** An activation was sent and has no answer. */
export function mayBecomeActive({ unanswered }: Pick<Employee, 'unanswered'>): boolean {
  return unanswered.some(({ active }) => active)
}
/** An employee that the ledger does not know. */
export function unknownEmployee(employeeId: string): Employee {
  return { employeeId, revision: 0, acceptedHash: null, known: false, unanswered: [], events: [] }
}
/** A block is in force from `since` on and before `until`; `null`: until it is lifted. */
export interface BlockPeriod {
  readonly since: number
  readonly until: number | null
  /**
   * It was to begin when it was decided, at the latest. It is in force even where a clock that is
   * behind has not come to `since`.
   */
  readonly begun?: boolean
}
export interface EmployeeEvent extends LedgerEvent {
  readonly state: EventState
  readonly reason: string | null
  /** The event that its outcome names: the one that superseded or rescinded it. */
  readonly by?: number | null
}
/** An operation that failed for good after the last accepted record. */
export interface Failure {
  readonly hash: string
  readonly active: boolean
  readonly code: FailureCode
  /** The message of the service; may contain values of the employee. */
  readonly reason: string | null
  /** The service refused it in the call and would refuse the same record again. */
  readonly refused: boolean
  /**
   * How often this record failed. Resends that carry no event count as consecutive failures,
   * whatever their record.
   */
  readonly failures: number
  /** When the failure became known. */
  readonly at: number
  /**
   * The service reported later that there is nothing to apply: the employee is not in the
   * directory, or is out of scope.
   */
  readonly settled?: boolean
  /** The deactivation only was sent after it, and given up without an answer. */
  readonly unheard?: boolean
  /** Ledger sequences of the open events it carried. */
  readonly carried: readonly number[]
  /** The last accepted record, whether or not the directory still holds it. */
  readonly lastAccepted: string | null
}
export interface UnansweredOperation {
  readonly id: string
  readonly state: Extract<OperationState, 'batched' | 'accepted'>
  readonly active: boolean
}
