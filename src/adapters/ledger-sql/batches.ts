import type { Batch, BatchAnswer, BatchOperation, BatchQuery, CallLimits, Slot, SlotQuery } from '../../core/ledger/port.ts'
import { unreachable } from '../../core/errors.ts'
import { LANES } from '../../core/model.ts'
import { addUnanswered } from './employees.ts'
import { failOperations } from './finalize.ts'
import { batchId, operationId, seqOf } from './people.ts'
import { addTotals } from './record.ts'
import { insertRows, type Sql, type SqlValue, withRows } from './sql.ts'

/** Longer than any HTTP attempt may take: until its answer is there a call counts as if it lasted this long. */
const LONGEST_CALL_MS = 60_000
const DAY_MS = 86_400_000
/** Traces linked from one operation's span; a person with more open events than this is rare. */
const LINKS_PER_OPERATION = 4

export async function nextBatch(sql: Sql, query: BatchQuery): Promise<Batch | null> {
  const { now, owner, leaseMs } = query
  const [left] = await sql.all<{ seq: number; attempts: number }>(
    `UPDATE batches SET owner = ?, lease_until = ? WHERE seq = (
       SELECT seq FROM batches WHERE state = 'open' AND not_before <= ? AND lease_until <= ? ORDER BY not_before, seq LIMIT 1)
     RETURNING seq, attempts`,
    [owner, now + leaseMs, now, now],
  )
  if (left) return { id: batchId(left.seq), attempts: left.attempts, operations: await operationsOf(sql, left.seq) }

  const waiting = await sql.all<{ seq: number; employee: string; lane: number; created_at: number; bytes: number }>(
    `SELECT seq, employee, lane, created_at, OCTET_LENGTH(record) AS bytes FROM operations WHERE state = 'pending' ORDER BY lane, seq LIMIT ?`,
    [query.maxOperations],
  )
  const chosen = withinBytes(waiting, query.maxBytes)
  const ready =
    chosen.length >= query.maxOperations ||
    chosen.length < waiting.length ||
    chosen.some((row) => row.lane === LANES.leaver || row.created_at <= now - query.fillMs)
  if (!ready) return null

  const [batch] = await insertRows<{ seq: number }>(
    sql,
    'batches (state, owner, lease_until, not_before, created_at)',
    [['open', owner, now + leaseMs, now, now]],
    'RETURNING seq',
  )
  if (!batch) return null
  await withRows(
    sql,
    ['seq INT', 'batch INT'],
    chosen.map(({ seq }) => [seq, batch.seq]),
    `UPDATE operations SET state = 'batched', batch = v.batch FROM v WHERE operations.seq = v.seq`,
  )
  await addUnanswered(
    sql,
    chosen.map(({ employee }) => employee),
    1,
  )
  return { id: batchId(batch.seq), attempts: 0, operations: await operationsOf(sql, batch.seq) }
}

function withinBytes<T extends { readonly bytes: number }>(rows: readonly T[], maxBytes: number): T[] {
  let bytes = 0
  return rows.filter((row, index) => (bytes += row.bytes) <= maxBytes || index === 0)
}

async function operationsOf(sql: Sql, batch: number): Promise<BatchOperation[]> {
  const rows = await sql.all<{ seq: number; employee: string; record: string }>(
    `SELECT seq, employee, record FROM operations WHERE batch = ? AND state = 'batched' ORDER BY seq`,
    [batch],
  )
  const links = await withRows<{ operation: number; traceparent: string }>(
    sql,
    ['seq INT', 'employee TEXT'],
    rows.map(({ seq, employee }) => [seq, employee]),
    'SELECT e.operation, e.traceparent FROM v JOIN events e ON e.employee = v.employee WHERE e.operation = v.seq AND e.traceparent IS NOT NULL',
  )
  return rows.map(({ seq, employee, record }) => ({
    id: operationId(seq),
    employee,
    record,
    links: links.flatMap((link) => (link.operation === seq ? [link.traceparent] : [])).slice(0, LINKS_PER_OPERATION),
  }))
}

export async function takeSlot(sql: Sql, instance: string, id: string, query: SlotQuery): Promise<Slot> {
  const { now, owner, leaseMs, limits } = query
  const seq = seqOf(id)
  const owned = await sql.run(`UPDATE batches SET lease_until = ? WHERE seq = ? AND state = 'open' AND owner = ?`, [
    now + leaseMs,
    seq,
    owner,
  ])
  if (owned === 0) return { kind: 'lost' }

  const overtaken = await sql.all<{ employee: string }>(
    `UPDATE operations SET state = 'withdrawn', finished_at = ? WHERE batch = ? AND state = 'batched' AND EXISTS (
       SELECT 1 FROM operations newer WHERE newer.employee = operations.employee AND newer.seq > operations.seq AND newer.state <> 'withdrawn')
     RETURNING employee`,
    [now, seq],
  )
  await addUnanswered(
    sql,
    overtaken.map(({ employee }) => employee),
    -1,
  )
  const operations = await operationsOf(sql, seq)
  if (operations.length === 0) {
    await sql.run(`UPDATE batches SET state = 'empty', lease_until = 0 WHERE seq = ?`, [seq])
    return { kind: 'empty' }
  }
  const wait = await waitForLimits(sql, now, limits)
  if (wait) return wait
  const [call] = await insertRows<{ seq: number }>(sql, 'calls (batch, at, ended_at)', [[seq, now, now + LONGEST_CALL_MS]], 'RETURNING seq')
  await sql.run('UPDATE batches SET attempts = attempts + 1, submitted_at = COALESCE(submitted_at, ?) WHERE seq = ?', [now, seq])
  await sql.run(`UPDATE operations SET submitted_at = COALESCE(submitted_at, ?) WHERE batch = ? AND state = 'batched'`, [now, seq])
  await addTotals(sql, instance, { calls: 1 })
  return { kind: 'taken', call: call?.seq ?? 0, operations }
}

/** `null` when a call may go now. A call holds its place in the window until the window after its answer is over. */
async function waitForLimits(
  sql: Sql,
  now: number,
  { perWindow, windowMs, perDay }: CallLimits,
): Promise<Extract<Slot, { kind: 'wait' }> | null> {
  if (Number.isFinite(perWindow)) {
    const [blocking] = await sql.all<{ ended_at: number }>(
      'SELECT ended_at FROM calls WHERE ended_at > ? ORDER BY ended_at DESC LIMIT 1 OFFSET ?',
      [now - windowMs, perWindow - 1],
    )
    if (blocking) return { kind: 'wait', until: Math.min(blocking.ended_at + windowMs, now + 1_000), why: 'window' }
  }
  if (Number.isFinite(perDay)) {
    const [blocking] = await sql.all<{ at: number }>('SELECT at FROM calls WHERE at > ? ORDER BY at DESC LIMIT 1 OFFSET ?', [
      now - DAY_MS,
      perDay - 1,
    ])
    if (blocking) return { kind: 'wait', until: blocking.at + DAY_MS, why: 'day' }
  }
  return null
}

/** A late answer of an owner that lost the batch finds it no longer open, and only the end of its call is written down. */
export async function recordAnswer(sql: Sql, instance: string, id: string, answer: BatchAnswer, now: number): Promise<void> {
  const seq = seqOf(id)
  const status = answer.kind === 'accepted' ? 202 : answer.status
  if (answer.call !== null) await sql.run('UPDATE calls SET ended_at = ?, status = ? WHERE seq = ?', [now, status, answer.call])
  switch (answer.kind) {
    case 'accepted':
      // The batch keeps our clock, its operations the service's: the log speaks in the latter.
      await sql.run(
        `UPDATE batches SET state = 'accepted', lease_until = 0, accepted_at = ?, request_id = ?, status = 202 WHERE seq = ? AND state = 'open'`,
        [now, answer.requestId, seq],
      )
      await sql.run(`UPDATE operations SET state = 'accepted', accepted_at = ? WHERE batch = ? AND state = 'batched'`, [
        answer.acceptedAt,
        seq,
      ])
      return
    case 'again':
      await sql.run(
        `UPDATE batches SET lease_until = CASE WHEN ? = 1 THEN 0 ELSE lease_until END, not_before = ?, status = COALESCE(?, status), attempts = attempts - ? WHERE seq = ? AND state = 'open'`,
        [answer.release ? 1 : 0, answer.notBefore, answer.status, answer.call !== null && !answer.countsAsAttempt ? 1 : 0, seq],
      )
      return
    case 'refused':
      return refuse(sql, instance, seq, answer, now)
    default:
      return unreachable(answer)
  }
}

/** Halves are sent by themselves until the offender stands alone. */
async function refuse(
  sql: Sql,
  instance: string,
  seq: number,
  answer: Extract<BatchAnswer, { kind: 'refused' }>,
  now: number,
): Promise<void> {
  const operations = await sql.all<{ seq: number; employee: string }>(
    `SELECT seq, employee FROM operations WHERE batch = ? AND state = 'batched' ORDER BY seq`,
    [seq],
  )
  const close = (state: string): Promise<number> =>
    sql.run(`UPDATE batches SET state = ?, lease_until = 0, status = ?, request_id = ? WHERE seq = ? AND state = 'open'`, [
      state,
      answer.status,
      answer.requestId,
      seq,
    ])
  if (operations.length <= 1) {
    await close('rejected')
    await addUnanswered(
      sql,
      operations.map(({ employee }) => employee),
      -1,
    )
    await failOperations(
      sql,
      instance,
      operations.map((operation) => ({ ...operation, code: answer.code, reason: null })),
      now,
    )
    return
  }
  await close('split')
  const middle = Math.ceil(operations.length / 2)
  for (const half of [operations.slice(0, middle), operations.slice(middle)]) {
    const row: SqlValue[] = ['open', 0, now, now]
    const [batch] = await insertRows<{ seq: number }>(sql, 'batches (state, lease_until, not_before, created_at)', [row], 'RETURNING seq')
    await withRows(
      sql,
      ['seq INT', 'batch INT'],
      half.map((operation) => [operation.seq, batch?.seq ?? null]),
      'UPDATE operations SET batch = v.batch FROM v WHERE operations.seq = v.seq',
    )
  }
}
