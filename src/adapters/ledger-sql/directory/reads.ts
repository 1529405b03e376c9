import type { DirectoryRead, RepairOrder } from '../../../core/ledger/port/directory.ts'
import { compareText } from '../../../core/plan/fold/order.ts'
import { insertRows, readRows, type Sql, writeRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'
import { clearFailures, lockEmployees, markForResend } from '../tables/employees.ts'

/** The one row of the table. */
const NAME = 'directory'

export async function recordDirectoryRead(sql: Sql, read: DirectoryRead): Promise<void> {
  const { startedAt, endedAt, outcome, failure, accounts, matched, skipped, differences, requests } = read
  await sql.run('DELETE FROM directory_reads')
  await insertRows(
    sql,
    'directory_reads (name TEXT, started_at INT, ended_at INT, outcome TEXT, failure TEXT, accounts INT, matched INT, skipped INT, differences INT, requests INT)',
    [[NAME, startedAt, endedAt, outcome, failure, accounts, matched, skipped, differences, requests]],
  )
}

export async function readDirectoryRead(sql: Sql): Promise<DirectoryRead | null> {
  const [row] = await sql.all<DirectoryRead>(
    `SELECT started_at AS "startedAt", ended_at AS "endedAt", outcome, failure, accounts, matched, skipped, differences, requests
     FROM directory_reads`,
  )
  return row ? { ...row } : null
}

/** As the port says. A record that failed for good is tried again, because a person asked for it. */
export async function repairAccounts(
  sql: Sql,
  { employees, actor, justification }: RepairOrder,
  now: number,
): Promise<number> {
  const wanted = employees.toSorted((a, b) => compareText(a.employeeId, b.employeeId))
  await lockEmployees(
    sql,
    wanted.map(({ employeeId }) => employeeId),
  )
  const known = await readRows<{ id: string; enabled: number }>(
    sql,
    ['id TEXT', 'enabled INT'],
    wanted.map(({ employeeId, enabled }) => [employeeId, enabled ? 1 : 0]),
    'SELECT p.id, v.enabled FROM v JOIN employees p ON p.id = v.id',
  )
  const ids = known.map(({ id }) => id)
  await writeRows(
    sql,
    ['id TEXT'],
    known.filter(({ enabled }) => enabled === 1).map(({ id }) => [id]),
    'UPDATE employees SET accepted_active = 1, brake_passed = 0 FROM v WHERE employees.id = v.id',
  )
  await clearFailures(sql, ids)
  await markForResend(sql, ids, now)
  await insertRows(
    sql,
    AUDIT,
    ids.map((id) => [now, actor, 'directory.repair', justification, id]),
  )
  return ids.length
}
