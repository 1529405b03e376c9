import type { Employee } from '../employee.ts'
import type { LedgerEvent } from '../event.ts'

/** Leases, clocks, retention and erasure, and the check for a restored backup. */
export interface UpkeepLedger {
  /**
   * Takes, renews or releases a lease on something that only one instance may do at a time. Returns
   * whether `owner` has it now, until `now + leaseMs`; 0 releases it.
   */
  takeLease(query: LeaseQuery): Promise<boolean>
  /**
   * Shortens plans, calls, leases, waits and holds that a clock that was ahead put too far into the
   * future. Returns the number of changed rows. Cheap while that is 0.
   */
  cutMoments(cut: MomentCut): Promise<number>
  /**
   * A page of employees ordered by id, beginning after `query.after`: those who have events whose
   * final outcome was published before `settledBefore`, with these events.
   */
  listRetention(query: RetentionQuery): Promise<RetentionPage>
  /**
   * Replaces folded events by what remains of them, and removes operations and log records of that
   * time. It drops the cut of an employee that changed since the read. Event ids stay known.
   */
  foldEvents(
    cuts: readonly EmployeeCut[],
    settledBefore: number,
    now: number,
  ): Promise<{ readonly folded: number }>
  /**
   * Removes old rows that belong to no employee's events, one slice at a time: messages, calls,
   * empty batches, log records of changes made by others, deactivations outside the brake's window.
   */
  removeAged(query: AgeOutQuery): Promise<AgedOut>
  /**
   * Removes everything about one employee; the audit entry stays. For one who was erased before,
   * nothing is left to remove. `null` when the employee is unknown.
   */
  eraseEmployee(erasure: Erasure, now: number): Promise<ErasureResult | null>
  /**
   * Destinations other than these that have employees, and how many. Cheap while there is none that
   * was ever sent to.
   */
  countElsewhere(destinations: readonly string[]): Promise<readonly ElsewhereCount[]>
  /** The progress of the ledger. Cheap. */
  readAge(): Promise<LedgerAge>
  /**
   * Records that the ledger is older than `outside`: planning and sending stop, and a finding is
   * raised.
   */
  markOlder(outside: LedgerMark, now: number): Promise<void>
  /**
   * Declares a restored ledger complete: planning and sending resume in a new epoch. Only after the
   * log was read past the moment at which the ledger was found to be older. Adds an audit entry.
   */
  markRestored(order: Restoration, now: number): Promise<Restored>
}

export interface ElsewhereCount {
  readonly destination: string
  readonly employees: number
}

export interface LeaseQuery {
  readonly name: string
  readonly owner: string
  readonly now: number
  readonly leaseMs: number
}
/** How far a stored moment may lie in the future, in milliseconds, by kind. */
export interface MomentCut {
  readonly now: number
  /** How far the clocks of instances may differ: moments ahead by less are left alone. */
  readonly toleranceMs: number
  /** The longest an employee waits for planning. */
  readonly maxWaitMs: number
  /** The longest lease of any kind. */
  readonly leaseMs: number
  /** How long an answer may be refined. */
  readonly quietMs: number
}
export interface RetentionQuery {
  readonly after: string | null
  readonly limit: number
  readonly settledBefore: number
}
export interface RetentionPage {
  readonly employees: readonly SettledEmployee[]
  /** The last id of the page, also of an employee with nothing settled; `null` when none is left. */
  readonly last: string | null
}
export interface SettledEmployee {
  readonly employee: Employee
  /** Ledger sequences. */
  readonly settled: readonly number[]
}
/** What retention does with the events of one employee. */
export interface Cut {
  /** Ledger sequences of events that are folded away. */
  readonly gone: readonly number[]
  /**
   * What is kept of them and of those folded before: each event that an attribute comes from, with
   * its place in the order and only its surviving values; the last snapshot of each source; every
   * rescind. They take part in the fold like events.
   */
  readonly remains: readonly LedgerEvent[]
}
export interface EmployeeCut extends Cut {
  readonly employeeId: string
  readonly revision: number
}
export interface Erasure {
  readonly employeeId: string
  readonly actor: string
  readonly justification: string
}
export interface AgeOutQuery {
  /** Rows older than this are removed. */
  readonly before: number
  /** The most rows of each kind to remove in one transaction. */
  readonly limit: number
}
export interface AgedOut {
  readonly removed: number
  /** Whether more may be left. */
  readonly more: boolean
}
export interface ErasureResult {
  readonly events: number
  readonly operations: number
  /** Outcomes that were not published yet, and now never are. */
  readonly outcomesWithheld: number
  /**
   * Whether the values are also gone from the ledger's files; false while they remain in free
   * pages, or when a reader prevented the clean-up.
   */
  readonly filesClean: boolean
}

/** The progress of a ledger, compared with a copy kept outside it. */
export interface LedgerMark {
  /** Raised each time a person declares a restored ledger complete again. */
  readonly epoch: number
  /** Counts what was recorded and sent; it only grows. */
  readonly progress: number
}
export interface LedgerAge extends LedgerMark {
  /** Since when the ledger is known to be an older copy; `null` when it is not. */
  readonly olderSince: number | null
}
export interface Restoration {
  /** HR resent everything from this moment on; the log is read again from there. */
  readonly since: number
  readonly actor: string
  readonly justification: string
  /**
   * The longest lag of a log record. The log must have been read to this long before the moment at
   * which the ledger was found to be older.
   */
  readonly lagMs: number
}
export type Restored =
  | { readonly kind: 'restored'; readonly epoch: number }
  /** The ledger is not known to be older. */
  | { readonly kind: 'not-older' }
  /** The log of the missing time has not been read yet. */
  | { readonly kind: 'log-not-read'; readonly readUntil: number | null; readonly needed: number }
