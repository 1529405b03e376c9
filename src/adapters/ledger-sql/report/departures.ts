import type { FinalInterim } from '../../../core/report/correlate/settle.ts'
import { type Sql, writeRows } from '../driver/sql.ts'
import { raiseFindings } from '../findings/findings.ts'
import { planAgain } from '../tables/employees.ts'
import { eventsOf, reopenEvents } from '../tables/events.ts'
import { operationId } from '../tables/ids.ts'
import type { Ended } from '../tables/operations.ts'

type Departure = Ended & { readonly interim: FinalInterim }

/**
 * Operations that disabled accounts because their employees move. Their events are open again: they
 * get their outcome at the new destination. An account that the job skipped, or does not know, needs
 * no further deactivation; one that it skipped may still be enabled, so a person should look at it.
 */
export async function finishDepartures(sql: Sql, done: readonly Departure[], now: number): Promise<void> {
  if (done.length === 0) return
  await reopenEvents(sql, await eventsOf(sql, done))
  await writeRows(
    sql,
    ['seq INT', 'employee TEXT'],
    done.filter(({ interim }) => interim !== 'confirmed').map(({ seq, employee }) => [seq, employee]),
    `UPDATE employees SET accepted_active = 0, accepted_hash = o.hash, accepted_operation = o.seq
     FROM v JOIN operations o ON o.seq = v.seq
     WHERE employees.id = v.employee AND employees.destination = o.destination AND COALESCE(employees.accepted_operation, 0) < o.seq`,
  )
  await raiseFindings(
    sql,
    done
      .filter(({ interim }) => interim === 'skipped')
      .map(({ seq, employee }) => ({
        code: 'DepartureSkipped' as const,
        about: operationId(seq),
        employee,
        detail: `the job skipped ${operationId(seq)}`,
      })),
    now,
  )
  await planAgain(sql, done, now)
}
