import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { beginning } from '../../../src/adapters/ledger-sql/driver/postgres/dialect.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Access, Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { closeAfter } from '../support/close-after.ts'
import { hrEvent, joiner, T0, World } from '../../suites/conformance/ledger/world.ts'

function memory(t: TestContext): Driver {
  const driver = openSqlite(':memory:')
  closeAfter(t, () => driver.close())
  return driver
}

const [NORMAL, FULL] = [1, 2]

void describe('a deferred transaction', () => {
  void it('in SQLite does not wait for the disk, and the next one does', async (t) => {
    const driver = memory(t)
    const level = (access: Access): Promise<number | undefined> =>
      driver.transaction(
        async (sql) => (await sql.all<{ synchronous: number }>('PRAGMA synchronous'))[0]?.synchronous,
        access,
      )
    assert.deepEqual(
      [await level('write'), await level('deferred'), await level('write')],
      [FULL, NORMAL, FULL],
    )
    await assert.rejects(driver.transaction(() => Promise.reject(new Error('no')), 'deferred'))
    assert.equal(await level('write'), FULL)
  })

  void it('in PostgreSQL does not wait for the log, and others do', () => {
    assert.match(beginning('deferred', null), /'synchronous_commit', 'off'/)
    assert.match(beginning('write', null), /'synchronous_commit', 'on'/)
  })
})

/** The world over a ledger, and what each transaction of it was, in order. */
async function watchedWorld(t: TestContext): Promise<{ world: World; accesses: (Access | undefined)[] }> {
  const driver = memory(t)
  await migrate(driver, T0)
  const accesses: (Access | undefined)[] = []
  const watched: Driver = {
    ...driver,
    transaction: (work, access) => {
      accesses.push(access)
      return driver.transaction(work, access)
    },
  }
  return { world: new World(sqlLedger(watched, 'test')), accesses }
}

void describe('what leaves the ledger follows from what is on disk', () => {
  void it('messages, slots, answers and log records are; a plan and a batch are with the slot', async (t) => {
    const { world, accesses } = await watchedWorld(t)
    await world.record(joiner('hire', 'p1'))
    await world.answer(await world.send())
    assert.deepEqual(accesses, ['write', 'read', 'deferred', 'deferred', 'write', 'write', 'write'])
  })

  void it('a plan that ends an event is, because its outcome is published', async (t) => {
    const { world, accesses } = await watchedWorld(t)
    await world.record(joiner('hire', 'p1'))
    await world.answer(await world.send())
    await world.finalize()
    await world.record(joiner('again', 'p1'))
    accesses.length = 0
    await world.plan()
    assert.deepEqual(accesses, ['read', 'write'])
    const [hobby, title] = [{ hobby: 'x' }, { title: 'Lead' }].map((said, place) =>
      hrEvent(`event ${place}`, 'p1', said),
    )
    assert.ok(hobby && title)
    await world.record(hobby, title, joiner('other', 'p2'))
    accesses.length = 0
    await world.plan()
    assert.deepEqual(accesses, ['read', 'write'], 'also one of several, of one of several employees')
  })

  void it('nothing that a power cut may undo makes the ledger look newer', async (t) => {
    const { world } = await watchedWorld(t)
    await world.record(joiner('hire', 'p1'))
    const { progress } = await world.ledger.readAge()
    await world.plan()
    const batch = await world.needBatch()
    assert.equal((await world.ledger.readAge()).progress, progress)
    await world.take(batch)
    assert.ok((await world.ledger.readAge()).progress > progress)
  })
})
