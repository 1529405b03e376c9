import { RollcallError } from '../../../core/errors.ts'
import type { LeaseQuery } from '../../../core/ledger/port/upkeep.ts'
import type { Sql } from '../driver/sql.ts'

export async function lease(sql: Sql, { name, owner, now, leaseMs }: LeaseQuery): Promise<boolean> {
  const taken = await sql.all(
    `INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE leases.owner = excluded.owner OR leases.until <= ?
     RETURNING name`,
    [name, owner, now + leaseMs, now],
  )
  return taken.length > 0
}

/** Throws `LedgerInUse` with this message while an instance holds a lease. */
export async function expectNoInstance(sql: Sql, now: number, message: string): Promise<void> {
  const [held] = await sql.all('SELECT name FROM leases WHERE until > ? LIMIT 1', [now])
  if (held) throw new RollcallError('LedgerInUse', message)
}
