import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { databasesOf } from './postgres.ts'
import { connectionOf, makeCluster, placeForServer, startServer, stopServer } from './postgres-process.ts'

/** A primary and a standby that follows it, behind one address that leads to the primary. */
export interface PostgresPair {
  /** An empty database, as a URL of that address. */
  database(): Promise<string>
  /** Ends the standby: what is committed from now on never reaches it. */
  cutOff(): Promise<void>
  /**
   * Kills the primary, makes the standby the primary, and lets the address lead to it. Connections
   * to the former primary break.
   */
  failOver(): Promise<void>
  close(): Promise<void>
}

const SETTINGS = [
  'fsync=off',
  'max_connections=200',
  'shared_buffers=256MB',
  'max_wal_size=4GB',
  'wal_level=replica',
  'wal_keep_size=1GB',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
]

/**
 * `synchronous`: a commit is answered when the standby has it on disk, so that a fail-over loses
 * none. Otherwise it may lose the last ones.
 */
export async function startPostgresPair({
  synchronous,
}: {
  readonly synchronous: boolean
}): Promise<PostgresPair> {
  const place = await placeForServer()
  const first = makeCluster(place, 'first')
  const second = join(place.folder, 'second')
  const copied = spawnSync('cp', ['-a', first, second])
  if (copied.status !== 0) throw new Error(`cp: ${copied.stderr.toString()}`)
  writeFileSync(join(second, 'standby.signal'), '')
  const [firstPort, secondPort] = [await freePort(), await freePort()]
  const start = (data: string, port: number, more: readonly string[]): Promise<ChildProcess> => {
    const flags = [...SETTINGS, ...more].flatMap((setting) => ['-c', setting])
    return startServer(place, ['-D', data, '-p', String(port), ...flags], urlAt(port)('postgres'))
  }
  const startStandby = (): Promise<ChildProcess> =>
    start(second, secondPort, [`primary_conninfo=host=127.0.0.1 port=${firstPort} user=rollcall`])

  const primary = await start(first, firstPort, synchronous ? ['synchronous_standby_names=*'] : [])
  let standby = await startStandby()
  const address = await startAddress(firstPort)
  return {
    database: databasesOf(() => urlAt(address.port)('postgres'), urlAt(address.port)).database,
    cutOff: () => stopServer(standby),
    failOver: async () => {
      await stopServer(primary)
      if (standby.exitCode !== null) standby = await startStandby()
      await promote(urlAt(secondPort)('postgres'))
      address.pointAt(secondPort)
    },
    close: async () => {
      address.close()
      await Promise.all([stopServer(primary), stopServer(standby)])
      rmSync(place.folder, { recursive: true, force: true })
    },
  }
}

const urlAt =
  (port: number) =>
  (database: string): string =>
    `postgres://rollcall@127.0.0.1:${port}/${database}`

/** Returns when the standby takes writes. */
async function promote(url: string): Promise<void> {
  const client = new Client(connectionOf(url))
  await client.connect()
  await client.query('SELECT pg_promote()')
  await client.end()
}

interface Address {
  readonly port: number
  pointAt(port: number): void
  close(): void
}

/** A port that leads to another one, as the name of a database server does after a fail-over. */
async function startAddress(first: number): Promise<Address> {
  const sockets = new Set<Socket>()
  let target = first
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1')
    client.pipe(onward).pipe(client)
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    pointAt: (port) => void (target = port),
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
