import type { LeaverCause } from '../../../core/leavers/causes.ts'
import type { LeaverAcknowledgement, LeaverStep } from '../../../core/ledger/port/leavers.ts'
import { lockEmployees, lockUnchanged, markAcknowledged, planAtOnce } from '../tables/employees.ts'
import { nameHash } from '../tables/name-hash.ts'
import { insertRows, type Sql, readRows, writeRows } from '../driver/sql.ts'
import { employeeHash } from './erased-marks.ts'
import { AUDIT } from '../tables/audit.ts'
import { DESTINATION } from './case-row.ts'

/** Outside the ledger a case is identified by its number. */
export const caseName = (id: number): string => `leaver-${id}`

/**
 * Carries out assessments. The assessment of an employee who has changed since is dropped, and the
 * case stays due. Returns the cases that ended.
 */
export async function settleLeavers(
  sql: Sql,
  steps: readonly LeaverStep[],
  now: number,
): Promise<readonly number[]> {
  const current = await lockUnchanged(sql, steps)
  const kept = steps.filter(({ employeeId, revision }) => revision === null || current.has(employeeId))
  const ended = await readRows<{ seq: number }>(
    sql,
    ['seq INT', 'at INT', 'ended_as TEXT', 'by_emergency INT'],
    kept.flatMap((step) =>
      step.kind === 'ended' ? [[step.id, step.at, step.as, step.byEmergency ? 1 : 0]] : [],
    ),
    `UPDATE leaver_cases SET ended_at = v.at, ended_as = v.ended_as, by_emergency = v.by_emergency, destination = ${DESTINATION} FROM v
     WHERE leaver_cases.seq = v.seq AND leaver_cases.ended_at IS NULL RETURNING leaver_cases.seq`,
  )
  const open = kept.filter((step) => step.kind === 'open')
  await writeRows(
    sql,
    ['seq INT', 'cause TEXT', 'look_at INT', 'resend INT'],
    open.map(({ id, cause, lookAt, resend }) => [id, cause, lookAt, resend ? 1 : 0]),
    `UPDATE leaver_cases SET cause = v.cause, look_at = v.look_at, resend_due = v.resend
     FROM v WHERE leaver_cases.seq = v.seq AND leaver_cases.ended_at IS NULL`,
  )
  await planAtOnce(
    sql,
    open.flatMap(({ employeeId, resend }) => (resend ? [employeeId] : [])),
    now,
  )
  return ended.map(({ seq }) => seq)
}

/** In cases with these causes the employee is active, so the next leaving is another one. */
const WHILE_ACTIVE: ReadonlySet<LeaverCause> = new Set(['superseded-by-earlier', 'contradicted'])

interface ClosedRow {
  readonly seq: number
  readonly employee: string
  readonly cause: LeaverCause
}

/**
 * Closes cases because a person acknowledged them, and records that. Returns those that were open.
 */
export async function acknowledgeLeavers(
  sql: Sql,
  { ids, actor, justification }: LeaverAcknowledgement,
  now: number,
): Promise<readonly number[]> {
  const asked = [...new Set(ids)]
  const about = await readRows<{ employee: string }>(
    sql,
    ['seq INT'],
    asked.map((id) => [id]),
    'SELECT c.employee FROM v JOIN leaver_cases c ON c.seq = v.seq',
  )
  await lockEmployees(sql, about)
  const closed = await readRows<ClosedRow>(
    sql,
    ['seq INT', 'now INT', 'actor TEXT', 'justification TEXT'],
    asked.map((id) => [id, now, actor, justification]),
    `UPDATE leaver_cases SET ended_at = v.now, ended_as = 'acknowledged', acknowledged_by = v.actor, justification = v.justification, destination = ${DESTINATION}
     FROM v WHERE leaver_cases.seq = v.seq AND leaver_cases.ended_at IS NULL RETURNING leaver_cases.seq, leaver_cases.employee, leaver_cases.cause`,
  )
  await markAcknowledged(
    sql,
    closed.filter(({ cause }) => !WHILE_ACTIVE.has(cause)),
  )
  const seqs = closed.map(({ seq }) => seq).sort((a, b) => a - b)
  await insertRows(
    sql,
    AUDIT,
    seqs.map((seq) => [now, actor, 'leavers.acknowledge', justification, caseName(seq)]),
  )
  return seqs
}

/**
 * An erasure removes the names from an employee's open cases. The cases stay in the list, because
 * they are not proven.
 */
export async function eraseCases(sql: Sql, employee: string): Promise<void> {
  await sql.run('DELETE FROM leaver_cases WHERE employee = ? AND ended_at IS NOT NULL', [employee])
  await sql.run(`UPDATE leaver_cases SET destination = ${DESTINATION} WHERE employee = ?`, [employee])
  const open = await sql.all<{ seq: number; source: string; event_id: string }>(
    'SELECT seq, source, event_id FROM leaver_cases WHERE employee = ? AND ended_at IS NULL',
    [employee],
  )
  const hash = `erased:${employeeHash(sql.sealing, employee)}`
  // An employee who is erased a second time has an open case of the same event already.
  await writeRows(
    sql,
    ['seq INT', 'employee TEXT', 'event_id TEXT'],
    open.map((row) => [
      row.seq,
      hash,
      `${nameHash(sql.sealing, { source: row.source, id: row.event_id })}.${row.seq}`,
    ]),
    `UPDATE leaver_cases SET employee = v.employee, event_id = v.event_id, cause = 'erased', resend_due = 0, emergency_wait = NULL
     FROM v WHERE leaver_cases.seq = v.seq`,
  )
}

/** Retention removes closed cases. */
export async function forgetCases(sql: Sql, before: number): Promise<void> {
  await sql.run('DELETE FROM leaver_cases WHERE ended_at IS NOT NULL AND ended_at < ?', [before])
}
