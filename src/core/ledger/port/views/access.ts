import type { Employee } from '../../employee.ts'
import type { OperationState } from '../../lifecycle.ts'
import type { Interim } from '../report.ts'
import type { LeaverView } from '../leavers.ts'
import type { Hold } from '../submit.ts'
import type { LeftAccount } from './trace.ts'

/** What the ledger knows about the access of one employee. */
export interface AccessLedger {
  /**
   * Everything that explains why an employee has access or has none, at a single moment; `null` for
   * an id that the ledger does not know. Its cost grows with the history of that employee only.
   * `quotas`: by destination, the quota that its calls count in, where that is not the default.
   */
  readAccess(
    employeeId: string,
    now: number,
    quotas?: Readonly<Record<string, string>>,
  ): Promise<AccessFacts | null>
  /** Adds an audit entry for each employee whose personal values are about to be shown. */
  recordDisclosure(disclosure: Disclosure, now: number): Promise<void>
}

export interface Disclosure {
  readonly employees: readonly string[]
  readonly actor: string
  readonly justification: string
}

export interface AccessFacts {
  readonly employeeId: string
  /** `null`: the id is known from a refused message or an erasure only. */
  readonly employee: Employee | null
  /** The Entra object; `null` while it is not known. */
  readonly objectId: string | null
  /** Where the account is; `null` before anything was planned. */
  readonly destination: string | null
  /** Accounts that the employee left at other destinations. */
  readonly left: readonly LeftAccount[]
  /** What the directory accepted last; `null` when it never accepted a record. */
  readonly accepted: AcceptedAccess | null
  /** When the emergency lane disabled the account; `null` when it did not, or that is in doubt. */
  readonly emergencyDisabledAt: number | null
  /** The finding of a deactivation that the log shows and we did not send. */
  readonly foreignFinding: number | null
  /** Since when the brake holds the deactivation, or an operator refuses it. */
  readonly brake: { readonly state: 'held' | 'refused'; readonly since: number } | null
  /** Since when attributes are missing that the directory requires, and their names. */
  readonly incomplete: { readonly since: number; readonly missing: string | null } | null
  /** Since when the employee waits to be planned; `null` when the employee does not. */
  readonly dueSince: number | null
  /**
   * Operations after the last accepted one that were not withdrawn, newest first; a few at most.
   */
  readonly operations: readonly AccessOperation[]
  /** Open leaver cases, oldest first; a few at most. */
  readonly leavers: readonly LeaverView[]
  /** Holds that submission waits for. */
  readonly holds: readonly Hold[]
  /** The calls of the last 24 hours. */
  readonly calls: {
    readonly used: number
    readonly oldestAt: number | null
    readonly lastAt: number | null
  }
}

export interface AcceptedAccess {
  readonly active: boolean
  /** False while something puts in doubt that the directory still holds the record. */
  readonly certain: boolean
  /** The operation that made the account what it is. */
  readonly since: AccessProof
  /** Retention has removed older operations, so the account may be so for longer. */
  readonly orEarlier: boolean
  /** The last operation that the directory accepted. */
  readonly last: AccessProof
}
/** An operation that the directory accepted, and the log record that proves it. */
export interface AccessProof {
  readonly operation: string
  /** The time of the log record, or when its answer was read where that is gone. */
  readonly at: number
  readonly logRecord: string | null
}

export interface AccessOperation {
  readonly id: string
  readonly state: OperationState
  readonly interim: Interim | null
  /** Whether the operation enables the account. */
  readonly active: boolean
  /** It disables the account because the employee moves to another destination. */
  readonly departs: boolean
  readonly code: string | null
  readonly createdAt: number
  readonly acceptedAt: number | null
  readonly answeredAt: number | null
  readonly finishedAt: number | null
  /** Its batch is not sent before this moment; `null` outside a batch. */
  readonly notBefore: number | null
  /** How often its batch was sent. */
  readonly attempts: number
}
