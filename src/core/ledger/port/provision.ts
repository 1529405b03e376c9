/** What plan and submit ask of the ledger, and what it answers. */

export interface DueQuery {
  readonly now: number
  readonly limit: number
  /** While intake works off a backlog: leavers, people whose moment has come, and those who waited this long. */
  readonly maxWaitMs: number
  /** Nobody else is given these people for this long, or until what is decided of them is committed. Without it others may be given them too. */
  readonly claimMs?: number
}
export interface LeaseQuery {
  readonly name: string
  readonly owner: string
  readonly now: number
  readonly leaseMs: number
}
/** Lengths in milliseconds that no stored moment may exceed. */
export interface MomentCut {
  readonly now: number
  /** How far the clocks of instances may be apart: what is ahead by less is left alone. */
  readonly toleranceMs: number
  /** A person waits for planning no longer than this. */
  readonly maxWaitMs: number
  /** The longest lease of any kind. */
  readonly leaseMs: number
  /** How long an answer may be refined. */
  readonly quietMs: number
}
export interface PlanResult {
  readonly operations: number
  readonly finals: number
  /** Decisions dropped because their person changed meanwhile. */
  readonly stale: number
}
export interface BrakeStatus {
  /** Distinct people put out in the window. */
  readonly employees: number
  /** People active in the directory, as far as we put them there. */
  readonly active: number
  readonly held: number
  readonly heldSince: number | null
}

export interface BatchQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly maxOperations: number
  readonly maxBytes: number
  /** A batch that is not full leaves when its oldest operation has waited this long. Leavers leave at once. */
  readonly fillMs: number
  readonly limits: CallLimits
}
export interface BatchOperation {
  readonly id: string
  readonly employeeId: string
  /** The record as it goes on the wire. */
  readonly record: string
  /** Trace contexts of the events it carries; at most a few. */
  readonly links: readonly string[]
}
export interface Batch {
  readonly id: string
  readonly attempts: number
  readonly operations: readonly BatchOperation[]
}
export interface CallLimits {
  readonly perWindow: number
  readonly windowMs: number
  readonly perDay: number
}
export interface SlotQuery {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  readonly limits: CallLimits
}
export type Slot =
  /** Go, with these operations; `call` names the call for its answer. */
  | { readonly kind: 'taken'; readonly call: number; readonly operations: readonly BatchOperation[] }
  | { readonly kind: 'wait'; readonly until: number; readonly why: 'window' | 'day' | 'hold' }
  /** Everything in it was overtaken. */
  | { readonly kind: 'empty' }
  /** Another instance has it. */
  | { readonly kind: 'lost' }
export type BatchAnswer =
  | {
      readonly kind: 'accepted'
      readonly call: number
      readonly acceptedAt: number
      readonly requestId: string | null
    }
  /** Not taken as a whole: halves go on by themselves; one alone is refused for good. */
  | {
      readonly kind: 'refused'
      readonly call: number
      readonly status: number
      readonly code: string
      readonly requestId: string | null
    }
  /** Try again not before `notBefore`; `call` is `null` when none was made. */
  | {
      readonly kind: 'again'
      readonly call: number | null
      readonly status: number | null
      readonly notBefore: number
      readonly countsAsAttempt: boolean
      /** Lets anybody take the batch up again; otherwise it stays with its owner. */
      readonly release: boolean
      /** Holds back every other batch until then too. The next batch the service accepts lifts it. */
      readonly hold: HoldName | null
    }

/**
 * Why nothing is sent: too many calls, no room at the service, a permission or address that is wrong, the service down, the job paused, the ledger
 * older than the world.
 */
export const HOLDS = ['throttled', 'full', 'refused', 'circuit', 'job', 'restored'] as const
export type HoldName = (typeof HOLDS)[number]
export interface Hold {
  readonly name: HoldName
  readonly since: number
  readonly until: number
  readonly status: number | null
  /** A word or code, never a value of a person. */
  readonly detail: string | null
}
