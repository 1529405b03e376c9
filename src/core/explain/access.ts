import type { LeaverCause } from '../leavers/causes.ts'
import type { AccessProof } from '../ledger/port/views/access.ts'
import type { LeftAccount } from '../ledger/port/views/trace.ts'
import type { HoldName } from '../ledger/port/submit.ts'
import type { EventName } from '../model.ts'

/**
 * Why an employee has access or has none: what the directory holds, what HR says, and why the two
 * differ.
 */
export interface AccessAnswer {
  readonly employeeId: string
  readonly objectId: string | null
  /** Where the account is, and which ones were left; `null` with one destination only. */
  readonly place: AnswerPlace | null
  readonly at: number
  readonly canSignIn: CanSignIn
  readonly directory: DirectoryHolds
  readonly hr: HrSays
  /** What the account should be by HR and blocks; `null` when no event decides. */
  readonly wanted: 'active' | 'disabled' | null
  /** Why the two differ, or will change; the most important first. */
  readonly between: readonly Obstacle[]
}

export interface AnswerPlace {
  /** `null` before anything was planned. */
  readonly destination: string | null
  readonly left: readonly LeftAccount[]
}

/**
 * As far as the provisioning log shows. `unknown`: the last answer is in doubt. `no-account`: the
 * directory never accepted a record of the employee.
 */
export type CanSignIn = 'yes' | 'no' | 'unknown' | 'no-account'

/** What the directory holds, by the records that it accepted. */
export type DirectoryHolds =
  | { readonly kind: 'active' | 'disabled'; readonly since: AccessProof; readonly orEarlier: boolean }
  /** Something since then puts the last accepted record in doubt, so it is sent again. */
  | {
      readonly kind: 'in-doubt'
      readonly last: 'active' | 'disabled'
      readonly since: AccessProof
      readonly orEarlier: boolean
    }
  /** The log shows a deactivation that the connector did not send. */
  | { readonly kind: 'disabled-elsewhere'; readonly at: number }
  /** The emergency lane disabled it past the provisioning job, whose confirmation is due. */
  | { readonly kind: 'emergency-disabled'; readonly at: number }
  | { readonly kind: 'not-known' }

/** What the events of HR say at this moment, without blocks. */
export type HrSays =
  | { readonly kind: 'active' | 'left'; readonly since: number; readonly event: EventName }
  /** The event that made the employee active was rescinded or moved: no event does any more. */
  | { readonly kind: 'withdrawn'; readonly event: EventName }
  /** The employee was erased; only the last leaving counts. */
  | { readonly kind: 'erased'; readonly since: number }
  /** There are events, and none of them decides. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'no-events' }

/**
 * A reason why the directory is not as HR says. `active` says whether an operation enables the
 * account.
 */
export type Obstacle =
  /** The ledger is older than what was sent: nothing is planned or sent. */
  | { readonly kind: 'restored'; readonly since: number }
  | { readonly kind: 'block'; readonly since: number; readonly until: number | null }
  /** Another system disabled the account, and HR has said nothing since. */
  | { readonly kind: 'foreign-change'; readonly at: number; readonly finding: string | null }
  | { readonly kind: 'brake' | 'brake-refused'; readonly since: number }
  /** The employee is outside the pilot, so nothing is sent. */
  | { readonly kind: 'pilot'; readonly event: EventName }
  /** Intake refused the message that says that the employee leaves. */
  | {
      readonly kind: 'refused-message'
      readonly leaverCase: string
      readonly event: EventName
      readonly effectiveAt: number
    }
  | { readonly kind: 'incomplete'; readonly since: number; readonly missing: string | null }
  /** A notice: the employee has not been read from HR yet. */
  | { readonly kind: 'unread'; readonly event: EventName }
  /** No connector plans and sends. */
  | { readonly kind: 'stopped' }
  | OperationObstacle
  | {
      readonly kind: 'hold'
      readonly name: Exclude<HoldName, 'restored'>
      readonly since: number
      readonly until: number
      readonly status: number | null
    }
  | { readonly kind: 'quota'; readonly until: number; readonly used: number; readonly limit: number }
  | { readonly kind: 'planning'; readonly since: number }
  | { readonly kind: 'dead-letter'; readonly event: EventName; readonly code: string | null }
  | {
      readonly kind: 'leaver-case'
      readonly leaverCase: string
      readonly cause: LeaverCause
      readonly detail: string | null
      readonly nextAt: number | null
    }
  /** An event that changes access takes effect later. */
  | {
      readonly kind: 'future'
      readonly event: EventName
      readonly at: number
      readonly becomes: 'active' | 'left'
    }
  /** HR and directory differ, and the ledger holds no reason. */
  | { readonly kind: 'unexplained' }

/** An operation that is under way, or ended without being accepted. */
export type OperationObstacle = {
  readonly operation: string
  readonly active: boolean
  /** Set for one that disables the account because the employee moves to another destination. */
  readonly departs?: true
  /** Since when it waits, or when it ended. */
  readonly since: number
} & (
  | { readonly kind: 'waiting' | 'unanswered' | 'no-outcome' | 'out-of-scope' | 'not-in-directory' }
  | { readonly kind: 'sending'; readonly attempts: number; readonly notBefore: number | null }
  /** `escrowed`: the service itself tries again. */
  | { readonly kind: 'failed' | 'escrowed'; readonly code: string | null }
)
