import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { emptying } from '../support/memory-ledger.ts'
import { joiner, messageOf, T0, World } from '../../suites/conformance/ledger/world.ts'

const HIRE = joiner('hire', 'p1')

async function database(t: TestContext): Promise<Driver> {
  const driver = openSqlite(':memory:')
  t.after(() => driver.close())
  await migrate(driver, T0)
  return driver
}

const worldOn = (driver: Driver, instance = 'a'): World => new World(sqlLedger(driver, instance, () => T0))

/**
 * A ledger on a primary that another database takes the place of, which has the first hire and
 * nothing after it.
 */
async function failingOver(
  t: TestContext,
): Promise<{ world: World; driver: Driver; standby: Driver; failOver(): void }> {
  const [primary, standby] = [await database(t), await database(t)]
  await worldOn(standby).record(HIRE)
  let current = primary
  const driver: Driver = { ...primary, transaction: (work, access) => current.transaction(work, access) }
  const world = worldOn(driver)
  await world.record(HIRE)
  return { world, driver, standby, failOver: () => void (current = standby) }
}

void it('a standby that took over with everything that was committed goes on like the primary', async (t) => {
  const { world, failOver } = await failingOver(t)
  failOver()
  assert.equal((await world.record(joiner('next', 'p2'))).fresh, 1)
  assert.deepEqual(await world.plan(), ['p1', 'p2'])
})

void it('a standby that took over without the last commits is found at the next commit, which fails, and nothing is planned or sent', async (t) => {
  const { world, failOver } = await failingOver(t)
  await world.plan()
  await world.record(joiner('lost', 'p2'))
  failOver()
  await assert.rejects(world.record(joiner('next', 'p3')), { code: 'LedgerOlder', message: /restore\.md/ })
  assert.equal((await world.ledger.readAge()).olderSince, T0)
  assert.equal((await world.record(joiner('next', 'p3'))).fresh, 1, 'what fails is taken in at the next try')
  assert.deepEqual(await world.plan(), [])
  assert.equal(await world.next(), null)
  assert.deepEqual(
    (await world.figures()).findings.map(({ code, count }) => [code, count]),
    [['LedgerOlderThanDirectory', 1]],
  )
})

void it('the loss is found although another instance has brought the ledger further since', async (t) => {
  const { world, standby, failOver } = await failingOver(t)
  await world.record(joiner('lost', 'p2'))
  failOver()
  const other = worldOn(standby, 'b')
  for (const n of [1, 2, 3]) await other.record(joiner(`more-${n}`, `q${n}`))
  await assert.rejects(world.record(joiner('next', 'p3')), { code: 'LedgerOlder' })
})

void it('a loss that several instances find is one finding', async (t) => {
  const { world, driver, standby, failOver } = await failingOver(t)
  const other = worldOn(driver, 'b')
  const first = [messageOf('b-1', joiner('other', 'q1'))]
  for (const one of [worldOn(standby, 'b'), other]) await one.intake(first)
  await world.record(joiner('lost', 'p2'), joiner('lost too', 'p3'))
  await other.intake([messageOf('b-2', joiner('lost', 'q2'))])
  failOver()
  const lost = { code: 'LedgerOlder' }
  await assert.rejects(world.record(joiner('next', 'p4')), lost)
  await assert.rejects(other.intake([messageOf('b-3', joiner('next', 'q3'))]), lost)
  assert.deepEqual(
    (await world.figures()).findings.map(({ count }) => count),
    [1],
  )
})

void it('a ledger that was emptied while a process had it open begins anew', async (t) => {
  const driver = await database(t)
  const world = worldOn(driver)
  await world.record(HIRE)
  await world.record(joiner('next', 'p2'))
  await (
    await emptying(driver)
  )()
  for (const n of [1, 2]) assert.equal((await world.record(joiner(`again-${n}`, `q${n}`))).fresh, 1)
})
