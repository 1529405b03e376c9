import type { TraceOperation } from '../ledger/port/views/trace.ts'
import type { Json } from '../model.ts'
import { changesBetween } from '../plan/mapping/origins.ts'
import { parseRecord } from '../plan/mapping/record.ts'

/** A field of a record that differs from the record that was sent before it. */
export type FieldChange =
  | { readonly kind: 'added'; readonly field: string; readonly to: Json }
  | { readonly kind: 'changed'; readonly field: string; readonly from: Json; readonly to: Json }
  | { readonly kind: 'removed'; readonly field: string; readonly from: Json }

/**
 * How the record of an operation differs from the one sent before it; all is added in the first
 * one.
 */
export function recordChanges({
  record,
  before,
}: Pick<TraceOperation, 'record' | 'before'>): readonly FieldChange[] {
  const changes = changesBetween(before === null ? null : parseRecord(before.record), parseRecord(record))
  return changes.map((change): FieldChange => {
    switch (change.kind) {
      case 'added':
        return { kind: 'added', field: change.target, to: change.to }
      case 'changed':
        return { kind: 'changed', field: change.target, from: change.from, to: change.to }
      case 'left out':
        return { kind: 'removed', field: change.target, from: change.from }
    }
  })
}
