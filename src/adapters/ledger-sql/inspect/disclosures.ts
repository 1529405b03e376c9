import type { Disclosure } from '../../../core/ledger/port/views/access.ts'
import { SHOW_VALUES } from '../blocks/marks.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'

/** Writes down who looks at personal values of which employees, and why. */
export async function recordDisclosure(
  sql: Sql,
  { employees, actor, justification }: Disclosure,
  now: number,
): Promise<void> {
  await insertRows(
    sql,
    AUDIT,
    [...new Set(employees)].map((employee) => [
      now,
      actor.toWellFormed(),
      SHOW_VALUES,
      justification.toWellFormed(),
      employee,
    ]),
  )
}
