import type { FindingCode } from '../../findings/codes.ts'
import type { EventName } from '../../model.ts'

/** Something a person should look at that is not a dead letter. It holds no value of an employee. */
export interface Finding {
  readonly seq: number
  readonly code: FindingCode
  /** `null` when it is about no one employee. */
  readonly employeeId: string | null
  readonly event: EventName | null
  readonly raisedAt: number
  /** Instants, names and codes, never values. */
  readonly detail: string | null
  /** When later events or records settled it; it is raised again when they fall away. */
  readonly settledAt: number | null
  readonly acknowledged: {
    readonly at: number
    readonly by: string
    readonly justification: string
  } | null
}
/** Only those that fit all that is not `null`. */
export interface FindingsQuery {
  /** Only those that are neither settled nor acknowledged. */
  readonly open: boolean
  readonly code: FindingCode | null
  readonly employeeId: string | null
  /** `next` of the page before; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface FindingsPage {
  readonly findings: readonly Finding[]
  readonly next: number | null
}
export interface FindingCount {
  readonly code: FindingCode
  readonly count: number
  readonly oldestAt: number
}
export interface Acknowledgement {
  readonly seq: number
  readonly actor: string
  readonly justification: string
}
/** A deactivation that the log shows and that no operation of ours explains. */
export interface ForeignDeactivation {
  readonly employeeId: string
  /** The moment the log gives to it. */
  readonly at: number
  /** The change it belongs to: one change is one finding. */
  readonly change: string
}
/** An activation that the log shows and that no operation of ours explains. */
export interface ForeignActivation {
  readonly employeeId: string
  readonly at: number
}
