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
