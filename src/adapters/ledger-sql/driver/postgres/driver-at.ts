import type { Driver } from '../sql.ts'
import { nameOfDatabase, type PostgresAuth, postgresConnection } from './address.ts'
import { openPostgres } from './driver.ts'

export interface PostgresAddress {
  /** `postgres://user@host/database` */
  readonly location: string
  readonly auth: PostgresAuth
  readonly connections: number
  /** See `PostgresOptions`. */
  readonly statementMs: number | null
}

export function postgresDriver({ location, auth, connections, statementMs }: PostgresAddress): Driver {
  return openPostgres({
    connection: postgresConnection(location, auth),
    name: nameOfDatabase(location),
    connections,
    statementMs,
  })
}
