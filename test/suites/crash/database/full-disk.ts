import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { mounted, whyNoMounts } from '../../../adapters/support/mount.ts'
import { type PostgresServer, startPostgres } from '../../../adapters/support/postgres.ts'
import { connectionOf, NOBODY } from '../../../adapters/support/postgres-process.ts'
import { until } from '../../../adapters/support/until.ts'
import type { Ending } from '../site.ts'
import { expectAllDone, startUnderLoad } from '../under-load.ts'
import type { Scenario, ScenarioOptions } from './scenario.ts'

/** How long the disk stays full. */
const FULL_MS = 5_000

/** A small disk in memory for PostgreSQL, which can be filled and given room. */
interface SmallDisk {
  /** A folder on it that belongs to the server. */
  readonly folder: string
  /** Leaves this much room. */
  fill(left: number): void
  giveRoom(): void
}

function smallDisk(t: Ending, megabytes: number): SmallDisk {
  const why = whyNoMounts()
  if (why) throw new Error(`a full disk needs a file system of its own: ${why}`)
  const at = mkdtempSync(join(tmpdir(), 'rollcall-full-'))
  t.after(() => rmSync(at, { recursive: true, force: true }))
  const disk = mounted(at, '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs')
  t.after(() => disk[Symbol.dispose]())
  const folder = join(at, 'server')
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, NOBODY, NOBODY)
  const ballast = join(at, 'ballast')
  return {
    folder,
    fill: (left) => {
      // The server goes on writing, so there may be less room than there was a moment ago.
      for (;;) {
        const { bavail, bsize } = statfsSync(at)
        const length = bavail * bsize - left
        if (length <= 0 || spawnSync('fallocate', ['--length', String(length), ballast]).status === 0) return
      }
    },
    giveRoom: () => rmSync(ballast),
  }
}

/** The disk of the tables is full: a statement fails, and the server stays. */
export const fullTables: Scenario = async (t, options) => {
  const disk = smallDisk(t, 600)
  const server = await startPostgres({ alone: true })
  t.after(() => server.close())
  const location = await databaseOn(server, disk.folder)
  await throughFullDisk(t, options, {
    location,
    disk,
    error: /LedgerFull/,
    makeRoom: async () => disk.giveRoom(),
  })
}

/** The disk of the log is full: the server stops, and starts again when there is room. */
export const fullLog: Scenario = async (t, options) => {
  const disk = smallDisk(t, 1_000)
  const server = await startPostgres({ alone: true, walFolder: disk.folder })
  t.after(() => server.close())
  const makeRoom = async (): Promise<void> => {
    disk.giveRoom()
    await server.restart()
  }
  await throughFullDisk(t, options, {
    location: await server.database(),
    disk,
    // A statement may fail before the server does.
    error: /LedgerUnavailable|LedgerFull/,
    makeRoom,
  })
}

interface FullDisk {
  readonly location: string
  readonly disk: SmallDisk
  /** What the connector says while there is no room. */
  readonly error: RegExp
  makeRoom(): Promise<void>
}

async function throughFullDisk(
  t: Ending,
  { employees, seed, say }: ScenarioOptions,
  { location, disk, error, makeRoom }: FullDisk,
): Promise<void> {
  const load = await startUnderLoad(t, location, {
    employees,
    seed,
    loops: [null, null],
    withinMs: 600_000,
  })
  const { fleet } = load
  await load.reach(0.2)
  disk.fill(1_000_000)
  await until(`they say it; they said ${fleet.said()}`, () => error.test(fleet.said()), 120_000)
  const said = error.exec(fleet.said())?.[0]
  const fullAt = performance.now()
  await sleep(FULL_MS)
  await makeRoom()
  await load.goesOn(120_000)
  const againMs = performance.now() - fullAt - FULL_MS
  await load.rest()
  assert.deepEqual(await fleet.stop(), [0, 0], fleet.said())
  const totals = await expectAllDone(load)
  say(
    `${said} for ${FULL_MS / 1_000} s; work went on ${Math.round(againMs)} ms after there was room; ${totals.messages} messages, ${totals.redelivered} redelivered`,
  )
}

async function databaseOn(server: PostgresServer, folder: string): Promise<string> {
  const client = new Client(connectionOf(server.admin))
  await client.connect()
  await client.query(`CREATE TABLESPACE small LOCATION '${folder}'`)
  await client.query('CREATE DATABASE on_small TABLESPACE small')
  await client.end()
  return server.admin.replace('/postgres?', '/on_small?')
}
