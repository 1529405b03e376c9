import type { FindingCode } from '../../findings/codes.ts'
import type { EventName } from '../../model.ts'

/** Findings: raised by other transactions, listed and acknowledged here. */
export interface FindingLedger {
  /**
   * A page of findings in the order in which they were raised. A `next` that is not `null`
   * continues it.
   */
  listFindings(query: FindingsQuery): Promise<FindingsPage>
  findFinding(seq: number): Promise<Finding | null>
  /**
   * Acknowledges a finding and adds an audit entry. The table of finding codes says what else that
   * does. Returns false when there is no such finding or it was acknowledged before.
   */
  acknowledgeFinding(acknowledgement: Acknowledgement, now: number): Promise<boolean>
}

/**
 * Something a person should look at that is not a dead letter. It contains no values of an
 * employee.
 */
export interface Finding {
  readonly seq: number
  readonly code: FindingCode
  /** `null` when it is not about a single employee. */
  readonly employeeId: string | null
  readonly event: EventName | null
  readonly raisedAt: number
  /** Instants, names and codes, never values. */
  readonly detail: string | null
  /** When later events or log records settled it; it is raised again if they lose effect. */
  readonly settledAt: number | null
  readonly acknowledged: {
    readonly at: number
    readonly by: string
    readonly justification: string
  } | null
}
/** A finding matches when it fits every field that is not `null`. */
export interface FindingsQuery {
  /** Only those that are neither settled nor acknowledged. */
  readonly open: boolean
  readonly code: FindingCode | null
  readonly employeeId: string | null
  /** Raised at this moment or later. */
  readonly since?: number | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface FindingsPage {
  readonly findings: readonly Finding[]
  readonly next: number | null
}
export interface Acknowledgement {
  readonly seq: number
  readonly actor: string
  readonly justification: string
}
/** A deactivation in the log that none of our operations explains. */
export interface ForeignDeactivation {
  readonly employeeId: string
  /** The time of the log record. */
  readonly at: number
  /** The change it belongs to: one change is one finding. */
  readonly change: string
}
/** An activation in the log that none of our operations explains. */
export interface ForeignActivation {
  readonly employeeId: string
  readonly at: number
}
