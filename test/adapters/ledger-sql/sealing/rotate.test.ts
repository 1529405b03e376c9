import assert from 'node:assert/strict'
import { after, describe, test, type TestContext } from 'node:test'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { sealedOwnDriver } from '../../../../src/adapters/ledger-sql/sealing/open.ts'
import type { Sealed } from '../../../../src/adapters/ledger-sql/sealing/sealing.ts'
import { rotateKeys } from '../../../../src/adapters/ledger-sql/sealing/rotate.ts'
import { hrEvent, joiner, leaver, messageOf, T0, World } from '../../../suites/conformance/ledger/world.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'
import { CANARY, keys, ledgerOn, readAll, storedIn, tellStory } from './story.ts'

const server = await startPostgres()
after(() => server.close())

const onSqlite = async (): Promise<Driver> => openSqlite(':memory:')
const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  SQLite: onSqlite,
  PostgreSQL: async () => driverAt(await server.database(), 2),
}

async function migrated(t: TestContext, open: () => Promise<Driver>): Promise<Driver> {
  const driver = await open()
  t.after(() => driver.close())
  await migrate(driver, T0)
  return driver
}

/** The ids of the keys that any value in the ledger needs. */
async function usedKeys(driver: Driver): Promise<ReadonlySet<string>> {
  const { columns } = await storedIn(driver)
  return new Set(Object.values(columns).flatMap((values) => values.map((value) => value.split('.')[1] ?? '')))
}

/** The driver, whose transactions fail from the nth on. */
function breakingAt(driver: Driver, nth: number): Driver {
  let count = 0
  return {
    ...driver,
    transaction: (work, access) =>
      ++count >= nth ? Promise.reject(new Error('the process ended')) : driver.transaction(work, access),
  }
}
const silent = (): void => {}

for (const [engine, open] of Object.entries(DRIVERS))
  void describe(`${engine}: rotating the key of a ledger`, () => {
    void test('encrypts everything with the newest key, beside a process that runs with both, and the older key is not needed any more', async (t) => {
      const driver = await migrated(t, open)
      const world = new World(await ledgerOn(driver, keys('a')))
      await tellStory(world)
      const before = await readAll(world)
      const [old] = await usedKeys(driver)
      const running = new World(await ledgerOn(driver, keys('b', 'a')))
      assert.deepEqual(await readAll(running), before)
      const rotated = await rotateKeys(driver, keys('b', 'a'), T0, silent)
      assert.deepEqual([rotated.retired, [...(await usedKeys(driver))]], [[old], [rotated.key]])
      assert.ok(rotated.values > 10)
      assert.deepEqual(await readAll(running), before)
      const alone = new World(await ledgerOn(driver, keys('b')))
      alone.now = world.now
      assert.deepEqual(await readAll(alone), before)
      assert.equal((await alone.intake([messageOf('late', joiner('old', 'p3'))])).duplicates, 1)
      await assert.rejects(ledgerOn(driver, keys('a')), { code: 'LedgerKeyMissing' })
      assert.equal((await rotateKeys(driver, keys('b'), T0, silent)).values, 0)
    })

    void test('encrypts a ledger that was not encrypted, and finds again what it keeps under hashes', async (t) => {
      const driver = await migrated(t, open)
      const world = new World(await ledgerOn(driver, null))
      await tellStory(world)
      await world.record(joiner('hire', 'gone', { order: 1 }), leaver('leave', 'gone'))
      await world.confirmAll()
      const erasure = { employeeId: 'gone', actor: 'ada', justification: 'asked' }
      await world.ledger.eraseEmployee(erasure, world.now)
      const block = { employeeId: 'kept out', until: null, actor: 'ada', justification: 'asked' }
      await world.ledger.blockEmployees([block], world.now)
      const before = await readAll(world)

      const runs = await world.ledger.listReplays({ open: 'all', limit: 10 })
      assert.ok(runs.length > 0)
      const begun = new World(await ledgerOn(driver, keys('a'), world.now))
      begun.now = world.now
      assert.deepEqual(await readAll(begun), before)
      await begun.record(hrEvent('new', 'p1', { title: `${CANARY} new` }, { order: 5 }))
      assert.match((await storedIn(driver)).text, new RegExp(CANARY))
      assert.doesNotMatch((await storedIn(driver)).text, new RegExp(`${CANARY} new`))

      await rotateKeys(driver, keys('a'), begun.now, silent)
      assert.doesNotMatch((await storedIn(driver)).text, new RegExp(CANARY))
      const after = new World(await ledgerOn(driver, keys('a'), begun.now))
      after.now = begun.now
      assert.equal((await after.intake([messageOf('late', joiner('old', 'p3'))])).duplicates, 1)
      const unfinished = { open: 'all', limit: 10 }
      assert.deepEqual(
        (await after.ledger.listReplays(unfinished)).map(({ id }) => id),
        runs.map(({ id }) => id),
      )
      assert.deepEqual(await after.ledger.findEmployeeIds(`${CANARY}-p1@example.com`), ['p1'])
      await after.record(joiner('back', 'gone', { order: 1 }), joiner('first', 'kept out'))
      const records = (await after.send()).batch.operations.map(
        ({ employeeId, record }) => [employeeId, (JSON.parse(record) as { active: boolean }).active] as const,
      )
      assert.deepEqual(Object.fromEntries(records.filter(([id]) => id !== 'p1' && id !== 'p2')), {
        gone: false,
        'kept out': false,
      })
      const { blocks } = await after.ledger.listBlocks({
        now: after.now,
        employeeId: 'kept out',
        next: null,
        limit: 10,
      })
      assert.equal(blocks.length, 1)
    })
  })

void describe('rotating the key of a ledger', () => {
  void test('goes on after an interruption at any point, and everything can be read in between', async (t) => {
    const driver = await migrated(t, onSqlite)
    const world = new World(await ledgerOn(driver, keys('a')))
    await tellStory(world)
    const before = await readAll(world)
    for (const nth of [2, 4, 7])
      await assert.rejects(
        rotateKeys(breakingAt(driver, nth), keys('b', 'a'), T0, silent),
        /the process ended/,
      )
    assert.equal((await usedKeys(driver)).size, 2)
    assert.deepEqual(await readAll(new World(await ledgerOn(driver, keys('b', 'a')))), before)
    await assert.rejects(ledgerOn(driver, keys('b')), { code: 'LedgerKeyMissing' })
    await rotateKeys(driver, keys('b', 'a'), T0, silent)
    assert.deepEqual(await readAll(new World(await ledgerOn(driver, keys('b')))), before)
  })

  void test('is refused while instances run that do not have the key, and nothing is changed', async (t) => {
    const driver = await migrated(t, onSqlite)
    const world = new World(await ledgerOn(driver, keys('a')))
    await tellStory(world)
    const before = await storedIn(driver)
    const lease = `INSERT INTO leases (name, owner, until) VALUES ('plan', 'one', ?)`
    await driver.transaction((sql) => sql.run(lease, [T0 + 10_000]))
    await assert.rejects(rotateKeys(driver, keys('b', 'a'), T0, silent), { code: 'LedgerInUse' })
    assert.deepEqual(await storedIn(driver), before)
    const again = await rotateKeys(driver, keys('a'), T0, silent)
    assert.equal(again.values, 0, 'with the key that they write with already')
  })

  void test('is refused while instances run and the ledger is not encrypted as a whole, and nothing is changed', async (t) => {
    const driver = await migrated(t, onSqlite)
    await tellStory(new World(await ledgerOn(driver, null)))
    await ledgerOn(driver, keys('a'))
    const before = await storedIn(driver)
    const lease = `INSERT INTO leases (name, owner, until) VALUES ('plan', 'one', ?)`
    await driver.transaction((sql) => sql.run(lease, [T0 + 10_000]))
    await assert.rejects(rotateKeys(driver, keys('a'), T0, silent), { code: 'LedgerInUse' })
    assert.deepEqual(await storedIn(driver), before)
  })

  void test('an erasure in between also finds the same message sealed with another key', async (t) => {
    const driver = await migrated(t, onSqlite)
    const world = new World(await ledgerOn(driver, keys('a')))
    const body = 'of both'
    const original = { messageId: 'm', sessionId: null, contentType: null, properties: {}, body }
    await world.intake([{ ...messageOf('1', joiner('e1', 'p1'), joiner('e2', 'p2')), original }])
    const both = await sealedOwnDriver(driver, keys('b', 'a'), T0)
    await both.transaction(async (sql) => {
      const [row] = await sql.all<{ original: Sealed }>('SELECT original FROM originals WHERE event_seq = 1')
      assert.ok(row)
      const text = sql.sealing.open('originals.original', 1, row.original)
      const sealed = sql.sealing.seal('originals.original', 1, text)
      await sql.run('UPDATE originals SET original = ? WHERE event_seq = 1', [sealed])
    })
    const erasure = { employeeId: 'p1', actor: 'ada', justification: 'asked' }
    await sqlLedger(both, 'test').eraseEmployee(erasure, T0)
    const left = await driver.transaction((sql) => sql.all('SELECT event_seq, original, body FROM originals'))
    assert.deepEqual(
      left.map((row) => ({ ...(row as object) })),
      [{ event_seq: 2, original: null, body: null }],
    )
  })
})
