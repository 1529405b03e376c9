import { type HrEvent, isTermination } from '../../../core/model.ts'
import type { RefusedLeaver } from '../../../core/ledger/port/leavers.ts'
import type { Decision } from '../../../core/ledger/decision.ts'
import { type Sql, type SqlValue, writeRows } from '../driver/sql.ts'

type Decided = Extract<Decision, { kind: 'decided' }>

const COLUMNS = [
  'employee TEXT',
  'source TEXT',
  'event_id TEXT',
  'effective_at INT',
  'recorded_at INT',
  'now INT',
] as const
/**
 * A case that a person acknowledged stays closed until another event says that the employee leaves.
 * Counted, because PostgreSQL would read all cases for `NOT EXISTS` beside an `OR`.
 */
const UNLESS_ACKNOWLEDGED = `(SELECT COUNT(*) FROM leaver_cases c
     WHERE c.employee = v.employee AND c.source = v.source AND c.event_id = v.event_id AND c.ended_as = 'acknowledged') = 0`
/** Each event has at most one open case. */
const UNLESS_OPEN = 'ON CONFLICT (employee, source, event_id) WHERE ended_at IS NULL DO NOTHING'
const UNLESS_KNOWN = `${UNLESS_ACKNOWLEDGED} ${UNLESS_OPEN}`
const TAKEN_AFTER_ALL = UNLESS_KNOWN.replace(
  'DO NOTHING',
  'DO UPDATE SET refused = 0, look_at = excluded.look_at',
)

/** Opens a case for each event that says that an employee leaves, whatever its outcome is. */
export async function openCases(sql: Sql, events: readonly HrEvent[], now: number): Promise<void> {
  await writeRows(
    sql,
    COLUMNS,
    events.filter(isTermination).map((event) => rowOf(event.employeeId, event, now)),
    `INSERT INTO leaver_cases (employee, source, event_id, effective_at, recorded_at, received_at, opened_at, look_at)
     SELECT v.employee, v.source, v.event_id, v.effective_at, v.recorded_at, v.now, v.now, v.now FROM v WHERE ${TAKEN_AFTER_ALL}`,
  )
}

/**
 * Opens a case for each termination in a message that is refused. If the event is accepted later,
 * the case becomes its case.
 */
export async function openRefusedCases(
  sql: Sql,
  leavers: readonly RefusedLeaver[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    COLUMNS,
    [...new Map(leavers.map((one) => [`${one.employeeId}\n${one.source}\n${one.id}`, one])).values()].map(
      (one) => rowOf(one.employeeId, one, now),
    ),
    `INSERT INTO leaver_cases (employee, source, event_id, effective_at, recorded_at, received_at, opened_at, look_at, refused, cause)
     SELECT v.employee, v.source, v.event_id, v.effective_at, v.recorded_at, v.now, v.now, v.now, 1, 'refused' FROM v WHERE ${UNLESS_KNOWN}`,
  )
}

/**
 * Opens a case for each operation that disables an account which the directory may hold active,
 * whatever the operation comes from: a hire taken back, a record that another system overwrote, a
 * block. An employee who was active since a case was acknowledged leaves anew, even by the same event;
 * one who moves to another destination does not leave.
 * What is planned of employees with open cases is looked at next, and a resend that was due is
 * done.
 */
export async function noteCases(sql: Sql, decided: readonly Decided[], now: number): Promise<void> {
  await writeRows(
    sql,
    COLUMNS,
    decided.flatMap(({ employeeId: employee, leaving }) =>
      leaving && !leaving.moves ? [rowOf(employee, leaving, now)] : [],
    ),
    `INSERT INTO leaver_cases (employee, source, event_id, effective_at, recorded_at, received_at, opened_at, look_at)
     SELECT v.employee, v.source, v.event_id, v.effective_at, v.recorded_at, COALESCE(e.received_at, v.now), v.now, v.now
     FROM v JOIN employees p ON p.id = v.employee LEFT JOIN events e ON e.event_id = v.event_id AND e.source = v.source
     WHERE (COALESCE(p.accepted_active, 1) <> 0 OR p.accepted_hash IS NULL OR p.resend_due = 1)
       AND (p.leaving_acknowledged = 0 OR ${UNLESS_ACKNOWLEDGED}) ${UNLESS_OPEN}`,
  )
  await writeRows(
    sql,
    ['employee TEXT', 'sent INT', 'now INT'],
    decided
      .filter(({ leaver }) => leaver)
      .map(({ employeeId: employee, operation }) => [employee, operation && !operation.active ? 1 : 0, now]),
    `UPDATE leaver_cases SET resends = leaver_cases.resends + leaver_cases.resend_due * v.sent, resend_due = 0, look_at = v.now
     FROM v WHERE leaver_cases.employee = v.employee AND leaver_cases.ended_at IS NULL`,
  )
}

/** These employees' operations have ended, so their open cases are assessed next. */
export async function lookAtCases(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['employee TEXT', 'now INT'],
    [...new Set(employees)].sort().map((employee) => [employee, now]),
    'UPDATE leaver_cases SET look_at = v.now FROM v WHERE leaver_cases.employee = v.employee AND leaver_cases.ended_at IS NULL',
  )
}

function rowOf(
  employee: string,
  { source, id, effectiveAt, recordedAt }: Pick<HrEvent, 'source' | 'id' | 'effectiveAt' | 'recordedAt'>,
  now: number,
): SqlValue[] {
  return [employee.toWellFormed(), source.toWellFormed(), id.toWellFormed(), effectiveAt, recordedAt, now]
}
