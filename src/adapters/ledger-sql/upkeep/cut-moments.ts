import type { MomentCut } from '../../../core/ledger/port/upkeep.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'
import { JOB_STOPPED } from '../submit/holds.ts'
import { everyCursor } from '../tables/cursors.ts'

/**
 * Corrects moments that were written by a clock that was ahead, because work would wait until time
 * catches up with them. Each is cut to now plus its length. Every statement uses an index that
 * holds only open work, so a ledger with nothing to correct costs little. Moments that only make
 * the connector more careful, such as the window of the brake, stay.
 */
export async function cutMoments(
  sql: Sql,
  { now, toleranceMs, maxWaitMs, leaseMs, quietMs }: MomentCut,
): Promise<number> {
  const ahead = now + toleranceMs
  const { skipLocked } = sql.dialect
  let cut = 0
  const run = async (text: string, ...parameters: readonly SqlValue[]): Promise<void> => {
    cut += await sql.run(text, parameters)
  }
  await run(
    `UPDATE employees SET plan_at = ?, dirty_at = CASE WHEN dirty_at > ? THEN ? ELSE dirty_at END WHERE id IN (
       SELECT id FROM employees WHERE plan_at IS NOT NULL AND unanswered = 0 AND plan_at > ?${skipLocked})`,
    now + maxWaitMs,
    now,
    now,
    ahead + maxWaitMs,
  )
  await run(
    `UPDATE employees SET dirty_at = ? WHERE id IN (
       SELECT id FROM employees WHERE dirty_at IS NOT NULL AND unanswered = 0 AND dirty_at > ?${skipLocked})`,
    now,
    ahead,
  )
  await run(
    `UPDATE events SET read_until = 0 WHERE seq IN (
       SELECT seq FROM events WHERE read_from IS NOT NULL AND state <> 'dead-lettered' AND read_until > ?${skipLocked})`,
    ahead + leaseMs,
  )
  await run(
    `UPDATE operations SET final_at = ? WHERE seq IN (
       SELECT seq FROM operations WHERE state = 'answered' AND final_at > ?${skipLocked})`,
    now + quietMs,
    ahead + quietMs,
  )
  await run(
    `UPDATE batches SET not_before = CASE WHEN noted_at > ? THEN ? + not_before - noted_at ELSE not_before END,
       lease_until = CASE WHEN lease_until > ? THEN ? ELSE lease_until END, noted_at = ?
     WHERE seq IN (SELECT seq FROM batches WHERE state = 'open' AND (noted_at > ? OR lease_until > ?)${skipLocked})`,
    ahead,
    now,
    ahead + leaseMs,
    now + leaseMs,
    now,
    ahead,
    ahead + leaseMs,
  )
  await run('UPDATE leases SET until = ? WHERE until > ?', now + leaseMs, ahead + leaseMs)
  await run(
    'UPDATE holds SET until = ? + until - noted_at, since = CASE WHEN since > ? THEN ? ELSE since END, noted_at = ? WHERE noted_at > ?',
    now,
    now,
    now,
    now,
    ahead,
  )
  await run(`UPDATE cursors SET value = ? WHERE ${everyCursor(JOB_STOPPED)} AND value > ?`, now, ahead)
  await run(`UPDATE cursors SET value = ? WHERE name = 'backlog-until' AND value > ?`, now, ahead + maxWaitMs)
  await sql.lock('calls')
  await run(
    'UPDATE calls SET at = ?, ended_at = CASE WHEN ended_at > ? THEN ? ELSE ended_at END WHERE at > ?',
    now,
    now,
    now,
    ahead,
  )
  return cut
}
