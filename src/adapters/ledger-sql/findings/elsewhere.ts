import type { ForeignActivation, ForeignDeactivation } from '../../../core/ledger/port/findings.ts'
import type { CorrelatedPage } from '../../../core/ledger/port/report.ts'
import { compareText } from '../../../core/plan/fold/order.ts'
import type { Decision } from '../../../core/ledger/decision.ts'
import { raiseFindings, settleFindings } from './findings.ts'
import { dropErasedDeactivations, erasedDeactivationsOf } from '../leavers/erased-deactivations.ts'
import { planAgain } from '../tables/employees.ts'
import { insertRows, type Sql, readRows, writeRows } from '../driver/sql.ts'

/**
 * Keeps what the log shows of access that we did not send: a deactivation holds its employee, a
 * later activation lets the employee go.
 */
export async function noteElsewhere(
  sql: Sql,
  destination: string,
  elsewhere: NonNullable<CorrelatedPage['elsewhere']>,
  now: number,
): Promise<void> {
  const there = await stillThere(sql, destination, [...elsewhere.disabled, ...elsewhere.enabled])
  const disabled = elsewhere.disabled.filter(({ employeeId }) => there.has(employeeId))
  const enabled = elsewhere.enabled.filter(({ employeeId }) => there.has(employeeId))
  await planAgain(sql, await hold(sql, disabled, now), now)
  await dropErasedBefore(sql, enabled)
  await release(
    sql,
    await readRows<Held>(
      sql,
      ['id TEXT', 'at INT'],
      enabled.map(({ employeeId: employee, at }) => [employee, at]),
      'SELECT d.employee, d.finding FROM v JOIN foreign_deactivations d ON d.employee = v.id WHERE v.at > d.at',
    ),
    now,
  )
}

/** Raises a finding for each deactivation that has none yet. Answers the employees of the new ones. */
async function hold(
  sql: Sql,
  disabled: readonly ForeignDeactivation[],
  now: number,
): Promise<readonly Held[]> {
  const raised = await raiseFindings(
    sql,
    disabled.map(({ employeeId: employee, at, change }) => ({
      code: 'DisabledElsewhere',
      about: change,
      employee,
      detail: `deactivated at ${new Date(at).toISOString()}`,
    })),
    now,
  )
  const fresh = disabled.flatMap(({ employeeId: employee, at, change }) => {
    const finding = raised.get(change)
    return finding === undefined ? [] : [{ employee, at, finding }]
  })
  await insertRows(
    sql,
    'foreign_deactivations (employee TEXT, at INT, seen_at INT, finding INT)',
    fresh
      .toSorted((a, b) => compareText(a.employee, b.employee))
      .map(({ employee, at, finding }) => [employee, at, now, finding]),
    `ON CONFLICT (employee) DO UPDATE SET at = excluded.at, seen_at = excluded.seen_at, finding = excluded.finding WHERE excluded.at >= foreign_deactivations.at`,
  )
  return fresh
}

/** A later activation also ends what was kept of an employee who was erased. */
async function dropErasedBefore(sql: Sql, enabled: readonly ForeignActivation[]): Promise<void> {
  const kept = await erasedDeactivationsOf(
    sql,
    enabled.map(({ employeeId }) => employeeId),
  )
  const ended = enabled.filter(({ employeeId, at }) => at > (kept.get(employeeId) ?? Infinity))
  await dropErasedDeactivations(
    sql,
    ended.map(({ employeeId }) => employeeId),
  )
}

/**
 * What is held by a deactivation from before an erasure is held under the employee id from now on,
 * with a finding that a person can acknowledge.
 */
async function holdAfterErasure(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  const kept = await erasedDeactivationsOf(sql, employees)
  if (kept.size === 0) return
  await hold(
    sql,
    [...kept].map(([employeeId, at]) => ({ employeeId, at, change: `erased ${employeeId}` })),
    now,
  )
  await dropErasedDeactivations(sql, [...kept.keys()])
}

/** Of these employees, those that have not moved to another destination. */
async function stillThere(
  sql: Sql,
  destination: string,
  employees: readonly { readonly employeeId: string }[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(employees.map(({ employeeId }) => employeeId))]
  const moved = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id WHERE p.destination <> ?',
    [destination],
  )
  const gone = new Set(moved.map(({ id }) => id))
  return new Set(ids.filter((id) => !gone.has(id)))
}

interface Held {
  readonly employee: string
  readonly finding: number
}

async function release(sql: Sql, held: readonly Held[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT'],
    held.map(({ employee }) => [employee]),
    'DELETE FROM foreign_deactivations WHERE employee IN (SELECT id FROM v)',
  )
  await settleFindings(
    sql,
    held.map(({ finding }) => finding),
    true,
    now,
  )
  await planAgain(sql, held, now)
}

function heldAmong(sql: Sql, employees: readonly string[]): Promise<Held[]> {
  return readRows<Held>(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    'SELECT d.employee, d.finding FROM v JOIN foreign_deactivations d ON d.employee = v.id',
  )
}

/** The accounts of these employees are seen enabled again. */
export async function releaseEmployees(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await release(sql, await heldAmong(sql, employees), now)
}

/** A person says that the deactivation behind this finding may be reversed. */
export async function releaseByFinding(sql: Sql, finding: number, now: number): Promise<void> {
  await release(
    sql,
    await sql.all<Held>('SELECT employee, finding FROM foreign_deactivations WHERE finding = ?', [finding]),
    now,
  )
}

/**
 * An event newer than the deactivation settles its finding; when that event falls away, the finding
 * is open again.
 */
export async function settleByPlan(sql: Sql, decisions: readonly Decision[], now: number): Promise<void> {
  for (const elsewhere of ['overruled', 'held'] as const) {
    const about = decisions
      .filter((one) => one.kind === 'decided' && one.elsewhere === elsewhere)
      .map(({ employeeId }) => employeeId)
    if (elsewhere === 'held') await holdAfterErasure(sql, about, now)
    const held = await heldAmong(sql, about)
    await settleFindings(
      sql,
      held.map(({ finding }) => finding),
      elsewhere === 'overruled',
      now,
    )
  }
}

/**
 * Withdraws operations of a batch that would reverse a deactivation we learned of after they were
 * planned. Answers their employees, who are to be planned again.
 */
export async function withdrawReversals(
  sql: Sql,
  batch: number,
  employees: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const rows = await readRows<{ employee: string }>(
    sql,
    ['id TEXT', 'batch INT', 'now INT'],
    employees.map((id) => [id, batch, now]),
    `UPDATE operations SET state = 'withdrawn', finished_at = v.now FROM v JOIN foreign_deactivations d ON d.employee = v.id
     WHERE operations.batch = v.batch AND operations.employee = v.id AND operations.state = 'batched' AND operations.active = 1
       AND operations.created_at <= d.seen_at RETURNING operations.employee`,
  )
  return rows.map(({ employee }) => employee)
}
