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
   * When the next employee becomes due who is not due yet, so that planning can rest until then;
   * `null` when no employee waits for a moment.
   */
  readNextDue(query: Pick<DueQuery, 'now' | 'maxWaitMs'>): Promise<number | null>
  /**
   * Carries out decisions: replaces operations that were not sent, moves events to their new
   * states, queues final outcomes. It drops a decision whose employee changed since the read; that
   * employee stays due. It holds deactivations back when they are too many for the brake.
   */
  commitPlan(decisions: readonly Decision[], brake: BrakeSettings, now: number): Promise<PlanResult>
  /**
   * Plans a page of employees again for the pilot with this mark. If the mark has changed, all
   * employees are planned and their unsent operations withdrawn; otherwise only those that the
   * pilot holds. Continue while `next` is not `null`; the mark is stored with the last page.
   */
  replanForPilot(query: PilotQuery): Promise<PilotPage>
  /** The number of employees that the pilot holds. */
  countOutsidePilot(): Promise<number>
  readBrakeStatus(settings: BrakeSettings, now: number): Promise<BrakeStatus>
  /** A page of the employees that are held or refused, those who wait longest first. */
  listBraked(query: BrakedQuery): Promise<BrakedPage>
  /**
   * Releases employees that the brake holds, or whose deactivation was refused. They never count in
   * a window. When no employee is held afterwards, what went before no longer counts either. Adds
   * an audit entry, and one for each employee.
   */
  releaseBrake(order: BrakeRelease, now: number): Promise<BrakeDecided>
  /**
   * Refuses the deactivation of employees that the brake holds: their accounts stay as they are
   * until HR takes the termination back, says again that they leave, or an operator releases them.
   * When no employee is held afterwards, what went before no longer counts. Adds audit entries as a
   * release does.
   */
  refuseBrake(order: BrakeRefusal, now: number): Promise<BrakeDecided>
  /**
   * Plans these employees now, whatever they were waiting for, and adds audit entries. Every limit
   * stays in force: quota, brake, pilot, blocks. Returns the ids that the ledger knows.
   */
  orderSending(order: SendOrder, now: number): Promise<readonly string[]>
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
export interface PilotQuery {
  /** Of the pilot in force; `NO_PILOT` when every employee is sent. */
  readonly mark: number
  /** `next` of the previous page; `null` for the first. */
  readonly after: string | null
  readonly limit: number
  readonly now: number
}
export interface PilotPage {
  readonly replanned: number
  readonly next: string | null
}
export interface PlanResult {
  readonly operations: number
  readonly finals: number
  /** Decisions dropped because their employee changed since the read. */
  readonly stale: number
}
export interface BrakeStatus {
  /** Distinct employees deactivated in the window that no operator has judged. */
  readonly employees: number
  /** Employees that are active by their last accepted record. */
  readonly active: number
  readonly held: number
  readonly heldSince: number | null
  /** Employees whose deactivation an operator refused. */
  readonly refused: number
  /** How many deactivations may go before they count again; `null` when there is no allowance. */
  readonly allowance: BrakeAllowance | null
}
export interface BrakeAllowance {
  readonly amount: number
  readonly used: number
  readonly endsAt: number
  readonly grantedBy: string
}
export interface BrakedQuery {
  readonly state: 'held' | 'refused'
  /** `next` of the previous page; `null` for the first. */
  readonly next: BrakedCursor | null
  readonly limit: number
}
/** The last employee of a page. Many are held at the same instant. */
export interface BrakedCursor {
  readonly since: number
  readonly employeeId: string
}
export interface BrakedPage {
  readonly employees: readonly BrakedEmployee[]
  readonly next: BrakedCursor | null
}
export interface BrakedEmployee {
  readonly employeeId: string
  readonly since: number
  /** From when on HR says that the employee has left; `null` when no leaver case is open. */
  readonly leftAt: number | null
}
interface BrakeOrder {
  /**
   * The employees that the operator saw. If empty, no employee was held, and the count of earlier
   * deactivations is judged.
   */
  readonly employees: readonly string[]
  readonly actor: string
  readonly justification: string
}
export interface BrakeRelease extends BrakeOrder {
  /** Also those whose deactivation was refused; otherwise they stay refused. */
  readonly refusedToo: boolean
  /**
   * This many more deactivations are sent without counting until `endsAt`; it replaces an earlier
   * allowance, and an amount of 0 ends it. `null`: an earlier allowance stays as it is.
   */
  readonly allowance: { readonly amount: number; readonly endsAt: number } | null
}
export interface BrakeRefusal extends BrakeOrder {
  /** What went before goes on counting, also when no employee is held afterwards. */
  readonly keepCounting: boolean
}
export interface BrakeDecided {
  /** Employees that the decision was carried out for. */
  readonly employees: number
  /** Employees of the order that the brake neither holds nor refuses. */
  readonly notBraked: readonly string[]
  readonly stillHeld: number
  /** No employee is held any more, so what went before no longer counts. */
  readonly judged: boolean
}

/** Employees that a person wants sent without waiting for more events. */
export interface SendOrder {
  readonly employees: readonly string[]
  /**
   * Also if the directory has the record already, or refused it for good. Otherwise only what
   * changed is sent.
   */
  readonly again: boolean
  readonly actor: string
  readonly justification: string
}
