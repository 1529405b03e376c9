import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it, type TestContext } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { joiner, messageOf, World } from '../../../suites/conformance/ledger/world.ts'

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-ledger-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'ledger.db')
}

async function open(
  t: TestContext,
  path: string,
  more: { readOnly?: boolean; patienceMs?: number } = {},
): Promise<Ledger> {
  const ledger = await openSqliteLedger({ path, now: Date.now, patienceMs: 100, ...more })
  t.after(() => ledger.close())
  return ledger
}

/** Another process that has the ledger open for writing. */
async function otherWriter(t: TestContext, path: string): Promise<ChildProcess> {
  const script = new URL('../../support/hold-ledger.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

void it('a second writing process is refused, and gets in when the first one was killed', async (t) => {
  const path = await folderFor(t)
  const first = await otherWriter(t, path)
  await assert.rejects(open(t, path), { code: 'LedgerInUse', name: 'RollcallError' })
  const ended = once(first, 'exit')
  first.kill('SIGKILL')
  await ended
  await (await open(t, path)).ping()
})

void it('a second writer waits for a predecessor that is just ending', async (t) => {
  const path = await folderFor(t)
  const first = await otherWriter(t, path)
  const second = open(t, path, { patienceMs: 10_000 })
  first.stdin?.end()
  await (await second).ping()
})

void it('what a killed process was sending is resumed at once by its successor', async (t) => {
  const path = await folderFor(t)
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const world = new World(ledger)
  await world.record(joiner('e1', 'p1'))
  await world.plan()
  const batch = await world.needBatch({ leaseMs: 3_600_000 })
  assert.equal(await world.next({ owner: 'two' }), null)
  await ledger.close()
  const successor = new World(await open(t, path))
  assert.equal((await successor.needBatch({ owner: 'two' })).id, batch.id)
})

void it('a notice that a killed process was reading is read again at once by its successor', async (t) => {
  const path = await folderFor(t)
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const world = new World(ledger)
  await world.record({ ...joiner('n1', 'p1'), mode: 'notice' })
  const query = { now: world.now, noticedBefore: world.now, leaseMs: 300_000, limit: 10 }
  assert.equal((await ledger.claimNotices(query)).length, 1)
  assert.equal((await ledger.claimNotices(query)).length, 0)
  await ledger.close()
  const successor = await open(t, path)
  assert.equal((await successor.claimNotices(query)).length, 1)
})

void it('reading beside a running writer works, sees what was committed, and changes nothing', async (t) => {
  const path = await folderFor(t)
  const world = new World(await open(t, path))
  await world.record(joiner('e1', 'p1'))
  const reader = await open(t, path, { readOnly: true })
  assert.equal((await reader.readCounts()).totals.events, 1)
  await world.record(joiner('e2', 'p2'))
  assert.equal((await reader.readCounts()).totals.events, 2)
  await assert.rejects(new World(reader).record(joiner('e3', 'p3')), { code: 'LedgerRefused' })
  assert.equal((await world.ledger.readTotals()).events, 2)
})

void it('reading works after a writer was killed, with what it committed last', async (t) => {
  const path = await folderFor(t)
  const first = await otherWriter(t, path)
  const ended = once(first, 'exit')
  first.kill('SIGKILL')
  await ended
  const reader = await open(t, path, { readOnly: true })
  assert.equal((await reader.readCounts()).totals.events, 0)
})

void it('reading works right after the file was made: it waits for the tables', async (t) => {
  const path = await folderFor(t)
  // What a writer has done so far at its slowest moment: the file is there and nothing is in it.
  const half = new DatabaseSync(path)
  half.exec('PRAGMA journal_mode = WAL; CREATE TABLE something (x)')
  half.exec('DROP TABLE something')
  half.close()
  const reading = open(t, path, { readOnly: true, patienceMs: 10_000 }).then((reader) => reader.readTotals())
  const toldAtOnce = reading.then(
    () => 'read',
    () => 'failed',
  )
  await assert.rejects(open(t, path, { readOnly: true, patienceMs: 500 }), { code: 'LedgerNotReady' })
  assert.equal(await Promise.race([toldAtOnce, Promise.resolve('waits')]), 'waits')
  const writer = await open(t, path)
  assert.deepEqual(await reading, await writer.readTotals())
})

void it('a file that holds no ledger is not read as one', async (t) => {
  const path = await folderFor(t)
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE something (x)')
  other.close()
  await assert.rejects(open(t, path, { readOnly: true }), { code: 'LedgerNotReady', name: 'RollcallError' })
})

void it('a database of another program is refused and left as it is', async (t) => {
  const path = await folderFor(t)
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, migrations TEXT)')
  other.close()
  const before = await readFile(path)
  await assert.rejects(open(t, path), { code: 'LedgerNotReady', name: 'RollcallError' })
  assert.deepEqual(await readFile(path), before)
})

for (const readOnly of [false, true])
  void it(`a ledger of a newer release is refused ${readOnly ? 'for reading' : 'for writing'} and left as it is`, async (t) => {
    const path = await folderFor(t)
    await (await openSqliteLedger({ path, now: Date.now })).close()
    const newer = new DatabaseSync(path)
    newer.exec(
      "INSERT INTO migrations (version, applied_at, checksum, compatible_from) VALUES (1000, 0, '', 1000)",
    )
    newer.close()
    await assert.rejects(open(t, path, { readOnly }), { code: 'LedgerTooNew', name: 'RollcallError' })
    const after = new DatabaseSync(path)
    assert.equal(after.prepare('SELECT MAX(version) AS version FROM migrations').get()?.['version'], 1_000)
    after.close()
  })

void it('a ledger in a missing folder is refused, and leaves no thread behind', async (t) => {
  const path = join(await folderFor(t), 'not-there', 'ledger.db')
  await assert.rejects(open(t, path), {
    code: 'LedgerMissing',
    message: /the folder .*not-there does not exist/,
  })
})

void it('a closed ledger rejects every call, and closing again is fine', async (t) => {
  const ledger = await open(t, await folderFor(t))
  const last = ledger.readTotals()
  await ledger.close()
  await ledger.close()
  assert.equal((await last).messages, 0)
  await assert.rejects(ledger.readTotals(), { code: 'LedgerClosed' })
})

const DESCRIPTORS = '/proc/self/fd'

void it('a closed ledger has let go of its files', { skip: !existsSync(DESCRIPTORS) }, async (t) => {
  const path = await folderFor(t)
  const held = async (): Promise<number> => {
    const names = await readdir(DESCRIPTORS)
    const targets = names.map((name) => readlink(join(DESCRIPTORS, name)).catch(() => ''))
    return (await Promise.all(targets)).filter((target) => target.startsWith(path)).length
  }
  const driver = openSqlite(path)
  assert.ok((await held()) > 0)
  await driver.close()
  assert.equal(await held(), 0)
})

void it('a ledger that cannot be written to rejects the ping', async (t) => {
  const path = await folderFor(t)
  await (await openSqliteLedger({ path, now: Date.now })).close()
  const reader = await open(t, path, { readOnly: true })
  await assert.rejects(reader.ping())
})

void it('the former text of an edited event does not keep an erased employee of the same message', async (t) => {
  const path = await folderFor(t)
  const world = new World(await open(t, path))
  const original = {
    messageId: null,
    sessionId: null,
    contentType: null,
    body: 'of p1 and p2',
    properties: {},
  }
  await world.intake([{ ...messageOf('1', joiner('e1', 'p1'), joiner('e2', 'p2')), original }])
  await world.send().then((sent) => world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' }))
  await world.finalize()
  await world.plan()
  const filter = { code: null, type: null, employeeId: 'p2', since: null, until: null }
  const { deadLetters } = await world.ledger.listDeadLetters({
    filter,
    archived: true,
    next: null,
    limit: 10,
  })
  const targets = deadLetters.map(({ seq, revision }) => ({ store: 'ledger' as const, seq, revision }))
  const run = await world.ledger.freezeReplay(
    { name: 'run', selection: 's', actor: 'a', justification: 'b', targets },
    world.now,
  )
  const said = {
    kind: 'edited' as const,
    event: joiner('e2', 'p2'),
    original: { ...original, body: 'of p2' },
  }
  await world.ledger.putBackDeadLetters(
    run.id,
    targets.map(({ seq }) => ({ seq, ...said })),
    world.now,
  )
  const kept = (): unknown[] => {
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = database.prepare('SELECT actor, body FROM edits').all()
    database.close()
    return rows.map((row) => [row['actor'], row['body']])
  }
  assert.deepEqual(kept(), [['a', 'of p1 and p2']])
  await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked to' }, world.now)
  assert.deepEqual(kept(), [['a', null]])
})
