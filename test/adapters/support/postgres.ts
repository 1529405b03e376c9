import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Client } from 'pg'
import { postgresDriver } from '../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { freePort } from './free-port.ts'
import { connectionOf, makeCluster, placeForServer, startServer, stopServer } from './postgres-process.ts'

/**
 * A PostgreSQL server for tests: that of `DATABASE_URL`, the one that a whole run shares
 * (`SHARED_POSTGRES`), or one that ends with this process, however this process ends.
 */
export interface PostgresServer {
  /** The URL of a database that is always there. */
  readonly admin: string
  /**
   * A database of its own, as a URL: an empty one, or a copy of another that has no connections
   * to.
   */
  database(copyOf?: string): Promise<string>
  drop(url: string): Promise<void>
  /**
   * Stops at once, as if the machine had lost power, and starts again. Only a server that was
   * started `alone`.
   */
  restart(): Promise<void>
  /** Whether it was started for tests, on this machine. */
  readonly own: boolean
  close(): Promise<void>
}

/**
 * The variable with the URL of the server that all files of a run share: one start for all of them
 * instead of one each.
 */
export const SHARED_POSTGRES = 'ROLLCALL_TEST_POSTGRES'

export interface StartOptions {
  /** For tests that stop it. */
  readonly alone?: boolean
  readonly tcp?: boolean
  readonly settings?: readonly string[]
  /** An empty folder for the log of the server (WAL), which `NOBODY` may write, in files of 1 MB. */
  readonly walFolder?: string
}

export async function startPostgres(more: StartOptions = {}): Promise<PostgresServer> {
  const given = process.env['DATABASE_URL']
  if (given !== undefined && given !== '')
    return {
      ...databasesOf(() => given),
      admin: given,
      own: false,
      restart: async () => {},
      close: async () => {},
    }
  const shared = process.env[SHARED_POSTGRES]
  if (shared !== undefined && !more.alone && !more.tcp && !more.settings && !more.walFolder)
    return {
      ...databasesOf(
        () => shared,
        (name) => shared.replace('/postgres?', `/${name}?`),
      ),
      admin: shared,
      own: true,
      restart: () => Promise.reject(new Error('this server is shared; start one alone')),
      close: async () => {},
    }
  const place = await placeForServer()
  const { folder } = place
  const data = makeCluster(place, 'data', more.walFolder)
  const port = more.tcp ? await freePort() : 5432
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
    'shared_buffers=256MB',
    'max_wal_size=4GB',
    'wal_level=minimal',
    'max_wal_senders=0',
    'autovacuum=off',
  ]
  const listen = more.tcp ? 'listen_addresses=127.0.0.1' : 'listen_addresses='
  const flags = [...settings, listen, ...(more.settings ?? [])].flatMap((setting) => ['-c', setting])
  const url = (database: string): string =>
    more.tcp
      ? `postgres://rollcall@127.0.0.1:${port}/${database}`
      : `postgres://rollcall@/${database}?host=${encodeURIComponent(folder)}`
  const command = ['-D', data, '-p', String(port), ...flags]
  let running = await startServer(place, command, url('postgres'))
  return {
    ...databasesOf(() => url('postgres'), url),
    admin: url('postgres'),
    own: true,
    restart: async () => {
      await stopServer(running)
      running = await startServer(place, command, url('postgres'))
    },
    close: async () => {
      await stopServer(running)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Databases of a server, whose URLs are made by `urlOf`. */
export function databasesOf(
  admin: () => string,
  urlOf?: (name: string) => string,
): Pick<PostgresServer, 'database' | 'drop'> {
  const command = async (text: string): Promise<void> => {
    const client = new Client(connectionOf(admin()))
    await client.connect()
    await client.query(text)
    await client.end()
  }
  return {
    drop: (url) => command(`DROP DATABASE ${nameIn(url)} WITH (FORCE)`),
    database: async (copyOf) => {
      const name = `rollcall_${randomUUID().replaceAll('-', '')}`
      await command(`CREATE DATABASE ${name}${copyOf === undefined ? '' : ` TEMPLATE ${nameIn(copyOf)}`}`)
      if (urlOf) return urlOf(name)
      const url = new URL(admin())
      url.pathname = `/${name}`
      return url.toString()
    },
  }
}

/** The name of the database of a URL. */
function nameIn(url: string): string {
  return new URL(url.replace('@/', '@localhost/')).pathname.slice(1)
}

/** A driver for a database of such a server, without a limit for statements. The caller closes it. */
export function driverAt(location: string, connections = 1): Driver {
  const auth = { kind: 'password', password: null } as const
  return postgresDriver({ location, auth, connections, statementMs: null })
}
