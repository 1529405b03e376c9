import type { EmergencyWait } from '../../emergency/reasons.ts'
import type { ClosedAs, LeaverCause, LeaverEnd } from '../../leavers/causes.ts'
import type { EventName } from '../../model.ts'
import type { Employee } from '../employee.ts'
import type { OperationState } from '../lifecycle.ts'

/** Leaver cases: opened by intake, assessed from here. */
export interface LeaverLedger {
  /** A page of open leaver cases with everything an assessment needs. */
  listOpenLeavers(query: LeaverQuery): Promise<LeaverPage>
  /**
   * Carries out assessments: ends cases, or has the employee's record sent again. Returns the ids
   * of the cases that it ended.
   */
  settleLeavers(steps: readonly LeaverStep[], now: number): Promise<readonly number[]>
  /**
   * Reopens events of which the directory accepted only the deactivation, so that the rest of them
   * is sent, and adds an audit entry. Returns the number of events.
   */
  resendLeaverRest(order: LeaverRest, now: number): Promise<number>
  /**
   * Closes cases that a person acknowledges, with audit entries. Returns the ids of those that were
   * open.
   */
  acknowledgeLeavers(order: LeaverAcknowledgement, now: number): Promise<readonly number[]>
  /** A page of closed leaver cases in the order in which they ended. Retention removes old ones. */
  listEndedLeavers(query: EndedLeaversQuery): Promise<EndedLeaversPage>
  /** A page of closed leaver cases, the last to end first. */
  listClosedLeavers(query: ClosedLeaversQuery): Promise<ClosedLeaversPage>
  /**
   * A page of the cases that were open at some moment of a period, in the order they were opened.
   */
  listLeaversIn(query: LeaversInQuery): Promise<LeaversInPage>
}

/**
 * A termination that must reach the directory. The case stays open until the directory is known to
 * hold the account disabled, HR records later that the employee is active, or a person acknowledges
 * it.
 */
export interface LeaverCase {
  readonly id: number
  /** After an erasure `erased:` and the hash of the employee id. */
  readonly employeeId: string
  readonly event: EventName
  readonly effectiveAt: number
  /** When HR recorded it. */
  readonly recordedAt: number
  /** When the event entered the ledger. */
  readonly receivedAt: number
  readonly openedAt: number
  /** How often the operation was sent again because the case was open. */
  readonly resends: number
  /** Its event was refused on intake, so no employee has it. */
  readonly refused: boolean
}
/** An open case with everything an assessment needs. */
export interface LeaverView {
  readonly leaverCase: LeaverCase
  /** `null` after an erasure, and when the ledger does not know the id of a refused event. */
  readonly employee: Employee | null
  /** Known employee ids that nearly match, when no account is known under this one. */
  readonly candidates: readonly string[]
  readonly directory: {
    /** The last accepted record disables the account, and nothing since puts that in doubt. */
    readonly disabled: boolean
    readonly since: number | null
  }
  readonly emergency: {
    /** When the emergency lane disabled the account, unless something since puts that in doubt. */
    readonly disabledAt: number | null
    /** Why the lane does not disable it, though it should. */
    readonly wait: EmergencyWait | null
  }
  /** The brake holds the employee, or an operator refused the deactivation that it held. */
  readonly brake: 'held' | 'refused' | null
  /** The last operation that was not withdrawn. */
  readonly last: {
    readonly state: OperationState
    readonly active: boolean
    readonly code: string | null
    readonly endedAt: number | null
    /** The directory had no account to apply it to. */
    readonly tookNothing: boolean
  } | null
}
export interface LeaverQuery {
  /**
   * Only cases that are due for assessment by then, longest waiting first; `null`: every open case,
   * oldest first.
   */
  readonly dueBy: number | null
  readonly employeeId: string | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface LeaverPage {
  readonly leavers: readonly LeaverView[]
  readonly next: number | null
}
/**
 * What an assessment changes. It is dropped if the employee changed since it was read; the case is
 * then assessed again.
 */
export type LeaverStep = {
  readonly id: number
  readonly employeeId: string
  readonly revision: number | null
} & (
  | {
      readonly kind: 'ended'
      readonly as: LeaverEnd
      readonly at: number
      /** An answer to the emergency lane was the first proof. */
      readonly byEmergency: boolean
    }
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
/** A closed case, without names. */
export interface EndedLeaver {
  readonly as: ClosedAs
  readonly effectiveAt: number
  /** When HR recorded it. */
  readonly recordedAt: number
  /** When the event entered the ledger. */
  readonly receivedAt: number
  /** The moment of the first proof where it ended as `proven`. */
  readonly endedAt: number
  /** The first proof was an answer to the emergency lane; the log confirmed it later. */
  readonly byEmergency: boolean
}
/** A closed case with its employee. */
export interface ClosedLeaver extends EndedLeaver {
  readonly id: number
  /** After an erasure `erased:` and the hash of the employee id. */
  readonly employeeId: string
  /** Who acknowledged it and why; `null` when it ended without a person. */
  readonly acknowledged: { readonly by: string; readonly justification: string } | null
  /**
   * Whether the directory took only the deactivation (`DisabledAlone`): a resend sends the rest.
   */
  readonly lacksRest: boolean
}
export interface ClosedLeaversQuery {
  /** `next` of the previous page; `null` for the first. */
  readonly next: EndedLeaversCursor | null
  readonly limit: number
}
export interface ClosedLeaversPage {
  readonly leavers: readonly ClosedLeaver[]
  readonly next: EndedLeaversCursor | null
}
export interface EndedLeaversQuery {
  /** Only cases that ended at or after this instant; `null`: all that the ledger still has. */
  readonly since: number | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: EndedLeaversCursor | null
  readonly limit: number
}
/** The last case of a page. Many cases can end at the same instant. */
export interface EndedLeaversCursor {
  readonly endedAt: number
  readonly id: number
}
export interface EndedLeaversPage {
  readonly leavers: readonly EndedLeaver[]
  readonly next: EndedLeaversCursor | null
}
/** Employees whose events with the reason `DisabledAlone` are sent again as a whole. */
export interface LeaverRest {
  readonly employees: readonly string[]
  readonly actor: string
  readonly justification: string
}
/** A termination in a refused message: an open leaver case, until the message is corrected. */
export interface RefusedLeaver {
  /** `unknown:` and the place of the message when no id can be read. */
  readonly employeeId: string
  readonly source: string
  /** The event's id; the place of the message when it has none. */
  readonly id: string
  readonly recordedAt: number
  readonly effectiveAt: number
}

/** A period: from an instant up to, and without, another. */
export interface Period {
  readonly from: number
  readonly to: number
}
export interface LeaversInQuery extends Period {
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface LeaversInPage {
  readonly leavers: readonly PastLeaver[]
  readonly next: number | null
}
/** A case as the ledger knows it now, open or closed. */
export interface PastLeaver extends Omit<LeaverCase, 'resends' | 'refused'> {
  /** Where the account was when the case ended, or is; `null`: no account is known. */
  readonly destination: string | null
  /** `null`: the case is open. */
  readonly ended: {
    readonly as: ClosedAs
    readonly at: number
    /** The first proof was an answer to the emergency lane. */
    readonly byEmergency: boolean
    /** Who acknowledged it and why; `null` when it ended without a person. */
    readonly acknowledged: { readonly by: string; readonly justification: string } | null
  } | null
}
