import type { EmployeeView } from '../../../core/ledger/port/inspect.ts'
import { brakesOf } from '../plan/brake-marks.ts'
import { loadEmployees } from '../plan/load.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import type { Sealed } from '../sealing/sealing.ts'
import { find } from './trace/trace.ts'

export async function findEmployees(sql: Sql, reference: string): Promise<EmployeeView[]> {
  const found: EmployeeView[] = []
  for (const { employee, event } of await find(sql, reference))
    for (const view of await viewsOf(sql, [employee])) found.push({ ...view, event })
  return found
}

export async function employeePage(sql: Sql, after: string | null, limit: number): Promise<EmployeeView[]> {
  const rows = await sql.all<{ id: string }>('SELECT id FROM employees WHERE id > ? ORDER BY id LIMIT ?', [
    after ?? '',
    limit,
  ])
  const views = new Map(
    (
      await viewsOf(
        sql,
        rows.map(({ id }) => id),
      )
    ).map((view) => [view.employee.employeeId, view]),
  )
  return rows.flatMap(({ id }) => views.get(id) ?? [])
}

export async function viewsOf(sql: Sql, ids: readonly string[]): Promise<EmployeeView[]> {
  // Without the fingerprint it is not known what the directory holds, whatever it accepted before.
  const accepted = new Map(
    (
      await readRows<{ id: string; operation: number; record: Sealed }>(
        sql,
        ['id TEXT'],
        ids.map((id) => [id]),
        `SELECT p.id, t.operation, t.record FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.seq = p.accepted_operation
           JOIN records t ON t.operation = o.seq WHERE p.accepted_hash = o.hash`,
      )
    ).map(({ id, operation, record }) => [id, sql.sealing.open('records.record', operation, record)]),
  )
  const brakes = await brakesOf(sql, ids)
  return (await loadEmployees(sql, ids)).map((employee) => ({
    employee,
    lastAccepted: accepted.get(employee.employeeId) ?? null,
    brake: brakes.get(employee.employeeId) ?? null,
    event: null,
  }))
}
