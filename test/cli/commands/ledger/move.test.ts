import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it, type TestContext } from 'node:test'
import { moveLedger } from '../../../../src/adapters/ledger-sql/move.ts'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openFileLedger } from '../../../adapters/support/file-ledger.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { startPostgres } from '../../../adapters/support/postgres.ts'
import { hrEvent, joiner, leaver, T0, World } from '../../../suites/conformance/ledger/world.ts'
import { command } from '../../../fakes/cli.ts'

const server = await startPostgres()
after(() => server.close())
const auth = { kind: 'password', password: null } as const
const PEOPLE = ['p1', 'p2', 'p3', 'Ä\u0000', '😀']

/**
 * A ledger with something in every state, with gaps in its numbers, and with texts of every kind.
 */
async function fullLedger(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-move-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  const ledger = await openFileLedger(path)
  const world = new World(ledger)
  await world.record(
    ...PEOPLE.map((employee, index) =>
      joiner(`e${index}\u0000\uffff`, employee, { title: `a\u0000b${index}` }),
    ),
  )
  await world.confirmAll()
  await world.record(
    hrEvent('bulk', 'p9', { title: 'gone' }),
    ...Array.from({ length: 600 }, (_, n) => joiner(`m${n}`, `many-${n}`)),
  )
  await ledger.eraseEmployee({ employeeId: 'p9', actor: 'test', justification: 'test' }, world.now)
  await world.plan()
  await world.accept(await world.needBatch())
  await world.record(leaver('l1', 'p1'), hrEvent('e9', 'p2', { title: 'late' }))
  await world.plan()
  await world.needBatch({ maxOperations: 1 })
  await ledger.close()
  return path
}

function openTarget(t: TestContext, location: string): Promise<Ledger> {
  const opening = openPostgresLedger({
    location,
    auth,
    instance: 'test',
    connections: 2,
    statementMs: 10_000,
    now: Date.now,
  })
  t.after(async () => (await opening).close())
  return opening
}
const driverOf = (location: string): Driver =>
  postgresDriver({ location, auth, connections: 2, statementMs: 10_000 })

void it('a ledger moved to a database has the same content, and work continues', async (t) => {
  const path = await fullLedger(t)
  const location = await server.database()
  const ran = await command(['ledger', 'move', '--from', path, '--output', 'json'], { LEDGER: location })
  assert.equal(ran.code, 0, ran.stderr)
  const source = await openFileLedger(path)
  t.after(() => source.close())
  const target = await openTarget(t, location)
  assert.deepEqual(await target.readCounts(), await source.readCounts())
  for (const employee of [...PEOPLE, 'many-1', 'many-599'])
    assert.deepEqual(await target.readTrace(employee), await source.readTrace(employee))
  const [here, there] = [await target.readSubmissionStatus(T0), await source.readSubmissionStatus(T0)]
  assert.deepEqual(here, there)

  const world = new World(target)
  world.now = T0 + 3_600_000
  assert.equal(
    (await world.needBatch({ owner: 'new' })).operations.length,
    1,
    'what was on its way is resumed',
  )
  await world.record(joiner('after', 'new'))
  assert.equal((await target.readTotals()).events, (await source.readTotals()).events + 1)
  await world.balanced()
})

void it('numbers of deleted rows are not used again', async (t) => {
  const path = await fullLedger(t)
  const source = openSqlite(path)
  t.after(() => source.close())
  await source.transaction((sql) => sql.run('DELETE FROM audit'))
  await source.transaction((sql) =>
    sql.run(`INSERT INTO audit (at, actor, action, justification) VALUES (0, 'a', 'b', 'c')`),
  )
  const [last] = await source.transaction((sql) => sql.all<{ seq: number }>('SELECT seq FROM audit'))
  await source.transaction((sql) => sql.run('DELETE FROM audit'))
  const target = driverOf(await server.database())
  t.after(() => target.close())
  await moveLedger(source, target, T0, () => {})
  await target.transaction((sql) =>
    sql.run(`INSERT INTO audit (at, actor, action, justification) VALUES (0, 'a', 'b', 'c')`),
  )
  const [next] = await target.transaction((sql) => sql.all<{ seq: number }>('SELECT seq FROM audit'))
  assert.equal(next?.seq, (last?.seq ?? 0) + 1)
})

void it('a ledger is moved to an empty database only', async (t) => {
  const path = await fullLedger(t)
  const location = await server.database()
  await new World(await openTarget(t, location)).record(joiner('e1', 'p1'))
  const ran = await command(['ledger', 'move', '--from', path, '--to', location])
  assert.equal(ran.code, 1)
  assert.match(ran.stderr, /LedgerNotEmpty/)
})

void it('an interrupted move leaves the database empty, and can be started again', async (t) => {
  const path = await fullLedger(t)
  const target = driverOf(await server.database())
  const source = openSqlite(path)
  t.after(async () => {
    await source.close()
    await target.close()
  })
  const cut = (table: string): void => {
    if (table === 'operations') throw new Error('cut off')
  }
  await assert.rejects(moveLedger(source, target, T0, cut), /cut off/)
  const left = await target.transaction((sql) =>
    sql.all('SELECT seq FROM events UNION ALL SELECT seq FROM batches'),
  )
  assert.deepEqual(left, [])
  assert.ok((await moveLedger(source, target, T0, () => {})).rows > 1_800)
})

void it('a ledger in use is not moved', async (t) => {
  const path = await fullLedger(t)
  const running = await openSqliteLedger({ path, now: Date.now })
  t.after(() => running.close())
  const ran = await command(['ledger', 'move', '--from', path, '--to', await server.database()])
  assert.equal(ran.code, 1)
  assert.match(ran.stderr, /LedgerInUse/)
})

void it('empty tables get no statistics: the planner would scan them for as long as it keeps those', async (t) => {
  const source = openSqlite(await fullLedger(t))
  const target = driverOf(await server.database())
  t.after(async () => {
    await source.close()
    await target.close()
  })
  await moveLedger(source, target, T0, () => {})
  const rowsOf = async (table: string): Promise<unknown> => {
    const text = 'SELECT CAST(reltuples AS BIGINT) AS rows FROM pg_class WHERE oid = to_regclass(?)'
    const [row] = await target.transaction((sql) => sql.all<{ rows: number }>(text, [table]))
    return row?.rows
  }
  assert.equal(await rowsOf('edits'), -1, 'never looked at')
  assert.ok(Number(await rowsOf('events')) > 600)
})

void it('a file without a ledger is refused and unchanged', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-move-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [text, empty, others] = ['text', 'empty', 'others'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(text, 'this is not a database '.repeat(100))
  await writeFile(empty, '')
  const photos = new DatabaseSync(others)
  photos.exec('CREATE TABLE photos (id INTEGER PRIMARY KEY) STRICT')
  photos.close()
  for (const path of [text, empty, others, folder]) {
    const before = path === folder ? null : await readFile(path)
    const ran = await command(['ledger', 'move', '--from', path, '--to', await server.database()])
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /^rollcall: .* does not contain a ledger \[LedgerMissing\]$/m)
    if (before) assert.deepEqual(await readFile(path), before)
  }
})

void it('the source is unchanged', async (t) => {
  const path = await fullLedger(t)
  const source = openSqlite(path)
  t.after(() => source.close())
  const open = (): Promise<unknown> =>
    source.transaction((sql) => sql.all(`SELECT seq, lease_until FROM batches WHERE state = 'open'`))
  const before = await open()
  const target = driverOf(await server.database())
  t.after(() => target.close())
  await moveLedger(source, target, T0, () => {})
  assert.deepEqual(await open(), before)
})

void it('a ledger is moved only to a database without instances', async (t) => {
  const path = await fullLedger(t)
  const location = await server.database()
  const running = await openTarget(t, location)
  const lease = { name: 'correlate', owner: 'somebody', leaseMs: 60_000 }
  await running.takeLease({ ...lease, now: Date.now() })
  const early = await command(['ledger', 'move', '--from', path, '--to', location])
  assert.equal(early.code, 1)
  assert.match(early.stderr, /instances run on the target.*LedgerInUse/)
  await running.takeLease({ ...lease, leaseMs: 0, now: Date.now() })
  assert.equal((await command(['ledger', 'move', '--from', path, '--to', location])).code, 0)
})

void it('a backup of a database is a file that can be moved to another one, while an instance runs on it', async (t) => {
  const [first, second] = [await server.database(), await server.database()]
  const path = await fullLedger(t)
  assert.equal((await command(['ledger', 'move', '--from', path, '--to', first])).code, 0)
  const source = await openTarget(t, first)
  const file = `${path}.backup`
  const made = await command(['ledger', 'backup', '--to', file, '--output', 'json'], { LEDGER: first })
  assert.equal(made.code, 0, made.stderr)
  assert.equal((JSON.parse(made.stdout) as { sound: boolean }).sound, true)
  const moved = await command(['ledger', 'move', '--from', file, '--to', second])
  assert.equal(moved.code, 0, moved.stderr)
  const target = await openTarget(t, second)
  assert.deepEqual(await target.readCounts(), await source.readCounts())
  for (const employee of [...PEOPLE, 'many-1', 'many-599'])
    assert.deepEqual(await target.readTrace(employee), await source.readTrace(employee))
  const counters = async (location: string): Promise<unknown> => {
    const driver = driverOf(location)
    t.after(() => driver.close())
    return driver.transaction((sql) =>
      sql.all('SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1'),
    )
  }
  assert.deepEqual(await counters(second), await counters(first))
})
