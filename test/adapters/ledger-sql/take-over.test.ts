import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { takeOver } from '../../../src/adapters/ledger-sql/upkeep/take-over.ts'
import { hrEvent, joiner, T0, World } from '../../suites/conformance/ledger/world.ts'
import { closeAfter } from '../support/close-after.ts'

void it('the only writer of a ledger resumes at once what its predecessor was sending or reading, and nothing that is over', async (t) => {
  const driver = openSqlite(':memory:')
  closeAfter(t, () => driver.close())
  await migrate(driver, T0)
  const world = new World(sqlLedger(driver, 'test'))
  const { ledger } = world
  const claim = (): Promise<readonly { readonly seq: number; readonly claimedUntil: number }[]> =>
    ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 60_000, limit: 9 })
  const lease = (owner: string): Promise<boolean> =>
    ledger.takeLease({ name: 'correlate', owner, now: world.now, leaseMs: 60_000 })

  await world.record(joiner('sent', 'p1'))
  const sent = await world.send()
  await world.record(hrEvent('dead', 'p2', {}, { mode: 'notice' }))
  const [dead = assert.fail('a notice waits')] = await claim()
  const { seq, claimedUntil } = dead
  await ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: 'Http404' }], world.now)
  await world.record(joiner('claimed', 'p3'), hrEvent('read', 'p4', {}, { mode: 'notice' }))
  await world.plan()
  const batch = await world.needBatch({ owner: 'before' })
  assert.equal((await claim()).length, 1)
  assert.equal(await lease('before'), true)
  assert.deepEqual(
    [await world.next({ owner: 'after' }), await claim(), await lease('after')],
    [null, [], false],
  )

  await driver.transaction(takeOver)
  assert.equal((await world.needBatch({ owner: 'after' })).id, batch.id)
  assert.deepEqual([(await claim()).length, await lease('after')], [1, true])
  assert.deepEqual(await world.states('p2'), { dead: 'dead-lettered' })
  await world.answer(sent)
  await world.finalize()
  assert.deepEqual(await world.states('p1'), { sent: 'confirmed' })
})
