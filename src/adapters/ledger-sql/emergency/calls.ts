import type {
  EmergencyAnswer,
  EmergencyBegun,
  EmergencyOrder,
  WaitingLeaver,
} from '../../../core/emergency/ledger.ts'
import { compareText } from '../../../core/plan/fold/order.ts'
import { insertRows, type Sql, writeRows } from '../driver/sql.ts'
import { raiseFindings } from '../findings/findings.ts'
import { employeeHash } from '../leavers/erased-marks.ts'
import { lookAtCases } from '../leavers/open.ts'
import { olderSince } from '../submit/holds.ts'
import { lockEmployees, markForResend } from '../tables/employees.ts'
import { operationId, seqOf } from '../tables/ids.ts'
import { disabledByLane, spending } from './read.ts'

export async function beginEmergencyCall(
  sql: Sql,
  order: EmergencyOrder,
  now: number,
): Promise<EmergencyBegun> {
  const { employeeId, operation, reason, microUsd, budget, answerMs } = order
  await lockEmployees(sql, [employeeId])
  await sql.lock('calls')
  const objectId = await objectOfUnchanged(sql, order, now)
  if (objectId === null) return { kind: 'changed' }
  const spent = await spending(sql, now)
  if (spent.day + microUsd > budget.day || spent.month + microUsd > budget.month) return { kind: 'spent' }
  // What the directory holds is no longer the last accepted record: should HR take the termination
  // back, the old record is sent again although nothing in it has changed.
  await sql.run('UPDATE employees SET accepted_hash = NULL, revision = revision + 1 WHERE id = ?', [
    employeeId,
  ])
  const [row] = await insertRows<{ seq: number }>(
    sql,
    'emergency_calls (employee TEXT, operation INT, reason TEXT, begun_at INT, ends_by INT, micro_usd INT)',
    [[employeeId, seqOf(operation), reason, now, now + answerMs, microUsd]],
    'RETURNING seq',
  )
  return row ? { kind: 'begun', call: row.seq, objectId } : { kind: 'changed' }
}

/** The Entra object, if the employee is as it was read and no other call has begun or succeeded. */
async function objectOfUnchanged(
  sql: Sql,
  { employeeId, revision, operation }: EmergencyOrder,
  now: number,
): Promise<string | null> {
  if ((await olderSince(sql)) !== null) return null
  const [row] = await sql.all<{ object_id: string | null }>(
    `SELECT p.object_id FROM employees p JOIN operations o ON o.employee = p.id
     WHERE p.id = ? AND p.revision = ? AND o.seq = ? AND o.active = 0
       AND COALESCE(o.state, '') IN ('pending', 'batched', 'accepted')`,
    [employeeId, revision, seqOf(operation)],
  )
  const begun = await sql.all(
    'SELECT seq FROM emergency_calls WHERE employee = ? AND ended_at IS NULL AND begun_at <= ? AND ends_by > ? LIMIT 1',
    [employeeId, now, now],
  )
  if (begun.length > 0 || (await disabledByLane(sql, [employeeId])).has(employeeId)) return null
  return row?.object_id ?? null
}

export async function endEmergencyCall(
  sql: Sql,
  call: number,
  { at, result, status, wait, billed }: EmergencyAnswer,
  now: number,
): Promise<void> {
  const [begun] = await sql.all<{ employee: string }>('SELECT employee FROM emergency_calls WHERE seq = ?', [
    call,
  ])
  if (begun) await lockEmployees(sql, [begun])
  const [row] = await sql.all<{ employee: string; operation: number }>(
    `UPDATE emergency_calls SET ended_at = ?, status = ?, result = ?, wait = ?, micro_usd = CASE WHEN ? = 1 THEN micro_usd ELSE 0 END
     WHERE seq = ? AND ended_at IS NULL RETURNING employee, operation`,
    [at, status, result, wait, billed ? 1 : 0, call],
  )
  if (!row) return
  const { employee, operation } = row
  if (result === 'disabled') {
    await sql.run('UPDATE leaver_cases SET emergency_wait = NULL WHERE employee = ? AND ended_at IS NULL', [
      employee,
    ])
    await lookAtCases(sql, [employee], now)
  }
  if (result === 'disabled' || result === 'unknown') await resendIfWithdrawn(sql, row, now)
  if (result === 'gone')
    await raiseFindings(
      sql,
      [
        {
          code: 'AccountGone',
          about: `${employee}\n${operation}`,
          employee,
          detail: `asked for ${operationId(operation)}`,
        },
      ],
      now,
    )
}

/**
 * If the employee was planned again while the call was under way, the call may have taken effect
 * after the newer record. That record is then sent again.
 */
async function resendIfWithdrawn(
  sql: Sql,
  { employee, operation }: { readonly employee: string; readonly operation: number },
  now: number,
): Promise<void> {
  const withdrawn = await sql.all(
    `SELECT seq FROM operations WHERE seq = ? AND COALESCE(state, '') = 'withdrawn'`,
    [operation],
  )
  if (withdrawn.length > 0) await markForResend(sql, [employee], now)
}

export async function markEmergencyWaits(
  sql: Sql,
  destination: string,
  waits: readonly WaitingLeaver[],
): Promise<void> {
  await sql.run(
    `UPDATE leaver_cases SET emergency_wait = NULL WHERE ended_at IS NULL AND emergency_wait IS NOT NULL
       AND (SELECT COUNT(*) FROM employees p WHERE p.id = leaver_cases.employee AND p.destination <> ?) = 0`,
    [destination],
  )
  await writeRows(
    sql,
    ['employee TEXT', 'why TEXT'],
    waits
      .toSorted((a, b) => compareText(a.employeeId, b.employeeId))
      .map(({ employeeId, why }) => [employeeId, why]),
    `UPDATE leaver_cases SET emergency_wait = v.why FROM v
     WHERE leaver_cases.employee = v.employee AND leaver_cases.ended_at IS NULL`,
  )
}

/** What was spent still counts, under a name that identifies no employee. */
export async function eraseEmergencyCalls(sql: Sql, employee: string): Promise<void> {
  await sql.run('UPDATE emergency_calls SET employee = ? WHERE employee = ?', [
    `erased:${employeeHash(sql.sealing, employee)}`,
    employee,
  ])
}
