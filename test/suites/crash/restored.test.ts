import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it, type TestContext } from 'node:test'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import type { DirectoryEntry } from '../../../src/local/entra/directory/directory.ts'
import { feed } from '../../../src/compose/feed.ts'
import { actorNamed } from '../../../src/cli/support/options/options.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { makeHistory } from '../../fakes/history.ts'
import { command } from '../../fakes/cli.ts'
import { start } from '../../fakes/rollcall.ts'

type Directory = Readonly<Record<string, DirectoryEntry>>

/** One world, and the ledger that is run on it, copied and put back. */
async function worldFor(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-restored-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const doubles: Doubles = await startDoubles({ fast: true })
  t.after(() => doubles.stop())
  const path = join(folder, 'ledger.db')
  const environment = { ...doubles.environment, INCOMPLETE_MS: '60000', LEDGER: path, LOG_LEVEL: 'warn' }

  const send = async (lines: readonly string[]): Promise<void> => {
    const file = join(folder, 'part.jsonl')
    await writeFile(file, `${lines.join('\n')}\n`)
    const client = connect({
      kind: 'connection-string',
      connectionString: doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '',
    })
    await feed(client, { queue: 'hr-events' }, file)
    await closeWithin(2_000, client.close())
  }
  const looking = async <T>(work: (ledger: Ledger) => Promise<T>): Promise<T> => {
    // In this thread: to start one for each look would cost more than all the rest.
    const reader = sqlLedger(openSqlite(path, { readOnly: true }), 'reader')
    try {
      return await work(reader)
    } finally {
      await reader.close()
    }
  }
  const run = (): ChildProcess => {
    const child = start(['run'], environment)
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  const taken = async (): Promise<boolean> => {
    const { active, locked } = await doubles.bus.counts('hr-events')
    return active + locked === 0
  }
  const settled = (): Promise<boolean> =>
    looking(async (ledger) => (await taken()) && (await ledger.readIdle(Date.now())).idle)
  const directory = async (): Promise<Directory> =>
    (await (await fetch(`http://127.0.0.1:${doubles.entra.port}/directory`)).json()) as Directory
  return { path, environment, send, looking, run, end, taken, settled, directory }
}

const inactive = (directory: Directory): ReadonlySet<string> =>
  new Set(Object.entries(directory).flatMap(([id, { record }]) => (record['active'] === false ? [id] : [])))

void it('a ledger restored from a copy makes no leaver active, finds out that it is older, and is whole again by the documented way', async (t) => {
  const world = await worldFor(t)
  const history = makeHistory({ employees: 60, seed: 11 })
  // Every employee is hired in the first part: an event of an employee who is not would keep the
  // ledger busy until it is given up.
  const isHire = (line: string): boolean => line.includes('"type":"worker.hired"')
  const lines = [...history.lines.filter(isHire), ...history.lines.filter((line) => !isHire(line))]
  const cut = Math.floor(lines.length * 0.7)
  const copy = `${world.path}.copy`

  let child = world.run()
  await until('the ledger is there', () => existsSync(world.path))
  await world.send(lines.slice(0, cut))
  await until('the first part is settled', world.settled, 90_000, 100)
  await world.end(child)
  await copyFile(world.path, copy)
  const since = new Date().toISOString()

  child = world.run()
  await world.send(lines.slice(cut))
  await until('the rest is settled', world.settled, 90_000, 100)
  await world.end(child)
  const before = await world.directory()
  const out = inactive(before)
  assert.deepEqual(differences(before, history.oracle), [])

  for (const suffix of ['-wal', '-shm']) await rm(world.path + suffix, { force: true })
  await copyFile(copy, world.path)
  child = world.run()
  await until('it is found out', () => world.looking(async (it) => (await it.readAge()).olderSince !== null))
  await world.send(lines.slice(cut))
  await until('the missing time is taken in', world.taken)
  // A real process, and the test shows that it sends nothing.
  await sleep(4_000)
  assert.deepEqual(await world.directory(), before, 'nothing was sent')
  const status = await command(['status'], world.environment)
  assert.match(status.stdout, /held \(restored\)/)
  assert.match(status.stdout, /1 LedgerOlderThanDirectory/)

  const say = [
    'ledger',
    'restored',
    '--since',
    since,
    '--actor',
    'ann',
    '--justification',
    'fed again',
    '--yes',
  ]
  await until('the log is read', async () => (await command(say, world.environment)).code === 0, 60_000, 500)
  await until('it is settled again', world.settled, 90_000, 100)
  for (;;) {
    const open = await world.looking((it) =>
      it.listFindings({ open: true, code: 'DisabledElsewhere', employeeId: null, next: null, limit: 100 }),
    )
    // What HR says now was recorded before the deactivation, so a person has to decide.
    const theirs = open.findings.map(({ seq }) => `finding-${seq}`)
    t.diagnostic(`${theirs.length} findings to be acknowledged`)
    if (theirs.length === 0) break
    const by = ['--actor', 'ann', '--justification', 'HR was asked']
    assert.equal(
      (await command(['findings', 'acknowledge', ...theirs, ...by, '--yes'], world.environment)).code,
      0,
    )
    await until('what was held is settled', world.settled, 60_000, 100)
  }
  const after = await world.directory()
  assert.deepEqual(differences(after, history.oracle), [])
  assert.deepEqual(inactive(after), out)
  const again = await world.looking((it) =>
    it.listAudit({ about: null, since: null, next: null, limit: 1_000 }),
  )
  assert.ok(
    again.entries.some(({ action, actor }) => action === 'ledger.restored' && actor === actorNamed('ann')),
  )
  await world.end(child)
  t.diagnostic(`${out.size} leavers of ${Object.keys(after).length}`)
})
