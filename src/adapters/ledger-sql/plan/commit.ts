import { compareText } from '../../../core/plan/fold/order.ts'
import { DEFAULT_DESTINATION } from '../../../core/destinations/destination.ts'
import { LANES } from '../../../core/model.ts'
import { isFinal } from '../../../core/ledger/lifecycle.ts'
import type { PlanResult, BrakeSettings } from '../../../core/ledger/port/plan.ts'
import type { Decision, EventDecision } from '../../../core/ledger/decision.ts'
import { applyBrake } from './brake.ts'
import { BRAKE_COLUMNS, BRAKE_MARKS, brakeValues } from './brake-marks.ts'
import { moveAccounts } from './move-accounts.ts'
import { settleByPlan } from '../findings/elsewhere.ts'
import { raiseNewFindings } from '../findings/findings.ts'
import { noteCases } from '../leavers/open.ts'
import { noteAccountNames } from '../names/account-names.ts'
import { lockEmployees } from '../tables/employees.ts'
import { type FinishedEvent, queueOutcomes } from '../tables/outbox.ts'
import { addTotals } from '../tables/totals.ts'
import { insertRows, type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'

type Decided = Extract<Decision, { kind: 'decided' }>

/**
 * One transaction over many employees. Rows are taken in the order of their ids, so that two
 * instances never wait for each other.
 */
export async function commitPlan(
  sql: Sql,
  instance: string,
  decisions: readonly Decision[],
  brake: BrakeSettings,
  now: number,
): Promise<PlanResult> {
  const ordered = [...decisions].sort((a, b) => compareText(a.employeeId, b.employeeId))
  await lockEmployees(
    sql,
    ordered.map(({ employeeId }) => employeeId),
  )
  const waiting = ordered.filter((decision) => decision.kind === 'wait')
  await keepWaiting(sql, waiting, now)
  const decided = await applyBrake(
    sql,
    ordered.filter((decision) => decision.kind === 'decided'),
    brake,
    now,
  )
  const current = await markPlanned(sql, decided, now)
  const kept = decided.filter(({ employeeId }) => current.has(employeeId))
  await release(
    sql,
    decided.flatMap(({ employeeId }) => (current.has(employeeId) ? [] : [employeeId])),
  )
  await moveAccounts(sql, kept, now)
  await withdrawPending(sql, kept, now)
  await settleByPlan(sql, kept, now)
  const operations = await insertOperations(sql, kept, now)
  await noteCases(sql, kept, now)
  await raiseNewFindings(
    sql,
    kept.flatMap(({ findings = [] }) => findings),
    now,
  )
  const finished = await moveEvents(sql, kept, operations, now)
  await queueOutcomes(sql, finished, now)
  addTotals(sql, instance, { operations: operations.size, finished: finished.length })
  return { operations: operations.size, finals: finished.length, stale: decided.length - kept.length }
}

/** Employees that must wait for an answer stay due. */
async function keepWaiting(
  sql: Sql,
  waiting: readonly Extract<Decision, { kind: 'wait' }>[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'revision INT', 'next_at INT', 'now INT'],
    waiting.map(({ employeeId, revision, nextAt }) => [employeeId, revision, nextAt, now]),
    `UPDATE employees SET urgent = 0, claimed_until = 0, revision = employees.revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = COALESCE(plan_at, v.now),
       next_at = CASE WHEN employees.next_at > v.now AND (v.next_at IS NULL OR employees.next_at < v.next_at) THEN employees.next_at ELSE v.next_at END
     FROM v WHERE employees.id = v.id AND employees.revision = v.revision`,
  )
}

/** Returns the employees that have not changed since the plan began. They are no longer due. */
async function markPlanned(sql: Sql, decided: readonly Decided[], now: number): Promise<ReadonlySet<string>> {
  const rows = await readRows<{ id: string }>(
    sql,
    EMPLOYEE_COLUMNS,
    decided.map(employeeRow(now)),
    `UPDATE employees SET revision = employees.revision + 1, dirty_at = NULL, plan_at = NULL, urgent = 0, claimed_until = 0, next_at = v.next_at,
       ${BRAKE_MARKS},
       destination = COALESCE(employees.destination, v.destination),
       resend_due = CASE WHEN v.overtakes = 1 THEN 1 ELSE resend_due END,
       leaving_acknowledged = CASE WHEN v.inactive = 1 THEN employees.leaving_acknowledged ELSE 0 END,
       incomplete_since = CASE WHEN v.incomplete_since IS NULL THEN NULL ELSE COALESCE(employees.incomplete_since, v.incomplete_since) END
     FROM v WHERE employees.id = v.id AND employees.revision = v.revision RETURNING employees.id`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** The operations that the new plan replaces. */
async function withdrawPending(sql: Sql, planned: readonly Decided[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    planned.map(({ employeeId }) => [employeeId, now]),
    `UPDATE operations SET state = 'withdrawn', finished_at = v.now FROM v WHERE operations.employee = v.id AND operations.state = 'pending'`,
  )
}

/**
 * An employee that changed since the plan began is still due, and any instance may claim it at
 * once.
 */
async function release(sql: Sql, employees: readonly string[]): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    'UPDATE employees SET claimed_until = 0 FROM v WHERE employees.id = v.id AND employees.claimed_until > 0',
  )
}

const EMPLOYEE_COLUMNS = [
  'id TEXT',
  'revision INT',
  'next_at INT',
  'overtakes INT',
  'destination TEXT',
  'inactive INT',
  'incomplete_since INT',
  ...BRAKE_COLUMNS,
] as const

function employeeRow(now: number): (decision: Decided) => SqlValue[] {
  return (decision) => {
    const { employeeId: employee, revision, nextAt, operation, events, inactive } = decision
    const destination = operation && destinationOf(decision)
    return [
      employee,
      revision,
      nextAt,
      operation?.overtakes ? 1 : 0,
      destination,
      inactive ? 1 : 0,
      events.some((event) => event.state === 'incomplete') ? now : null,
      ...brakeValues(decision, now),
    ]
  }
}

const destinationOf = ({ destination }: Decided): string => destination?.name ?? DEFAULT_DESTINATION

async function insertOperations(
  sql: Sql,
  decided: readonly Decided[],
  now: number,
): Promise<Map<string, number>> {
  const rows = decided.flatMap((decision) => {
    const { employeeId: employee, operation } = decision
    return operation
      ? [
          [
            employee,
            destinationOf(decision),
            operation.departs ? 1 : 0,
            operation.departs?.by ?? null,
            'pending',
            LANES[operation.lane],
            operation.active ? 1 : 0,
            sql.sealing.sealHash(operation.hash),
            Buffer.byteLength(operation.record),
            operation.manager,
            operation.deactivationOnly ? 1 : 0,
            now,
          ],
        ]
      : []
  })
  const inserted = await insertRows<{ seq: number; employee: string }>(
    sql,
    'operations (employee TEXT, destination TEXT, departs INT, moved_by INT, state TEXT, lane INT, active INT, hash TEXT, bytes INT, manager TEXT, deactivation_only INT, created_at INT)',
    rows,
    'RETURNING seq, employee',
  )
  const seqs = new Map(inserted.map(({ seq, employee }) => [employee, seq]))
  const records = decided.flatMap(({ employeeId: employee, operation }) =>
    operation ? [{ employee, record: operation.record }] : [],
  )
  await insertRows(
    sql,
    'records (operation INT, record TEXT)',
    records.flatMap(({ employee, record }) => {
      const seq = seqs.get(employee)
      return seq === undefined ? [] : [[seq, sql.sealing.seal('records.record', seq, record)]]
    }),
  )
  await noteAccountNames(sql, records)
  return seqs
}

async function moveEvents(
  sql: Sql,
  decided: readonly Decided[],
  operations: ReadonlyMap<string, number>,
  now: number,
): Promise<FinishedEvent[]> {
  const finished: FinishedEvent[] = []
  const rows: SqlValue[][] = []
  for (const { employeeId: employee, events } of decided)
    for (const event of events) {
      const operation = event.state === 'planned' ? (operations.get(employee) ?? null) : null
      rows.push([
        event.seq,
        event.state,
        event.reason,
        event.detail,
        event.by,
        operation,
        isFinal(event.state) ? now : null,
        now,
      ])
      if (isFinal(event.state)) finished.push(finish(employee, event, operation))
    }
  await writeRows(
    sql,
    [
      'seq INT',
      'state TEXT',
      'reason TEXT',
      'detail TEXT',
      'by_seq INT',
      'operation INT',
      'finished_at INT',
      'now INT',
    ],
    rows,
    `UPDATE events SET state = v.state, reason = v.reason, detail = v.detail, by_seq = v.by_seq,
       operation = CASE WHEN v.state = 'dead-lettered' THEN events.operation ELSE v.operation END, planned_at = v.now,
       finished_at = v.finished_at, archived_at = NULL, revision = CASE WHEN events.finished_at IS NULL THEN events.revision ELSE events.revision + 1 END
     FROM v WHERE events.seq = v.seq`,
  )
  return finished
}

function finish(
  employee: string,
  { seq, state, reason, detail, by }: EventDecision,
  operation: number | null,
): FinishedEvent {
  return { seq, employee, state, reason, detail, by, operation }
}
