import type { EmployeeEvent } from '../../../core/ledger/employee.ts'
import { parse } from '../driver/json.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import type { Sealed } from '../sealing/sealing.ts'

/**
 * What is left of folded events, by employee; they take part in the fold and have had their answer.
 */
export async function remainsOf(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly EmployeeEvent[]>> {
  const rows = await readRows<{ employee: string; events: Sealed }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT f.employee, f.events FROM v JOIN folds f ON f.employee = v.id',
  )
  return new Map(
    rows.map(({ employee, events }) => [
      employee,
      parse<readonly EmployeeEvent[]>(sql.sealing.open('folds.events', employee, events)).map(
        (event): EmployeeEvent => ({
          ...event,
          state: 'confirmed',
          reason: null,
          by: null,
        }),
      ),
    ]),
  )
}
