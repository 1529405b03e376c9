import { TOTALS, type Totals } from '../../../core/ledger/port/inspect.ts'
import type { Sql } from '../driver/sql.ts'

/**
 * Running totals are rows of one instance each, so that instances do not queue for one row. They
 * are written when the transaction ends.
 */
export function addTotals(sql: Sql, instance: string, added: Partial<Totals>): void {
  const sums = sql.pendingTotals.get(instance) ?? {}
  for (const name of TOTALS) if (added[name]) sums[name] = (sums[name] ?? 0) + added[name]
  if (Object.keys(sums).length > 0) sql.pendingTotals.set(instance, sums)
}

/**
 * Each of them only ever grows, and whatever reaches the world or is taken from the bus raises one.
 * None is raised by a commit that a power cut may undo: the ledger would look older then.
 */
export const PROGRESS = ['messages', 'imported', 'calls', 'finished', 'published'] as const

/** How far an instance has come, before a transaction and with it. */
export interface InstanceProgress {
  readonly instance: string
  readonly before: number
  readonly after: number
}

const ADD = `INSERT INTO totals (instance, ${TOTALS.join(', ')}) VALUES (?, ${TOTALS.map(() => '?').join(', ')})
  ON CONFLICT (instance) DO UPDATE SET ${TOTALS.map((name) => `${name} = totals.${name} + excluded.${name}`).join(', ')}
  RETURNING ${PROGRESS.join(' + ')} AS progress`

/**
 * Must come last: the transaction that holds this row delays every other transaction of the
 * instance, so it must not wait for anything afterwards.
 */
export async function writeTotals(sql: Sql): Promise<readonly InstanceProgress[]> {
  const written: InstanceProgress[] = []
  for (const [instance, sums] of sql.pendingTotals) {
    const values = TOTALS.map((name) => sums[name] ?? 0)
    const [row] = await sql.all<{ progress: number }>(ADD, [instance, ...values])
    const after = row?.progress ?? 0
    const added = PROGRESS.reduce((sum, name) => sum + (sums[name] ?? 0), 0)
    written.push({ instance, before: after - added, after })
  }
  return written
}
