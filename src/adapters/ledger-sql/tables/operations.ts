import { type Sql, writeRows } from '../driver/sql.ts'
import { openOrNull, type Sealed, type Sealing, sealOrNull } from '../sealing/sealing.ts'

/** An operation that ends, with the code and reason it ends with. */
export interface Ended {
  readonly seq: number
  readonly employee: string
  readonly code: string | null
  readonly reason: string | null
}

/** With the reason as the table holds it. */
export type Stored<T> = Omit<T, 'reason'> & { readonly reason: Sealed | null }

export function openReason<T extends { readonly seq: number; readonly reason: Sealed | null }>(
  sealing: Sealing,
  row: T,
): Omit<T, 'reason'> & { readonly reason: string | null } {
  return { ...row, reason: openOrNull(sealing, 'operations.reason', row.seq, row.reason) }
}

/** Gives operations their final state. */
export async function endOperations(
  sql: Sql,
  ended: readonly Ended[],
  state: string,
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'state TEXT', 'code TEXT', 'reason TEXT', 'now INT'],
    ended.map(({ seq, code, reason }) => [
      seq,
      state,
      code,
      sealOrNull(sql.sealing, 'operations.reason', seq, reason),
      now,
    ]),
    'UPDATE operations SET state = v.state, code = v.code, reason = v.reason, finished_at = v.now FROM v WHERE operations.seq = v.seq',
  )
}
