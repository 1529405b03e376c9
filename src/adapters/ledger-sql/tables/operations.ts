import { type Sql, writeRows } from '../driver/sql.ts'

/** An operation that ends, with the code and reason it ends with. */
export interface Ended {
  readonly seq: number
  readonly employee: string
  readonly code: string | null
  readonly reason: string | null
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
    ended.map((one) => [one.seq, state, one.code, one.reason, now]),
    'UPDATE operations SET state = v.state, code = v.code, reason = v.reason, finished_at = v.now FROM v WHERE operations.seq = v.seq',
  )
}
