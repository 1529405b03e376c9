import type { Column, Row, SqlValue } from '../driver/sql.ts'
import type { RowKey, Sealed, SealedColumn, Sealing } from './sealing.ts'

/** A row of any table, as it is stored: each of its texts may be sealed. */
export type StoredRow = Readonly<Record<string, Sealed | number | null>>

export interface SealedTable {
  /** Its primary key. */
  readonly key: readonly [Column, ...Column[]]
  /** The columns that name the row of a value, in this order. */
  readonly row: readonly string[]
  /** What each of its sealed columns is sealed as. */
  readonly columns: Readonly<Record<string, SealedColumn>>
  /** Columns with hashes of records. */
  readonly hashes?: readonly string[]
}

const ORIGINAL = { original: 'originals.original', body: 'originals.body' } as const

/** Every table that holds personal values, and how its rows are named. */
export const SEALED_TABLES: Readonly<Record<string, SealedTable>> = {
  events: { key: ['seq INT'], row: ['source', 'event_id'], columns: { worker: 'events.worker' } },
  originals: { key: ['event_seq INT'], row: ['event_seq'], columns: ORIGINAL },
  edits: { key: ['seq INT'], row: ['event_seq'], columns: ORIGINAL },
  replay_items: {
    key: ['run INT', 'place INT'],
    row: ['run', 'place'],
    columns: { body: 'replay_items.body' },
  },
  folds: { key: ['employee TEXT'], row: ['employee'], columns: { events: 'folds.events' } },
  records: { key: ['operation INT'], row: ['operation'], columns: { record: 'records.record' } },
  operations: {
    key: ['seq INT'],
    row: ['seq'],
    columns: { reason: 'operations.reason' },
    hashes: ['hash'],
  },
  log_records: {
    key: ['id TEXT'],
    row: ['id'],
    columns: { reason: 'log_records.reason', detail: 'log_records.detail' },
  },
  employees: { key: ['id TEXT'], row: ['id'], columns: {}, hashes: ['accepted_hash', 'failed_hash'] },
}

export type NamedTable = readonly [name: string, table: SealedTable]

/** What names a row whose name has several parts. An event is named by source and id in this form too. */
export const rowName = (...parts: readonly (string | number)[]): string => parts.join('\n')

/** What names the row of a value in this row of a table. */
export const rowKeyOf = ({ row: names }: SealedTable, row: StoredRow): RowKey =>
  rowName(...names.map((name) => row[name]?.toString() ?? ''))

/** A value of a row as it is stored, sealed or not. */
export const storedOf = (value: StoredRow[string] | undefined): SqlValue =>
  value === null || value === undefined || typeof value === 'number' ? (value ?? null) : value.toString()

/** A row with its sealed columns opened. */
export function openRow(sealing: Sealing, table: string, row: StoredRow): Row {
  const sealed = SEALED_TABLES[table]
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const column = sealed?.columns[name]
      if (value === null || typeof value === 'number') return [name, value]
      if (sealed && column) return [name, sealing.open(column, rowKeyOf(sealed, row), value)]
      return [name, sealed?.hashes?.includes(name) ? sealing.openHash(value) : storedOf(value)]
    }),
  )
}
