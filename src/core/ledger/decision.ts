import type { NewFinding } from '../findings/finding.ts'
import type { Lane } from '../model.ts'
import type { EmployeeEvent } from './employee.ts'
import type { EventReason, FailureCode } from './event-reason.ts'
import type { EventState } from './lifecycle.ts'

/** What a plan decides for one employee. */
export type Decision =
  /**
   * An operation of this employee is unanswered. The employee is planned again when the answer
   * arrives, and at `nextAt`: a termination that takes effect before the answer overtakes.
   */
  | {
      readonly kind: 'wait'
      readonly employeeId: string
      readonly revision: number
      readonly nextAt: number | null
    }
  | {
      readonly kind: 'decided'
      readonly employeeId: string
      readonly revision: number
      readonly events: readonly EventDecision[]
      readonly operation: PlannedOperation | null
      /** When this employee is due again without new input. */
      readonly nextAt: number | null
      /** The state says `active: false`, whether or not anything is sent. */
      readonly inactive?: true
      /**
       * What the brake says about the deactivation, even where no event can carry that reason; not
       * set for one that it does not look at.
       */
      readonly brake?: 'passed' | 'held' | 'refused'
      /**
       * The log shows that another system deactivated this employee. `overruled`: a newer event
       * reverses it. `held`: no event does, so the employee is held.
       */
      readonly elsewhere?: 'overruled' | 'held'
      /** A block is in force: the brake does not hold the deactivation. */
      readonly blocked?: true
      /** A leaver case is open; it is assessed after this commit. */
      readonly leaver?: true
      /** What a person should look at; each is raised once. */
      readonly findings?: readonly NewFinding[]
      /** The event because of which the operation deactivates the account. */
      readonly leaving?: Leaving
      /**
       * Where the operation is sent, and which destination the employee leaves with it, if any; not
       * set with one destination only.
       */
      readonly destination?: { readonly name: string; readonly from: string | null }
    }
export type Decided = Extract<Decision, { kind: 'decided' }>

/** The event that deactivates, and from when on. */
export type Leaving = Pick<EmployeeEvent, 'seq' | 'source' | 'id' | 'effectiveAt' | 'recordedAt'> & {
  /** The employee only moves to another destination, and is not a leaver. */
  readonly moves?: true
}

export interface EventDecision {
  readonly seq: number
  readonly state: EventState
  readonly reason: EventReason | FailureCode | null
  /** Names of attributes, never values. */
  readonly detail: string | null
  /** The event that superseded or rescinded it. */
  readonly by: number | null
}

export interface PlannedOperation {
  readonly lane: Lane
  readonly active: boolean
  /** The record as JSON, serialised once: stored, compared and sent as it is. */
  readonly record: string
  readonly hash: string
  /** Employee id of the manager the record names. */
  readonly manager: string | null
  /**
   * Another operation of this employee is unanswered. The service documents no order, so the end
   * state is sent again after both.
   */
  readonly overtakes: boolean
  /** Carries `active: false` and nothing else new, because the whole record was refused. */
  readonly deactivationOnly?: true
  /**
   * Disables the account because the employee moves to another destination: its events are planned
   * again when that is confirmed. `by`: the event because of which the employee moves.
   */
  readonly departs?: { readonly by: number }
}
