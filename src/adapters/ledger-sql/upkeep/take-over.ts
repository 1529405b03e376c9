import type { Sql } from '../driver/sql.ts'

/**
 * What the only writer of a ledger does when it starts, so that it resumes at once what a
 * predecessor was sending or reading. Each finds its rows in an index of open work: a dead notice is
 * in none, and whatever revives it releases it.
 */
export const TAKE_OVER: readonly string[] = [
  `UPDATE batches SET lease_until = 0 WHERE state = 'open'`,
  `UPDATE events SET read_until = 0 WHERE read_from IS NOT NULL AND state <> 'dead-lettered' AND read_until > 0`,
  'DELETE FROM leases',
]

export async function takeOver(sql: Sql): Promise<void> {
  for (const statement of TAKE_OVER) await sql.run(statement)
}
