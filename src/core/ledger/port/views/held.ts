import type { EventName } from '../../../model.ts'

/** What is held back, by cause: for the page that shows it. */
export interface HeldLedger {
  /**
   * How much is held by each cause. It counts along indexes and stops at `most`, so it costs the
   * same in a ledger of any size.
   */
  countHeld(query: { readonly now: number; readonly most: number }): Promise<HeldCounts>
  /** A page of the employees that are held by one cause, with their events that wait. */
  listHeld(query: HeldQuery): Promise<HeldPage>
}

/**
 * - `future`: the next moment at which the employee is planned lies ahead; the next one comes first
 * - `incomplete`: attributes are missing that the directory requires; longest waiting first
 * - `pilot`: outside the pilot; by employee id
 */
export const HELD_EMPLOYEES = ['future', 'incomplete', 'pilot'] as const
export type HeldEmployees = (typeof HELD_EMPLOYEES)[number]

/** The same, with those that have lists of their own. */
export const HELD_CAUSES = ['brake', 'refused', 'incomplete', 'pilot', 'blocks', 'future'] as const
export type HeldCause = (typeof HELD_CAUSES)[number]
export type HeldCounts = Readonly<Record<HeldCause, number>>

export interface HeldQuery {
  readonly cause: HeldEmployees
  readonly now: number
  /** `next` of the previous page; `null` for the first. */
  readonly next: HeldCursor | null
  readonly limit: number
}
/** The last employee of a page; `at` is 0 where the page is sorted by employee id. */
export interface HeldCursor {
  readonly at: number
  readonly employeeId: string
}
export interface HeldPage {
  readonly employees: readonly HeldEmployee[]
  readonly next: HeldCursor | null
}
export interface HeldEmployee {
  readonly employeeId: string
  /**
   * When the employee is planned next (`future`), or since when it waits; `null` where that is not
   * known.
   */
  readonly at: number | null
  /** Those that wait for the same cause, oldest first; a few at most. */
  readonly events: readonly HeldEvent[]
}
export interface HeldEvent extends EventName {
  readonly type: string
  readonly effectiveAt: number
  readonly receivedAt: number
  /** Names of missing attributes, never values. */
  readonly detail: string | null
}
