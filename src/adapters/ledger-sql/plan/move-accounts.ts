import type { Decided } from '../../../core/ledger/decision.ts'
import { readRows, type Sql, writeRows } from '../driver/sql.ts'

/**
 * Moves employees to the destinations of their operations. The account that each of them leaves is
 * kept with its object id; one that was left at the new destination before is taken up again.
 */
export async function moveAccounts(sql: Sql, decisions: readonly Decided[], now: number): Promise<void> {
  const moves = decisions.flatMap(({ employeeId, operation, destination }) =>
    operation !== null && destination && destination.from !== null
      ? [[employeeId, destination.name, now] as const]
      : [],
  )
  if (moves.length === 0) return
  const columns = ['id TEXT', 'destination TEXT', 'now INT'] as const
  const found = await readRows<{ employee: string; object_id: string | null }>(
    sql,
    columns,
    moves,
    'SELECT l.employee, l.object_id FROM v JOIN left_accounts l ON l.employee = v.id AND l.destination = v.destination',
  )
  const before = new Map(found.map(({ employee, object_id }) => [employee, object_id]))
  await writeRows(
    sql,
    columns,
    moves,
    `INSERT INTO left_accounts (employee, destination, object_id, left_at)
     SELECT p.id, p.destination, p.object_id, v.now FROM v JOIN employees p ON p.id = v.id WHERE p.known = 1
     ON CONFLICT (employee, destination) DO UPDATE SET object_id = excluded.object_id, left_at = excluded.left_at`,
  )
  await writeRows(
    sql,
    columns,
    moves,
    `DELETE FROM left_accounts WHERE EXISTS (
       SELECT 1 FROM v WHERE v.id = left_accounts.employee AND v.destination = left_accounts.destination)`,
  )
  await writeRows(
    sql,
    ['id TEXT', 'destination TEXT', 'known INT', 'object_id TEXT'],
    moves.map(([id, destination]) => [id, destination, before.has(id) ? 1 : 0, before.get(id) ?? null]),
    `UPDATE employees SET destination = v.destination, known = v.known, known_at = NULL, object_id = v.object_id,
       accepted_hash = NULL, accepted_operation = NULL, accepted_active = NULL,
       failed_hash = NULL, failed_operation = NULL, failures = 0, resends = 0, resend_due = 0
     FROM v WHERE employees.id = v.id`,
  )
}
