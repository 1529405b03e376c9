/** Rows of one transaction. */
export const PAGE = 1_000

/** How the rows of a section are found again, and what may have changed in them since a report. */
export interface RowKind<Row> {
  readonly keyOf: (row: Row) => string
  /** Whether two rows with one key that are not the same say two things about one. */
  readonly isOne: (reported: Row, row: Row) => boolean
  /**
   * The row of the report with the names that an erasure has put into that of the ledger since, and
   * without what retention has removed.
   */
  readonly withoutGone: (reported: Row, row: Row) => Row
  /**
   * The row of the ledger as it was when the report was made, if what the report calls open can have
   * ended since.
   */
  readonly beforeItEnded: (reported: Row, row: Row) => Row | null
}

/**
 * How an operation stood that may stand otherwise now: a late answer of the log also replaces that
 * there was none, or a failure.
 */
export const MAY_CHANGE: ReadonlySet<string | null> = new Set(['open', 'failed', 'unanswered'])

/** Of rows that have a number of their own. */
export const NUMBERED = {
  keyOf: ({ id }: { readonly id: string }): string => id,
  isOne: () => true,
}

export function isoOf(at: number): string
export function isoOf(at: number | null): string | null
export function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
