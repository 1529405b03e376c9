import type { LeaverEnd } from '../../leavers/assess.ts'
import type { LeaverCause } from '../../leavers/causes.ts'
import type { EventName } from '../../model.ts'
import type { Employee } from '../../plan/decide/employee.ts'
import type { OperationState } from '../lifecycle.ts'

/** What leaver cases ask of the ledger, and what it answers. */

/**
 * An event said that an employee leaves. The case is open until the directory is known to hold the account disabled, HR said otherwise
 * later, or a person acknowledged it.
 */
export interface LeaverCase {
  readonly id: number
  /** After an erasure `erased:` and the hash of the employee id. */
  readonly employeeId: string
  readonly event: EventName
  readonly effectiveAt: number
  /** When HR recorded it. */
  readonly recordedAt: number
  /** When the event was taken in. */
  readonly receivedAt: number
  readonly openedAt: number
  /** How often the operation was sent again because the case was open. */
  readonly resends: number
}
/** An open case, and all it takes to assess it. */
export interface LeaverView {
  readonly leaverCase: LeaverCase
  /** `null` after an erasure. */
  readonly employee: Employee | null
  readonly directory: {
    /** The directory took a record that disables the account last, and nothing since leaves that in doubt. */
    readonly disabled: boolean
    readonly since: number | null
  }
  /** The brake holds the employee. */
  readonly braked: boolean
  /** The last operation that was not withdrawn before it was sent. */
  readonly last: {
    readonly state: OperationState
    readonly active: boolean
    readonly code: string | null
    readonly endedAt: number | null
    /** The directory had nothing to take it for. */
    readonly tookNothing: boolean
  } | null
}
export interface LeaverQuery {
  /** Only cases that are to be looked at by then, those that have waited longest first; `null`: every open one, oldest first. */
  readonly dueBy: number | null
  readonly employeeId: string | null
  /** `next` of the page before; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface LeaverPage {
  readonly leavers: readonly LeaverView[]
  readonly next: number | null
}
/** What an assessment changes. It is dropped where the employee changed since it was read; the case is looked at again. */
export type LeaverStep = {
  readonly id: number
  readonly employeeId: string
  readonly revision: number | null
} & (
  | { readonly kind: 'ended'; readonly as: LeaverEnd; readonly at: number }
  | {
      readonly kind: 'open'
      readonly cause: LeaverCause
      readonly lookAt: number
      /** The employee's record goes out once more now. */
      readonly resend: boolean
    }
)
export interface LeaverAcknowledgement {
  readonly ids: readonly number[]
  readonly actor: string
  readonly justification: string
}
/** Open cases, by the cause they had when they were looked at last. */
export interface LeaverCounts {
  readonly open: number
  readonly oldestAt: number | null
  readonly byCause: Readonly<Partial<Record<LeaverCause, number>>>
}
/** Whose events of which nothing but the leaving was taken (`DisabledAlone`) are to be sent again, whole. */
export interface LeaverRest {
  readonly employees: readonly string[]
  readonly actor: string
  readonly justification: string
}
