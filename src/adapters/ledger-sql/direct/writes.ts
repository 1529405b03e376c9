import type { DirectBegun, DirectEnd, DirectOrder } from '../../../core/direct/ledger.ts'
import type { JoinedRecord } from '../../../core/ledger/port/report.ts'
import type { Sql } from '../driver/sql.ts'
import { correlate } from '../report/correlate.ts'
import { lockEmployees } from '../tables/employees.ts'
import { seqOf } from '../tables/ids.ts'
import { reserve, settleCosts } from './costs.ts'

export async function beginWrite(
  sql: Sql,
  destination: string,
  order: DirectOrder,
  now: number,
): Promise<DirectBegun> {
  const [batch, operation] = [seqOf(order.batch), seqOf(order.operation)]
  const owned = await sql.run(
    `UPDATE batches SET lease_until = ? WHERE seq = ? AND state = 'open' AND owner = ? AND destination = ?`,
    [now + order.leaseMs, batch, order.owner, destination],
  )
  if (owned === 0) return { kind: 'lost' }
  const [row] = await sql.all<{ employee: string }>('SELECT employee FROM operations WHERE seq = ?', [
    operation,
  ])
  if (row) await lockEmployees(sql, [row])
  const accounts = await accountsOf(sql, batch, operation, now)
  if (!accounts) return { kind: 'changed' }
  const reservation = await reserve(sql, destination, order, now)
  if (!reservation) return { kind: 'spent' }
  const { object_id: objectId, manager_object_id: managerObjectId } = accounts
  return { kind: 'begun', reservation, objectId, managerObjectId }
}

interface AccountsRow {
  readonly object_id: string | null
  readonly manager_object_id: string | null
}

/**
 * The accounts that the operation is about. None when it has left its batch, or would activate an
 * employee of whom something newer takes effect now or whose deactivation the brake holds: the next
 * slot withdraws it.
 */
async function accountsOf(
  sql: Sql,
  batch: number,
  operation: number,
  now: number,
): Promise<AccountsRow | undefined> {
  const [row] = await sql.all<AccountsRow>(
    `SELECT CASE WHEN p.destination = o.destination THEN p.object_id ELSE NULL END AS object_id,
       (SELECT m.object_id FROM employees m WHERE m.id = o.manager AND m.destination = o.destination) AS manager_object_id
     FROM operations o JOIN employees p ON p.id = o.employee
     WHERE o.seq = ? AND o.batch = ? AND o.state = 'batched'
       AND NOT (o.active = 1 AND (p.urgent = 1 OR COALESCE(p.next_at, ?) <= ? OR p.braked_at IS NOT NULL))`,
    [operation, batch, now + 1, now],
  )
  return row
}

export async function endWrite(
  sql: Sql,
  { instance, destination }: { readonly instance: string; readonly destination: string },
  { reservation, microUsd, answer }: DirectEnd,
  now: number,
): Promise<void> {
  if (answer) await recordAnswerOf(sql, { instance, destination }, answer, now)
  await settleCosts(sql, destination, reservation, microUsd)
}

/** The operation is accepted and answered at once, and can be final at once. */
async function recordAnswerOf(
  sql: Sql,
  of: { readonly instance: string; readonly destination: string },
  answer: JoinedRecord,
  now: number,
): Promise<void> {
  const { operation, record } = answer
  if (operation === null) return
  await sql.lock('report')
  await lockEmployees(sql, [record.employeeId])
  const accepted = await sql.run(
    `UPDATE operations SET state = 'accepted', accepted_at = ? WHERE seq = ? AND destination = ? AND state = 'batched'`,
    [record.activityAt, seqOf(operation), of.destination],
  )
  if (accepted === 0) return
  await correlate(sql, of, {
    joins: [answer],
    now,
    finalAt: now,
    watermark: null,
    changedElsewhere: [],
    foreign: 0,
    echoes: [],
  })
}
