import type { DeadLetterCopy } from '../../../core/ledger/port/dead-letters.ts'
import { originalFrom, type OriginalRow } from './dead-letters.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'

interface Row extends OriginalRow {
  readonly id: number
  readonly revision: number
  readonly source: string
  readonly event_id: string
  readonly employee: string
  readonly reason: string | null
  readonly detail: string | null
  readonly is_current: number
}

export async function takeUncopied(sql: Sql, limit: number): Promise<DeadLetterCopy[]> {
  const rows = await sql.all<Row>(
    `SELECT o.id, e.seq, o.revision, e.source, e.event_id, e.employee, o.reason, o.detail, m.original, m.body,
       CASE WHEN e.state = 'dead-lettered' AND e.revision = o.revision THEN 1 ELSE 0 END AS is_current
     FROM outbox o JOIN events e ON e.seq = o.event_seq LEFT JOIN originals m ON m.event_seq = e.seq WHERE o.state = 'dead-lettered' AND o.copied_at IS NULL ORDER BY o.id LIMIT ?`,
    [limit],
  )
  return rows.map((row) => ({
    id: row.id,
    seq: row.seq,
    revision: row.revision,
    source: row.source,
    eventId: row.event_id,
    employeeId: row.employee,
    code: row.reason ?? 'Unknown',
    detail: row.detail,
    original: originalFrom(sql.sealing, row),
    current: row.is_current === 1,
  }))
}

export async function markCopied(sql: Sql, ids: readonly number[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id INT', 'now INT'],
    ids.map((id) => [id, now]),
    'UPDATE outbox SET copied_at = v.now FROM v WHERE outbox.id = v.id',
  )
}

export async function currentDeadLetters(
  sql: Sql,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await readRows<{ seq: number; revision: number }>(
    sql,
    ['seq INT'],
    seqs.map((seq) => [seq]),
    `SELECT e.seq, e.revision FROM v JOIN events e ON e.seq = v.seq WHERE COALESCE(e.state, '') = 'dead-lettered' AND e.archived_at IS NULL`,
  )
  return new Map(rows.map(({ seq, revision }) => [seq, revision]))
}
