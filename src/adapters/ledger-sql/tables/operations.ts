import { type Sql, writeRows } from '../driver/sql.ts'

/** An operation that ends. */
export interface Ended {
  readonly seq: number
  readonly employee: string
}

/** Gives operations their final state. They keep the code and reason of their answer. */
export async function endOperations(
  sql: Sql,
  ended: readonly Ended[],
  state: string,
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'state TEXT', 'now INT'],
    ended.map(({ seq }) => [seq, state, now]),
    'UPDATE operations SET state = v.state, finished_at = v.now FROM v WHERE operations.seq = v.seq',
  )
}
