import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { after, describe, test, type TestContext } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import { moveLedger } from '../../../../src/adapters/ledger-sql/move.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import type { LedgerKeys } from '../../../../src/adapters/ledger-sql/sealing/keys.ts'
import { sealedDriver } from '../../../../src/adapters/ledger-sql/sealing/open.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { runLedgerCase } from '../../../suites/conformance/ledger.ts'
import { erasedCases } from '../../../suites/conformance/ledger/erased.ts'
import { noticeCases } from '../../../suites/conformance/ledger/notices.ts'
import { putBackCases } from '../../../suites/conformance/ledger/put-back.ts'
import { retentionCases } from '../../../suites/conformance/ledger/retention.ts'
import { T0, World } from '../../../suites/conformance/ledger/world.ts'
import { openMemoryLedger } from '../../support/memory-ledger.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'
import { CANARY, keys, ledgerOn, readAll, storedIn, tellStory } from './story.ts'

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sealed-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The bytes of every file in a folder. */
async function bytesIn(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => !name.endsWith('-shm'))
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('\n')
}

/** A file in which the story is told, in this thread. */
async function toldIn(path: string, given: LedgerKeys | null): Promise<Ledger> {
  const driver = openSqlite(path)
  await migrate(driver, T0)
  const ledger = await ledgerOn(driver, given)
  await tellStory(new World(ledger))
  return ledger
}

const server = await startPostgres()
after(() => server.close())

const onPostgres = async (): Promise<Driver> => driverAt(await server.database(), 2)

/** What the same story reads like in a ledger that is not encrypted. */
async function readPlain(): Promise<object> {
  const driver = openSqlite(':memory:')
  await migrate(driver, T0)
  const world = new World(sqlLedger(driver, 'test'))
  await tellStory(world)
  const read = await readAll(world)
  await driver.close()
  return read
}
const plain = await readPlain()

void describe('an encrypted ledger', () => {
  void test('on SQLite: no personal value of a whole flow is in its files, and all of it reads as without a key', async (t) => {
    const folder = await folderFor(t)
    const path = join(folder, 'ledger.db')
    const ledger = await openSqliteLedger({ path, keys: keys('a'), now: () => T0 })
    const world = new World(ledger)
    await tellStory(world)
    assert.doesNotMatch(await bytesIn(folder), new RegExp(CANARY))
    assert.deepEqual(await readAll(world), plain)
    await world.balanced()
    await ledger.close()
    const again = await openSqliteLedger({ path, keys: keys('a'), readOnly: true, now: () => T0 })
    t.after(() => again.close())
    assert.deepEqual(await readAll(new World(again)), plain)
    assert.doesNotMatch(await bytesIn(folder), new RegExp(CANARY))
  })

  void test('the same files hold the values without a key, so that the search can find them', async (t) => {
    const folder = await folderFor(t)
    const told = await toldIn(join(folder, 'ledger.db'), null)
    t.after(() => told.close())
    assert.match(await bytesIn(folder), new RegExp(CANARY))
  })

  for (const [engine, open] of [
    ['SQLite', async () => openSqlite(':memory:')],
    ['PostgreSQL', onPostgres],
  ] as const)
    void test(`on ${engine}: every column with personal values is encrypted, and hashes of names are keyed`, async (t) => {
      const driver = await open()
      t.after(() => driver.close())
      await migrate(driver, T0)
      const world = new World(await ledgerOn(driver, keys('a')))
      await tellStory(world)
      const { columns, text } = await storedIn(driver)
      for (const [column, values] of Object.entries(columns)) {
        assert.ok(values.length > 0, `${column} is filled`)
        for (const value of values) assert.match(value, /^aes1\.[0-9a-f]{16}\.[\w+/]+=*$/, column)
      }
      assert.doesNotMatch(text, new RegExp(CANARY))
      const hashes = await driver.transaction((sql) =>
        sql.all<{ hash: string | number }>(
          'SELECT hash FROM folded_ids UNION ALL SELECT CAST(hash AS TEXT) FROM account_names',
        ),
      )
      assert.ok(hashes.length > 3)
      for (const { hash } of hashes) assert.match(String(hash), /^(k[0-9a-f]{32}|[2-5]\d{14})$/)
      assert.deepEqual(await readAll(world), plain)
    })

  void test('says of a value that was changed, or moved to another row, where it is and not what it is', async (t) => {
    const driver = openSqlite(':memory:')
    t.after(() => driver.close())
    await migrate(driver, T0)
    const world = new World(await ledgerOn(driver, keys('a')))
    await tellStory(world)
    const spoil = (statement: string): Promise<number> => driver.transaction((sql) => sql.run(statement))
    const refused = (column: string, row: string, why: string) => (error: Error) => {
      assert.equal((error as { code?: string }).code, 'LedgerValueUnreadable')
      assert.match(error.message, new RegExp(`value ${column} of row "${row}" does not open: ${why}`))
      assert.doesNotMatch(error.message, new RegExp(CANARY))
      return true
    }
    await spoil(
      `UPDATE records SET record = (SELECT record FROM records WHERE operation = 2) WHERE operation = 3`,
    )
    await assert.rejects(
      world.ledger.readTrace('p2'),
      refused('records.record', '3', 'it was changed, or belongs to another row'),
    )
    await spoil(
      `UPDATE events SET worker = SUBSTR(worker, 1, LENGTH(worker) - 6) || 'AAAAA=' WHERE event_id = 'e1'`,
    )
    await assert.rejects(
      world.ledger.findEmployees('p1'),
      refused('events.worker', '/hr/test e1', 'it was changed'),
    )
    await spoil(`UPDATE events SET worker = '{"userName": "${CANARY}"}' WHERE event_id = 'e1'`)
    await assert.rejects(
      world.ledger.findEmployees('p1'),
      refused('events.worker', '/hr/test e1', 'it is not encrypted'),
    )
  })

  void test('cannot be opened without its key, and nothing is written then', async (t) => {
    const folder = await folderFor(t)
    const path = join(folder, 'ledger.db')
    await (await toldIn(path, keys('a'))).close()
    const stored = async () => {
      await using reading = new AsyncDisposableStack()
      return storedIn(reading.adopt(openSqlite(path, { readOnly: true }), (driver) => driver.close()))
    }
    const before = await stored()
    for (const options of [{ keys: null }, { keys: keys('b'), readOnly: true }, { keys: null, beside: true }])
      await assert.rejects(openSqliteLedger({ path, ...options, now: () => T0 }), {
        code: 'LedgerKeyMissing',
        message: /encrypted with key [0-9a-f]{16}, which is not among the configured keys/,
      })
    assert.ok(isDeepStrictEqual(await stored(), before))
  })

  void test('moves to a database as it is, and opens there with its key', async (t) => {
    const [from, to] = [openSqlite(':memory:'), await onPostgres()]
    t.after(() => Promise.all([from.close(), to.close()]))
    await migrate(from, T0)
    await tellStory(new World(await ledgerOn(from, keys('a'))))
    await moveLedger(from, to, T0, () => {})
    await assert.rejects(ledgerOn(to, null), { code: 'LedgerKeyMissing' })
    assert.deepEqual(await readAll(new World(await ledgerOn(to, keys('a')))), plain)
  })

  void test('a command beside a ledger that is not encrypted does not begin to encrypt it', async (t) => {
    const driver = openSqlite(':memory:')
    t.after(() => driver.close())
    await migrate(driver, T0)
    const beside = new World(sqlLedger(await sealedDriver(driver, keys('a')), 'test'))
    await tellStory(beside)
    assert.match((await storedIn(driver)).text, new RegExp(CANARY))
  })

  void test('is not begun while instances run that have no key', async (t) => {
    const driver = await onPostgres()
    t.after(() => driver.close())
    await migrate(driver, T0)
    const lease = `INSERT INTO leases (name, owner, until) VALUES ('plan', 'one', ?)`
    await driver.transaction((sql) => sql.run(lease, [T0 + 10_000]))
    await assert.rejects(ledgerOn(driver, keys('a'), T0), { code: 'LedgerInUse' })
    await ledgerOn(driver, null, T0)
    await ledgerOn(driver, keys('a'), T0 + 10_001)
  })
})

const { ledger, empty } = await openMemoryLedger([], keys('a'))
after(() => ledger.close())

void describe('an encrypted ledger keeps what a ledger promises where values are compared, moved or folded', () => {
  for (const one of [...retentionCases, ...erasedCases, ...putBackCases, ...noticeCases])
    void test(one.name, () => runLedgerCase(async () => ({ ledger, close: empty }), one))
})
