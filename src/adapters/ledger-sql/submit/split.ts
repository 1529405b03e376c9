import { insertRows, type Sql, writeRows } from '../driver/sql.ts'

/**
 * Halves a batch that the service refused with 400 or 413 (`answers.ts`). The smaller half goes
 * first and the other waits for it: when the first is accepted the offender must be in the other,
 * which is then halved without being sent. One offender among 50 costs at most 11 calls this way.
 * Returns false, and does nothing, when there is only one operation left.
 */
export async function splitBatch(
  sql: Sql,
  seq: number,
  answer: { readonly status: number; readonly requestId: string | null },
  now: number,
): Promise<boolean> {
  const operations = await sql.all<{ seq: number }>(
    `SELECT seq FROM operations WHERE batch = ? AND state = 'batched' ORDER BY place, seq`,
    [seq],
  )
  if (operations.length <= 1) return false
  const [whole] = await sql.all<{ urgent: number; destination: string }>(
    'SELECT urgent, destination FROM batches WHERE seq = ?',
    [seq],
  )
  if (!whole) return false
  const { urgent, destination } = whole
  await sql.run(
    `UPDATE batches SET state = 'split', lease_until = 0, status = ?, request_id = COALESCE(?, request_id) WHERE seq = ?`,
    [answer.status, answer.requestId, seq],
  )
  const middle = Math.floor(operations.length / 2)
  let first: number | null = null
  for (const half of [operations.slice(0, middle), operations.slice(middle)]) {
    const rows: { seq: number }[] = await insertRows<{ seq: number }>(
      sql,
      'batches (destination TEXT, state TEXT, lease_until INT, not_before INT, after_batch INT, urgent INT, created_at INT, noted_at INT)',
      [[destination, 'open', 0, now, first, urgent, now, now]],
      'RETURNING seq',
    )
    const made = rows[0]?.seq ?? null
    first ??= made
    await writeRows(
      sql,
      ['seq INT', 'batch INT'],
      half.map((operation) => [operation.seq, made]),
      'UPDATE operations SET batch = v.batch FROM v WHERE operations.seq = v.seq',
    )
  }
  return true
}

/**
 * Releases the half that waited. If the first half was accepted, this one must hold the offender;
 * otherwise that is not known.
 */
export async function releaseOtherHalf(sql: Sql, first: number, accepted: boolean): Promise<void> {
  await sql.run('UPDATE batches SET after_batch = NULL, suspect = ? WHERE after_batch = ?', [
    accepted ? 1 : 0,
    first,
  ])
}
