import { unreachable } from '../../../core/errors.ts'
import type { BatchAnswer } from '../../../core/ledger/port/submit.ts'
import { addUnanswered, resendAfterLoss, lockEmployees } from '../tables/employees.ts'
import { failOperations } from '../report/finalize.ts'
import { endTry, heldUntil, liftHolds, setHold } from './holds.ts'
import { seqOf } from '../tables/ids.ts'
import { releaseOtherHalf, splitBatch } from './split.ts'
import type { Sql } from '../driver/sql.ts'

/**
 * Records the service's answer to a batch, with everything that follows from it. If an owner that
 * lost the batch answers late, the batch is no longer open, and only the end of its call is
 * recorded.
 */
export async function recordAnswer(sql: Sql, id: string, answer: BatchAnswer, now: number): Promise<void> {
  const seq = seqOf(id)
  const status = answer.kind === 'accepted' ? 202 : answer.status
  if (answer.call !== null)
    await sql.run('UPDATE calls SET ended_at = ?, status = ? WHERE seq = ?', [now, status, answer.call])
  const [open] = await sql.all<{ destination: string }>(
    `SELECT destination FROM batches WHERE seq = ? AND state = 'open'${sql.dialect.forUpdate}`,
    [seq],
  )
  if (!open) return
  const { destination } = open
  const inBatch = await sql.all<{ employee: string }>(
    `SELECT employee FROM operations WHERE batch = ? AND state = 'batched'`,
    [seq],
  )
  await lockEmployees(sql, inBatch)
  switch (answer.kind) {
    case 'accepted':
      // The batch keeps the time of our clock, and its operations that of the service's, as in the
      // log.
      await sql.run(
        `UPDATE batches SET state = 'accepted', lease_until = 0, accepted_at = ?, request_id = ?, status = 202 WHERE seq = ?`,
        [now, answer.requestId, seq],
      )
      await sql.run(
        `UPDATE operations SET state = 'accepted', accepted_at = ? WHERE batch = ? AND state = 'batched'`,
        [answer.acceptedAt, seq],
      )
      await releaseOtherHalf(sql, seq, true)
      return liftHolds(sql, destination)
    case 'again':
      await sql.run(
        `UPDATE batches SET lease_until = CASE WHEN ? = 1 THEN 0 ELSE lease_until END, not_before = ?, noted_at = ?, status = COALESCE(?, status), attempts = attempts - ?
         WHERE seq = ? AND state = 'open'`,
        [
          answer.release ? 1 : 0,
          answer.notBefore,
          now,
          answer.status,
          answer.call !== null && !answer.countsAsAttempt ? 1 : 0,
          seq,
        ],
      )
      if (answer.call !== null && answer.release) await endTry(sql, seq, answer.notBefore, now)
      if (answer.hold !== null) {
        const until = await heldUntil(sql, destination, answer.hold, { until: answer.notBefore, now })
        const { hold: name } = answer
        await setHold(sql, destination, { name, since: now, until, status: answer.status, detail: null })
      }
      return
    case 'refused':
      await refuse(sql, seq, answer, now)
      // The service examined the request and refused its content, so no hold applies any more.
      return liftHolds(sql, destination)
    default:
      return unreachable(answer)
  }
}

async function refuse(
  sql: Sql,
  seq: number,
  answer: Extract<BatchAnswer, { kind: 'refused' }>,
  now: number,
): Promise<void> {
  await releaseOtherHalf(sql, seq, false)
  if (answer.call !== null) await takeBackSubmission(sql, seq)
  if (await splitBatch(sql, seq, answer, now)) return
  const alone = await sql.all<{ seq: number; employee: string }>(
    `UPDATE operations SET code = ?, reason = NULL WHERE batch = ? AND state = 'batched' RETURNING seq, employee`,
    [answer.code, seq],
  )
  await sql.run(
    `UPDATE batches SET state = 'rejected', lease_until = 0, status = ?, request_id = ? WHERE seq = ?`,
    [answer.status, answer.requestId, seq],
  )
  const employees = alone.map(({ employee }) => employee)
  await addUnanswered(sql, employees, -1)
  await resendAfterLoss(sql, employees, now)
  await failOperations(sql, alone, now)
}

/** What was refused was not carried out, so no log record will ever answer this submission. */
async function takeBackSubmission(sql: Sql, batch: number): Promise<void> {
  await sql.run(
    `UPDATE operations SET times_submitted = times_submitted - 1 WHERE batch = ? AND state = 'batched' AND times_submitted > 0`,
    [batch],
  )
}
