import type { EventName } from '../../../model.ts'
import type { OperationState } from '../../lifecycle.ts'
import type { Period } from '../leavers.ts'

/** Employees who went from one destination to another: for a report about a period. */
export interface MoveLedger {
  /** A page of the departures that were planned in a period, in the order in which they were. */
  listMovesIn(query: MovesInQuery): Promise<MovesInPage>
}

export interface MovesInQuery extends Period {
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface MovesInPage {
  readonly moves: readonly PastMove[]
  readonly next: number | null
}
/** A departure as the ledger knows it now, with what followed. Retention removes old ones. */
export interface PastMove {
  readonly id: number
  readonly employeeId: string
  /** Where the employee leaves. */
  readonly from: string
  readonly plannedAt: number
  /** The event because of which the employee moves; `null` when the ledger no longer has it. */
  readonly event: (EventName & { readonly effectiveAt: number; readonly receivedAt: number }) | null
  /** The operation that disables the account. */
  readonly departure: {
    readonly operation: string
    readonly state: OperationState
    readonly endedAt: number | null
  }
  /**
   * The first operation after it that enabled an account, as the log says; `null`: none did before
   * the employee left again. At the same destination the move was taken back.
   */
  readonly arrival: {
    readonly operation: string
    readonly destination: string
    readonly endedAt: number | null
  } | null
}
