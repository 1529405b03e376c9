declare const sealed: unique symbol

/** A text as a sealed column holds it. Only `Sealing.open` makes a text of it that can be used. */
export interface Sealed {
  readonly [sealed]: true
  toString(): string
}

/**
 * The columns that hold personal values. Of `edits` original and body are those of `originals`, from
 * which SQL copies them.
 */
export type SealedColumn =
  | 'events.worker'
  | 'originals.original'
  | 'originals.body'
  | 'replay_items.body'
  | 'folds.events'
  | 'records.record'
  | 'operations.reason'
  | 'log_records.reason'
  | 'log_records.detail'

/** What names the row of a value: a value that is moved to another row does not open there. */
export type RowKey = string | number

/**
 * What stands between the ledger's code and the columns that hold personal values. Without keys it
 * gives every text back as it is.
 */
export interface Sealing {
  seal(column: SealedColumn, row: RowKey, text: string): string
  /** Throws `LedgerValueUnreadable`, which names column and row. */
  open(column: SealedColumn, row: RowKey, sealed: Sealed): string
  /** Whether it is sealed with the key that seals what is written now. */
  isCurrent(sealed: Sealed): boolean
  /**
   * Every text that the column may hold for this one, where equal texts are looked for: while keys
   * change there are several. Only for `originals.original`, whose text is sealed the same way for
   * all events of a message.
   */
  formsOf(column: 'originals.original', text: string): readonly string[]
  /**
   * The hash of a record, which SQL compares: the same hash is always sealed the same way, also with
   * other keys.
   */
  sealHash(hash: string): string
  openHash(sealed: Sealed): string
  /**
   * What the ledger keeps in place of a name's hash, so that it cannot be found by guessing names: as
   * many digits as the hash has.
   */
  keyedHash(hash: string): string
  /** The same for a hash of 48 bits. */
  keyedNumber(hash: number): number
}

/** For a ledger that is not encrypted. */
export const noSealing: Sealing = {
  seal: (_column, _row, text) => text,
  open: (_column, _row, text) => text.toString(),
  isCurrent: () => true,
  formsOf: (_column, text) => [text],
  sealHash: (hash) => hash,
  openHash: (hash) => hash.toString(),
  keyedHash: (hash) => hash,
  keyedNumber: (hash) => hash,
}

/** `null` stays `null`: it says only that there is no value. */
export function sealOrNull(
  sealing: Sealing,
  column: SealedColumn,
  row: RowKey,
  text: string | null,
): string | null {
  return text === null ? null : sealing.seal(column, row, text)
}

export function openOrNull(
  sealing: Sealing,
  column: SealedColumn,
  row: RowKey,
  text: Sealed | null,
): string | null {
  return text === null ? null : sealing.open(column, row, text)
}
