import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver } from '../../adapters/ledger-sql/driver/sql.ts'
import { openSqlite } from '../../adapters/ledger-sql/driver/sqlite/driver.ts'
import type { LedgerAddress } from '../../adapters/ledger-sql/open.ts'

/** One connection to a ledger, for a command whose statements take as long as they take. */
export function patientDriver(address: Pick<LedgerAddress, 'location' | 'auth'>): Driver {
  return isPostgresUrl(address.location)
    ? postgresDriver({ ...address, connections: 1, statementMs: null })
    : openSqlite(address.location)
}
