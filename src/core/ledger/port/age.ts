/** How far a ledger has come, to be compared with what a counter outside of it remembers. */
export interface LedgerMark {
  /** Raised each time a person says that a restored ledger is whole again. */
  readonly epoch: number
  /** What was taken in and sent so far; only ever grows. */
  readonly progress: number
}
export interface LedgerAge extends LedgerMark {
  /** Since when the ledger is known to be older than the world; `null` when it is not. */
  readonly olderSince: number | null
}
export interface Restoration {
  /** From when on everything HR sent was fed again; the log is read from there on. */
  readonly since: number
  readonly actor: string
  readonly justification: string
  /** The log must have been read to this long before the moment the ledger was found to be older, by the longest lag of a record. */
  readonly lagMs: number
}
export type Restored =
  | { readonly kind: 'restored'; readonly epoch: number }
  /** Nothing was found to be wrong with the ledger. */
  | { readonly kind: 'not-older' }
  /** What the log shows of the missing time is not known yet. */
  | { readonly kind: 'log-not-read'; readonly readUntil: number | null; readonly needed: number }
