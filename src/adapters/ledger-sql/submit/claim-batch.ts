import type { Batch, BatchOperation, BatchQuery, Slot, SlotQuery } from '../../../core/ledger/port/submit.ts'
import { DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import { LANES } from '../../../core/model.ts'
import type { WaitingOperation } from '../../../core/provision/form-batch.ts'
import { waitForLimits } from './budget.ts'
import { lockEmployees, addUnanswered, resendAfterLoss, planAgain } from '../tables/employees.ts'
import { chooseOperations } from './choose.ts'
import { withdrawReversals } from '../findings/elsewhere.ts'
import { activeHold, tryHolds } from './holds.ts'
import { batchId, operationId, seqOf } from '../tables/ids.ts'
import { originsOf } from '../tables/origins.ts'
import { addTotals } from '../tables/totals.ts'
import { splitBatch } from './split.ts'
import { insertRows, type Sql, readRows, writeRows } from '../driver/sql.ts'
import type { Sealed } from '../sealing/sealing.ts'

export async function nextBatch(sql: Sql, destination: string, query: BatchQuery): Promise<Batch | null> {
  const { now, owner, leaseMs } = query
  if (await activeHold(sql, destination, now)) return null
  const left = await resume(sql, destination, query)
  if (left) return left

  const [waiting] = await sql.all(
    `SELECT 1 AS pending FROM operations WHERE state = 'pending' AND destination = ? LIMIT 1`,
    [destination],
  )
  if (!waiting) return null
  // One batch is formed at a time, so that one full batch is sent and not two half-full ones.
  await sql.lock('batch')
  const chosen = await stillPending(sql, await chooseOperations(sql, destination, query))
  if (chosen.length === 0) return null
  const urgent = chosen.some((row) => row.lane === LANES.leaver) ? 1 : 0
  const [batch] = await insertRows<{ seq: number }>(
    sql,
    'batches (destination TEXT, state TEXT, owner TEXT, lease_until INT, not_before INT, urgent INT, created_at INT, noted_at INT)',
    [[destination, 'open', owner, now + leaseMs, now, urgent, now, now]],
    'RETURNING seq',
  )
  if (!batch) return null
  const batched = await readRows<{ employee: string; deactivation_only: number }>(
    sql,
    ['seq INT', 'batch INT', 'place INT'],
    chosen.map(({ seq }, place) => [seq, batch.seq, place]),
    `UPDATE operations SET state = 'batched', batch = v.batch, place = v.place FROM v WHERE operations.seq = v.seq
     RETURNING operations.employee, operations.deactivation_only`,
  )
  await addUnanswered(
    sql,
    chosen.map(({ employeeId }) => employeeId),
    1,
  )
  // Events that wait for the answer of a deactivation only are due from now on, and so are planned
  // when the answer arrives.
  await planAgain(
    sql,
    batched.flatMap(({ employee, deactivation_only }) => (deactivation_only === 1 ? [employee] : [])),
    now,
  )
  return { id: batchId(batch.seq), attempts: 0, operations: await operationsOf(sql, batch.seq) }
}

/** Operations that were not withdrawn between their choice and the lock on their employees. */
async function stillPending(
  sql: Sql,
  chosen: readonly WaitingOperation[],
): Promise<readonly WaitingOperation[]> {
  if (!sql.dialect.locksRows || chosen.length === 0) return chosen
  await lockEmployees(
    sql,
    chosen.map(({ employeeId }) => employeeId),
  )
  const pending = new Set(
    (
      await readRows<{ seq: number }>(
        sql,
        ['seq INT'],
        chosen.map(({ seq }) => [seq]),
        `SELECT o.seq FROM v JOIN operations o ON o.seq = v.seq WHERE o.state = 'pending'`,
      )
    ).map(({ seq }) => seq),
  )
  return chosen.filter(({ seq }) => pending.has(seq))
}

/**
 * A batch that another attempt began and did not finish. A batch that must hold the offender is
 * split before it is sent.
 */
async function resume(
  sql: Sql,
  destination: string,
  { now, owner, leaseMs, maxOperations }: BatchQuery,
): Promise<Batch | null> {
  for (let splits = 0; splits <= maxOperations; splits++) {
    const [left] = await sql.all<{ seq: number; attempts: number; suspect: number }>(
      `UPDATE batches SET owner = ?, lease_until = ? WHERE seq = (
         SELECT seq FROM batches WHERE state = 'open' AND destination = ? AND after_batch IS NULL AND not_before <= ? AND lease_until <= ?
         ORDER BY urgent DESC, not_before, seq LIMIT 1${sql.dialect.skipLocked})
       RETURNING seq, attempts, suspect`,
      [owner, now + leaseMs, destination, now, now],
    )
    if (!left) return null
    if (left.suspect === 0 || !(await splitBatch(sql, left.seq, { status: 400, requestId: null }, now)))
      return { id: batchId(left.seq), attempts: left.attempts, operations: await operationsOf(sql, left.seq) }
  }
  return null
}

async function operationsOf(sql: Sql, batch: number): Promise<BatchOperation[]> {
  const rows = await sql.all<{ seq: number; employee: string; record: Sealed }>(
    `SELECT o.seq, o.employee, r.record FROM operations o JOIN records r ON r.operation = o.seq
     WHERE o.batch = ? AND o.state = 'batched' ORDER BY o.place, o.seq`,
    [batch],
  )
  const origins = await originsOf(
    sql,
    rows.map(({ seq }) => seq),
  )
  return rows.map(({ seq, employee, record }) => ({
    id: operationId(seq),
    employeeId: employee,
    record: sql.sealing.open('records.record', seq, record),
    origins: origins.get(seq) ?? [],
  }))
}

/**
 * Withdraws operations that activate an employee with a termination, or another event that takes
 * effect now, that is not planned yet: otherwise a free slot before the plan would activate a
 * leaver. Also withdraws those of employees whose deactivation the brake holds. An operation that
 * was submitted before may have been carried out, so the record that the directory holds is then no
 * longer known. Returns the employees, who must be planned again.
 */
async function withdrawOutpaced(
  sql: Sql,
  batch: number,
  employees: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const due = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id WHERE p.urgent = 1 OR p.next_at <= ? OR p.braked_at IS NOT NULL',
    [now],
  )
  if (due.length === 0) return []
  const rows = await readRows<{ employee: string; times_submitted: number }>(
    sql,
    ['id TEXT', 'batch INT', 'now INT'],
    due.map(({ id }) => [id, batch, now]),
    `UPDATE operations SET state = 'withdrawn', finished_at = v.now FROM v
     WHERE operations.batch = v.batch AND operations.employee = v.id AND operations.state = 'batched' AND operations.active = 1
     RETURNING operations.employee, operations.times_submitted`,
  )
  await writeRows(
    sql,
    ['id TEXT'],
    rows.filter(({ times_submitted }) => times_submitted > 0).map(({ employee }) => [employee]),
    'UPDATE employees SET accepted_hash = NULL FROM v WHERE employees.id = v.id',
  )
  return rows.map(({ employee }) => employee)
}

/** Withdraws the operations of a batch that a newer state has overtaken. */
async function withdrawStale(
  sql: Sql,
  batch: number,
  employees: readonly string[],
  now: number,
): Promise<void> {
  const overtaken = await sql.all<{ employee: string }>(
    `UPDATE operations SET state = 'withdrawn', finished_at = ? WHERE batch = ? AND state = 'batched' AND EXISTS (
       SELECT 1 FROM operations newer WHERE newer.employee = operations.employee AND newer.seq > operations.seq AND newer.state <> 'withdrawn')
     RETURNING employee`,
    [now, batch],
  )
  const outpaced = await withdrawOutpaced(sql, batch, employees, now)
  const reversing = await withdrawReversals(sql, batch, employees, now)
  await planAgain(sql, [...outpaced, ...reversing], now)
  const withdrawn = [...overtaken.map(({ employee }) => employee), ...outpaced, ...reversing]
  await addUnanswered(sql, withdrawn, -1)
  // An earlier attempt, whose answer was lost, may have submitted the operation, and it may take
  // effect after the one that overtook it.
  await resendAfterLoss(sql, withdrawn, now)
}

export async function takeSlot(sql: Sql, instance: string, id: string, query: SlotQuery): Promise<Slot> {
  const { now, owner, leaseMs, limits } = query
  const seq = seqOf(id)
  const [owned] = await sql.all<{ urgent: number; destination: string }>(
    `UPDATE batches SET lease_until = ? WHERE seq = ? AND state = 'open' AND owner = ? RETURNING urgent, destination`,
    [now + leaseMs, seq, owner],
  )
  if (!owned) return { kind: 'lost' }
  // A batch that must wait tries often, and must not delay a batch that may be sent.
  const early = await waitForLimits(sql, now, limits, owned.urgent === 1)
  if (early) return early
  const batched = await sql.all<{ employee: string }>(
    `SELECT employee FROM operations WHERE batch = ? AND state = 'batched'`,
    [seq],
  )
  const inBatch = batched.map(({ employee }) => employee)
  await lockEmployees(sql, inBatch)
  await sql.lock('calls')
  await withdrawStale(sql, seq, inBatch, now)
  const operations = await operationsOf(sql, seq)
  if (operations.length === 0) {
    await sql.run(`UPDATE batches SET state = 'empty', lease_until = 0 WHERE seq = ?`, [seq])
    await sql.run('UPDATE batches SET after_batch = NULL WHERE after_batch = ?', [seq])
    return { kind: 'empty' }
  }
  const hold = await activeHold(sql, owned.destination, now, seq)
  if (hold) return { kind: 'wait', until: hold.until, why: 'hold' }
  const wait = await waitForLimits(sql, now, limits, owned.urgent === 1)
  if (wait) return wait
  await tryHolds(sql, owned.destination, seq, { now, until: now + leaseMs })
  // No HTTP attempt outlasts the lease, so a call without an answer counts as if it lasted that
  // long.
  const [call] = await insertRows<{ seq: number }>(
    sql,
    'calls (batch INT, quota TEXT, at INT, ended_at INT)',
    [[seq, limits.quota ?? DEFAULT_QUOTA, now, now + leaseMs]],
    'RETURNING seq',
  )
  await sql.run(
    'UPDATE batches SET attempts = attempts + 1, submitted_at = COALESCE(submitted_at, ?) WHERE seq = ?',
    [now, seq],
  )
  await sql.run(
    `UPDATE operations SET submitted_at = COALESCE(submitted_at, ?), times_submitted = times_submitted + 1 WHERE batch = ? AND state = 'batched'`,
    [now, seq],
  )
  addTotals(sql, instance, { calls: 1 })
  return { kind: 'taken', call: call?.seq ?? 0, operations }
}
