import assert from 'node:assert/strict'
import { after, describe, test, type TestContext } from 'node:test'
import { until } from '../../adapters/support/until.ts'
import { busWith, replayWorld } from './replay-world.ts'

const ASKED = ['--actor', 'operator', '--justification', 'a test', '--yes'] as const

const bus = await busWith(Array.from({ length: 8 }, (_, n) => `hr-${n + 1}`))
after(() => bus.stop())
let worlds = 0

/** Each has a queue of its own. */
async function worldFor(t: TestContext, total: number, source?: 'sessions' | 'subscription') {
  const world = await replayWorld(total, source, { bus, queue: `hr-${(worlds += 1)}` })
  t.after(() => world.close())
  return world
}

void describe('rollcall replay', () => {
  void test('killed in the middle and called again, dead letters of the ledger are replayed once each', async (t) => {
    const total = 200
    const world = await worldFor(t, total)
    const args = ['replay', '--store', 'ledger', ...ASKED]
    // Slow enough that the kill comes while it is at it.
    const killed = await world.runApart([...args, '--rate', '100'], 1_200)
    assert.equal(killed.code, null, killed.said)
    const again = await world.run(args)
    assert.equal(again.code, 0, again.said)
    assert.match(again.said, /continues run 1 of/)
    assert.deepEqual(await world.inLedger(), { dead: 0, open: total, done: total })
  })

  void test('killed in the middle and called again twice at once, dead letters of the bus are replayed once each: one call carries it out, and the other does not begin before that has ended', async (t) => {
    const total = 200
    const world = await worldFor(t, total)
    const args = ['replay', '--store', 'bus', ...ASKED]
    const killed = await world.runApart([...args, '--rate', '100'], 700)
    assert.equal(killed.code, null, killed.said)
    const left = await world.frozen()
    const first = world.runApart([...args, '--rate', '20'])
    await until('the first goes on', async () => (await world.frozen()) < left, 60_000, 100)
    const both = await Promise.all([first, world.run([...args, '--rate', '20'])])
    const said = both.map((one) => one.said).join('\n')
    assert.match(said, /continues run 1 of/)
    assert.match(said, /another command holds this run/)
    // The one that waits does not wait for ever.
    const codes = both.map(({ code }) => code)
    assert.ok(codes.includes(0) && codes.every((code) => code === 0 || code === 8), said)
    const { ids, shelved } = await world.onBus()
    assert.deepEqual([ids.length, new Set(ids).size, shelved], [total, total, 0])
    // Each was carried out by one call.
    const sums = both.map((one) => Number(/(\d+) in /.exec(one.said)?.[1] ?? 0))
    assert.ok((sums[0] ?? 0) + (sums[1] ?? 0) <= total, sums.join())
  })

  void test('asks before it does anything, says what it would do, and finds nothing to do the second time', async (t) => {
    const world = await worldFor(t, 30)
    const unasked = await world.run(['replay', '--store', 'ledger'])
    assert.equal(unasked.code, 2)
    assert.match(unasked.said, /--actor and --justification/)
    assert.equal((await world.run(['replay', '--store', 'ledger', '--dry-run'])).code, 0)
    assert.equal((await world.inLedger()).dead, 30)
    assert.equal((await world.run(['replay', '--store', 'ledger', ...ASKED])).code, 0)
    assert.equal((await world.run(['replay', '--store', 'ledger', ...ASKED])).code, 4)
    assert.equal((await world.run(['replays'])).code, 0)
    assert.equal((await world.run(['replays', 'show', '1'])).code, 0)
    assert.equal((await world.run(['replays', 'show', '9'])).code, 4)
  })

  void test('a queue with sessions is replayed too', async (t) => {
    const world = await worldFor(t, 30, 'sessions')
    const { code, said } = await world.run(['replay', '--store', 'bus', ...ASKED])
    assert.equal(code, 0, said)
    assert.equal((await world.onBus()).shelved, 0)
  })

  void test('a dead letter of a subscription goes straight into the ledger, and no other subscription hears of it', async (t) => {
    const world = await worldFor(t, 30, 'subscription')
    const { code, said } = await world.run(['replay', '--store', 'bus', ...ASKED])
    assert.equal(code, 0, said)
    const { ids, shelved } = await world.onBus()
    assert.deepEqual([ids.length, shelved], [0, 0])
    assert.deepEqual(await world.inLedger(), { dead: 30, open: 30, done: 30 })
  })

  void test('a patch changes what is sent, the original is taken away, and both are never there', async (t) => {
    const world = await worldFor(t, 20)
    const { code, said } = await world.run([
      'replay',
      '--store',
      'bus',
      '--patch',
      '{"data":{"worker":{"title":"y"}}}',
      ...ASKED,
    ])
    assert.equal(code, 0, said)
    const { ids, shelved } = await world.onBus()
    assert.deepEqual([ids.length, shelved], [20, 0])
  })

  void test('discarding a termination takes its own flag, and archiving hides a dead letter', async (t) => {
    const world = await worldFor(t, 20)
    const by = ['--actor', 'operator', '--justification', 'a test'] as const
    assert.equal((await world.run(['dead-letters', 'discard', '--store', 'ledger', ...by])).code, 2)
    assert.equal((await world.run(['dead-letters', 'archive', 'dl-1', 'dl-2', '--yes', ...by])).code, 0)
    assert.equal((await world.run(['dead-letters', 'discard', '--store', 'ledger', '--yes', ...by])).code, 0)
    assert.equal((await world.inLedger()).dead, 2)
    assert.equal(
      (await world.run(['dead-letters', 'discard', '--store', 'bus', '--max', '5', '--yes', ...by])).code,
      0,
    )
    assert.equal((await world.onBus()).shelved, 15)
    assert.equal((await world.run(['audit', 'dl-1'])).code, 0)
    assert.equal((await world.run(['audit', 'dl-999'])).code, 4)
  })
})
