import type { Decision } from '../decision.ts'
import type { Employee } from '../employee.ts'

/** Employees to plan, the decisions about them, and the brake. */
export interface PlanLedger {
  /**
   * Employees to plan now, with all their events: those that are due and have no unanswered
   * operation, or have a termination waiting.
   */
  claimDueEmployees(query: DueQuery): Promise<readonly Employee[]>
  /**
   * Carries out decisions: replaces operations that were not sent, moves events to their new
   * states, queues final outcomes. It drops a decision whose employee changed since the read; that
   * employee stays due. It holds deactivations back when they are too many for the brake.
   */
  commitPlan(decisions: readonly Decision[], brake: BrakeSettings, now: number): Promise<PlanResult>
  readBrakeStatus(settings: BrakeSettings, now: number): Promise<BrakeStatus>
  /** Releases the employees that the brake holds, and adds an audit entry. Returns their number. */
  releaseBrake(actor: string, reason: string, now: number): Promise<number>
}

export interface DueQuery {
  readonly now: number
  readonly limit: number
  /**
   * During a backlog, only leavers, employees whose moment has come, and those that waited this
   * long.
   */
  readonly maxWaitMs: number
  /**
   * No other caller gets these employees for this long, or until their decisions are committed.
   * Without it, others may get them too.
   */
  readonly claimMs?: number
}
/**
 * How many distinct employees may be deactivated before the brake holds them for a person to check.
 */
export interface BrakeSettings {
  readonly windowMs: number
  /** Never more than this in a window. */
  readonly absolute: number
  /** Nor more than this share of all active employees, in percent, … */
  readonly percent: number
  /** … once it is more employees than this. */
  readonly floor: number
}
export interface PlanResult {
  readonly operations: number
  readonly finals: number
  /** Decisions dropped because their employee changed since the read. */
  readonly stale: number
}
export interface BrakeStatus {
  /** Distinct employees deactivated in the window. */
  readonly employees: number
  /** Employees that are active by their last accepted record. */
  readonly active: number
  readonly held: number
  readonly heldSince: number | null
}
