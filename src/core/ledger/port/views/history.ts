/** Figures over time, for charts: one row for each figure and interval, bounded in time. */
export interface HistoryLedger {
  /**
   * Stores the figures of the interval that `now` is in, over those that it has, and removes what
   * is older than `keptMs`. It reads running totals and the outcomes since the last call, of which
   * it looks at the newest `most`: work in the flow costs nothing more.
   */
  recordHistory(query: HistoryRecording): Promise<void>
  /**
   * The largest value of each figure in each step, in the order of the steps. Steps without one are
   * left out.
   */
  readHistory(query: HistoryQuery): Promise<readonly HistoryPoint[]>
}

export interface HistoryRecording {
  readonly now: number
  readonly intervalMs: number
  readonly keptMs: number
  readonly most: number
}
export interface HistoryQuery {
  readonly figures: readonly string[]
  readonly since: number
  readonly stepMs: number
}
export interface HistoryPoint {
  readonly figure: string
  /** The beginning of the step. */
  readonly at: number
  readonly value: number
}
