import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'

/** What was written to the log of PostgreSQL about one table or index. */
export interface WalOfRelation {
  readonly name: string
  /** What kind of record. */
  readonly kind: string
  readonly records: number
  readonly bytes: number
  /** Of whole pages, which are written once after a checkpoint. */
  readonly pageBytes: number
}

/** Where the log ends; everything before it is on disk. */
export async function walEnd(driver: Driver): Promise<string> {
  const [row] = await driver.transaction((sql) =>
    sql.all<{ at: string }>('SELECT CAST(pg_current_wal_flush_lsn() AS TEXT) AS at'),
  )
  return row?.at ?? '0/0'
}

/** The log since a place that `walEnd` gave, the most bytes first. */
export function walByRelation(driver: Driver, since: string): Promise<readonly WalOfRelation[]> {
  return driver.transaction(async (sql) => {
    await sql.run('CREATE EXTENSION IF NOT EXISTS pg_walinspect')
    // The ledger's own statements do without.
    await sql.run('SET LOCAL enable_hashjoin = on')
    return sql.all<WalOfRelation>(
      `SELECT CAST(c.relname AS TEXT) AS name, b.resource_manager || ' ' || b.record_type AS kind, COUNT(*) AS records,
         SUM(CASE WHEN b.block_id = 0 THEN b.record_length ELSE 0 END) AS bytes, SUM(b.block_fpi_length) AS "pageBytes"
       FROM pg_get_wal_block_info(CAST(? AS pg_lsn), pg_current_wal_flush_lsn(), false) b
         JOIN pg_class c ON pg_relation_filenode(c.oid) = b.relfilenode
       JOIN pg_database d ON d.oid = b.reldatabase AND d.datname = current_database()
       GROUP BY 1, 2 ORDER BY 4 DESC`,
      [since],
    )
  })
}
