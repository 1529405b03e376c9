import type { EmergencyWait } from '../../../core/emergency/reasons.ts'
import type { OperationState } from '../../../core/ledger/lifecycle.ts'
import type { LeaverPage, LeaverQuery, LeaverView } from '../../../core/ledger/port/leavers.ts'
import { REDUNDANT_EXPORT } from '../../../core/report/correlate/settle.ts'
import { disabledByLane } from '../emergency/read.ts'
import { brakeOf } from '../plan/brake-marks.ts'
import { loadEmployees } from '../plan/load.ts'
import { CASE_COLUMNS, caseOf, type CaseRow } from './case-row.ts'
import { nearMatches } from './near-matches.ts'
import { type Sql, type SqlValue, readRows } from '../driver/sql.ts'

interface OpenRow extends CaseRow {
  readonly resends: number
  readonly refused: number
  readonly emergency_wait: EmergencyWait | null
}

export async function openLeavers(
  sql: Sql,
  { dueBy, employeeId: employee, next, limit }: LeaverQuery,
): Promise<LeaverPage> {
  const [where, parameters] = whichOf(dueBy, employee, next)
  const rows = await sql.all<OpenRow>(
    `SELECT ${CASE_COLUMNS}, resends, refused, emergency_wait FROM leaver_cases WHERE ended_at IS NULL AND ${where} LIMIT ?`,
    [...parameters, limit],
  )
  if (rows.length === 0) return { leavers: [], next: null }
  const ids = [...new Set(rows.map((row) => row.employee))]
  const employees = new Map(
    (await loadEmployees(sql, ids)).map((employee) => [employee.employeeId, employee]),
  )
  const facts = new Map((await factsOf(sql, ids)).map((row) => [row.id, row]))
  const disabled = await disabledByLane(sql, ids)
  const candidates = await nearMatches(
    sql,
    ids.filter((id) => employees.get(id)?.known !== true),
  )
  const leavers = rows.map((row): LeaverView => ({
    leaverCase: { ...caseOf(row), resends: row.resends, refused: row.refused === 1 },
    employee: employees.get(row.employee) ?? null,
    candidates: candidates.get(row.employee) ?? [],
    emergency: { disabledAt: disabled.get(row.employee) ?? null, wait: row.emergency_wait },
    ...toFacts(facts.get(row.employee)),
  }))
  return { leavers, next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

function whichOf(
  dueBy: number | null,
  employee: string | null,
  next: number | null,
): readonly [where: string, parameters: readonly SqlValue[]] {
  if (dueBy !== null) return ['look_at <= ? ORDER BY look_at', [dueBy]]
  if (employee !== null) return ['employee = ? AND seq > ? ORDER BY seq', [employee, next ?? 0]]
  return ['seq > ? ORDER BY seq', [next ?? 0]]
}

interface FactRow {
  readonly id: string
  readonly disabled: number
  readonly disabled_at: number | null
  readonly braked_at: number | null
  readonly refused_at: number | null
  readonly state: OperationState | null
  readonly active: number | null
  readonly code: string | null
  readonly ended_at: number | null
}

/**
 * `COUNT` instead of `EXISTS`, because PostgreSQL would read all operations for the latter.
 * The account is known to be disabled while the last record taken disables it and nothing leaves
 * that in doubt: another system's change, an overtaking, or an activation that the service may
 * still carry out.
 */
function factsOf(sql: Sql, employees: readonly string[]): Promise<FactRow[]> {
  return readRows<FactRow>(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    `SELECT p.id, p.braked_at, p.refused_at, t.answered_at AS disabled_at, o.state, o.active, o.code, COALESCE(o.finished_at, o.answered_at) AS ended_at,
       CASE WHEN p.accepted_active = 0 AND p.accepted_hash IS NOT NULL AND p.resend_due = 0 AND (
         SELECT COUNT(*) FROM operations r WHERE r.employee = p.id AND r.active = 1 AND COALESCE(r.state, '') = 'escrowed') = 0 THEN 1 ELSE 0 END AS disabled
     FROM v JOIN employees p ON p.id = v.id LEFT JOIN operations t ON t.seq = p.accepted_operation
       LEFT JOIN operations o ON o.seq = (SELECT MAX(n.seq) FROM operations n WHERE n.employee = p.id AND COALESCE(n.state, '') <> 'withdrawn')`,
  )
}

function toFacts(row: FactRow | undefined): Pick<LeaverView, 'directory' | 'brake' | 'last'> {
  if (!row) return { directory: { disabled: false, since: null }, brake: null, last: null }
  const { state, active, code } = row
  return {
    directory: { disabled: row.disabled === 1, since: row.disabled_at },
    brake: brakeOf(row),
    last:
      state === null
        ? null
        : {
            state,
            active: active === 1,
            code,
            endedAt: row.ended_at,
            tookNothing: state === 'unchanged' && code !== REDUNDANT_EXPORT,
          },
  }
}
