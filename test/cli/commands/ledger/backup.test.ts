import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it, type TestContext } from 'node:test'
import { openFileLedger } from '../../../adapters/support/file-ledger.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { hrEvent, joiner, T0, World } from '../../../suites/conformance/ledger/world.ts'
import { command } from '../../../fakes/cli.ts'

interface Running {
  readonly folder: string
  readonly path: string
  readonly ledger: Ledger
  readonly world: World
}

/** A ledger that a process runs on, with two employees in the directory. */
async function running(t: TestContext): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-backup-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  const ledger = await openFileLedger(path)
  t.after(() => ledger.close())
  const world = new World(ledger)
  await world.record(joiner('e1', 'p1', { title: 'secret title' }), joiner('e2', 'p2'))
  await world.confirmAll()
  return { folder, path, ledger, world }
}
const copyOf = async (t: TestContext, path: string): Promise<Ledger> => {
  const ledger = await openFileLedger(path)
  t.after(() => ledger.close())
  return ledger
}

void it('a backup is the ledger as it was when it was made, although a process writes to the ledger', async (t) => {
  const { folder, path, ledger, world } = await running(t)
  const before = await ledger.readCounts()
  const trace = await ledger.readTrace('p1')
  const to = join(folder, 'copy.db')
  const ran = await command(['ledger', 'backup', '--to', to, '--output', 'json'], { LEDGER: path })
  assert.equal(ran.code, 0, ran.stderr)
  await world.record(hrEvent('e3', 'p1', { title: 'later' }))
  assert.equal((await stat(to)).mode & 0o777, 0o600)
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('partial')),
    [],
  )
  const copy = await copyOf(t, to)
  assert.deepEqual(await copy.readCounts(), before)
  assert.deepEqual(await copy.readTrace('p1'), trace)
  const said = JSON.parse(ran.stdout) as { sound: boolean; employees: number; progress: number }
  assert.deepEqual([said.sound, said.employees], [true, 2])
  assert.equal(said.progress, (await copy.readAge()).progress)
})

void it('a ledger that a backup was restored into goes on, and gives no number out twice', async (t) => {
  const { folder, path, world } = await running(t)
  await world.record(hrEvent('e3', 'p1', { title: 'new' }, { order: 2 }))
  await world.plan()
  const to = join(folder, 'copy.db')
  assert.equal((await command(['ledger', 'backup', '--to', to], { LEDGER: path })).code, 0)
  const restored = new World(await copyOf(t, to))
  restored.now = T0 + 3_600_000
  const { operations } = await restored.needBatch()
  assert.deepEqual(
    operations.map(({ employeeId }) => employeeId),
    ['p1'],
  )
  await restored.record(joiner('e4', 'p4'))
  await restored.balanced()
})

void it('a backup never writes over a file, and needs a ledger', async (t) => {
  const { folder, path } = await running(t)
  const there = await command(['ledger', 'backup', '--to', path], { LEDGER: path })
  assert.equal(there.code, 1)
  assert.match(there.stderr, /FileExists/)
  const to = join(folder, 'copy.db')
  const none = await command(['ledger', 'backup', '--to', to], { LEDGER: join(folder, 'none.db') })
  assert.match(none.stderr, /LedgerMissing/)
  assert.equal(existsSync(to), false)
})

void it('a backup holds nothing of what was erased before', async (t) => {
  const { folder, path, ledger, world } = await running(t)
  await ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
  const to = join(folder, 'copy.db')
  assert.equal((await command(['ledger', 'backup', '--to', to], { LEDGER: path })).code, 0)
  const file = await open(to)
  const bytes = await file.readFile()
  await file.close()
  assert.equal(bytes.includes('secret title'), false)
})

void it('verify finds a damaged file, and books that do not balance', async (t) => {
  const { folder, path, ledger } = await running(t)
  const whole = await command(['ledger', 'verify'], { LEDGER: path })
  assert.deepEqual([whole.code, whole.stdout.includes('the books balance')], [0, true], whole.stdout)
  const to = join(folder, 'copy.db')
  await command(['ledger', 'backup', '--to', to], { LEDGER: path })
  await ledger.close()
  const tampered = new DatabaseSync(to)
  tampered.exec(`PRAGMA foreign_keys = OFF; DELETE FROM events WHERE event_id = 'e1'`)
  tampered.close()
  const wrong = await command(['ledger', 'verify', to, '--output', 'json'], { LEDGER: path })
  assert.equal(wrong.code, 3)
  const { sound, wrong: found } = JSON.parse(wrong.stdout) as { sound: boolean; wrong: readonly string[] }
  assert.deepEqual([sound, found.length > 0], [false, true])
  const damaged = await open(to, 'r+')
  const { size } = await damaged.stat()
  await damaged.write(Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor(size / 8_192) * 4_096)
  await damaged.close()
  const broken = await command(['ledger', 'verify', to], { LEDGER: path })
  assert.notEqual(broken.code, 0)
})
