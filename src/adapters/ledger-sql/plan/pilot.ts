import type { PilotPage, PilotQuery } from '../../../core/ledger/port/plan.ts'
import { NO_PILOT } from '../../../core/plan/pilot.ts'
import { lockEmployees, planAgain } from '../tables/employees.ts'
import { readCount, type Sql, writeRows } from '../driver/sql.ts'

const CURSOR = 'pilot'

/**
 * Plans a page of employees again for the pilot in force. If the pilot changed, that is every
 * employee, and waiting operations are withdrawn first. Otherwise only the employees that it holds,
 * because another instance may have planned them by an older pilot.
 */
export async function replanForPilot(sql: Sql, query: PilotQuery): Promise<PilotPage> {
  const { mark, after, limit, now } = query
  const [row] = await sql.all<{ value: number }>('SELECT value FROM cursors WHERE name = ?', [CURSOR])
  const changed = (row?.value ?? NO_PILOT) !== mark
  if (!changed && mark === NO_PILOT) return { replanned: 0, next: null }
  const page = await sql.all<{ id: string }>(
    changed
      ? 'SELECT id FROM employees WHERE id > ? ORDER BY id LIMIT ?'
      : `SELECT DISTINCT employee AS id FROM events WHERE state = 'held' AND reason = 'Pilot' AND employee > ? ORDER BY employee LIMIT ?`,
    [after ?? '', limit],
  )
  const ids = page.map(({ id }) => id)
  await lockEmployees(sql, ids)
  if (changed)
    await writeRows(
      sql,
      ['id TEXT', 'now INT'],
      ids.map((id) => [id, now]),
      `UPDATE operations SET state = 'withdrawn', finished_at = v.now FROM v WHERE operations.employee = v.id AND operations.state = 'pending'`,
    )
  await planAgain(sql, ids, now)
  const last = ids.at(-1)
  if (ids.length === limit && last !== undefined) return { replanned: ids.length, next: last }
  await sql.run(
    'INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [CURSOR, mark],
  )
  return { replanned: ids.length, next: null }
}

/** Counted from the index of what the pilot holds. */
export function countOutsidePilot(sql: Sql): Promise<number> {
  return readCount(
    sql,
    `SELECT COUNT(DISTINCT employee) AS n FROM events WHERE state = 'held' AND reason = 'Pilot'`,
  )
}
