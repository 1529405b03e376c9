import type { Disclosure } from '../../../core/ledger/port/access.ts'
import { SHOW_VALUES } from '../blocks/marks.ts'
import { insertRows, type Sql } from '../driver/sql.ts'

/** Writes down who looks at personal values of which employees, and why. */
export async function recordDisclosure(
  sql: Sql,
  { employees, actor, justification }: Disclosure,
  now: number,
): Promise<void> {
  await insertRows(
    sql,
    'audit (at, actor, action, justification, detail)',
    [...new Set(employees)].map((employee) => [
      now,
      actor.toWellFormed(),
      SHOW_VALUES,
      justification.toWellFormed(),
      employee,
    ]),
  )
}
