import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { LedgerAge, LedgerMark } from '../../../src/core/ledger/port/upkeep.ts'
import { isOlder, startedAfter, type Witness, witnessing } from '../../../src/core/ledger/witness.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** A ledger of this age and a counter that remembers this, both to be changed by the test. */
function watch(t: TestContext, first: LedgerMark, remembered: LedgerMark | null) {
  const runtime = virtualRuntime()
  const world = {
    age: { ...first, olderSince: null } as LedgerAge,
    mark: remembered,
    away: 0,
    busy: false,
    compared: 0,
    found: [] as LedgerMark[],
  }
  const ledger = {
    readAge: async () => world.age,
    markOlder: async (mark: LedgerMark, now: number) => {
      world.found.push(mark)
      world.age = { ...world.age, olderSince: now }
    },
  }
  const witness: Witness = {
    compare: async (work) => {
      if (world.away-- > 0) throw new Error('away')
      if (world.busy) return false
      world.compared += 1
      world.mark = (await work(world.mark)) ?? world.mark
      return true
    },
  }
  let checked = false
  const service = witnessing(ledger, witness, { pollMs: 2_000 }, runtime)
  void service.checked.then(() => (checked = true))
  const running = service.run()
  t.after(() => service.stop().then(() => running))
  const stop = async (): Promise<void> => {
    await service.stop()
    await running
  }
  return { runtime, world, stop, isChecked: () => checked }
}

void test('marks are compared by epoch first, then by position', () => {
  const mark = { epoch: 2, progress: 100 }
  assert.equal(isOlder({ epoch: 1, progress: 900 }, mark), true)
  assert.equal(isOlder({ epoch: 2, progress: 99 }, mark), true)
  assert.equal(isOlder({ epoch: 2, progress: 100 }, mark), false)
  assert.equal(isOlder({ epoch: 3, progress: 1 }, mark), false)
})

void test('the counter follows the ledger, and is read only when the ledger has changed', async (t) => {
  const { runtime, world } = watch(t, { epoch: 0, progress: 5 }, null)
  await runtime.advance(10_000)
  assert.deepEqual([world.mark, world.compared], [{ epoch: 0, progress: 5 }, 1])
  world.age = { ...world.age, progress: 9 }
  await runtime.advance(2_000)
  assert.deepEqual([world.mark, world.compared], [{ epoch: 0, progress: 9 }, 2])
  assert.deepEqual(world.found, [])
})

void test('a ledger that was declared complete is compared again, though nothing was done in it', async (t) => {
  const { runtime, world } = watch(t, { epoch: 0, progress: 5 }, null)
  await runtime.advance(2_000)
  world.age = { ...world.age, epoch: 1 }
  await runtime.advance(2_000)
  assert.deepEqual([world.mark, world.compared], [{ epoch: 1, progress: 5 }, 2])
})

void test('nothing is compared when the service is stopped before it runs', async () => {
  let looks = 0
  const ledger = {
    readAge: async () => (looks++, { epoch: 0, progress: 5, olderSince: null }),
    markOlder: async () => {},
  }
  const witness: Witness = { compare: async () => (looks++, true) }
  const service = witnessing(ledger, witness, { pollMs: 2_000 }, virtualRuntime())
  await service.stop()
  await service.run()
  assert.equal(looks, 0)
})

void test('what was done since the last comparison reaches the counter when the process ends', async (t) => {
  const { runtime, world, stop } = watch(t, { epoch: 0, progress: 5 }, null)
  await runtime.advance(2_000)
  world.age = { ...world.age, progress: 9 }
  await stop()
  assert.deepEqual([world.mark, world.compared], [{ epoch: 0, progress: 9 }, 2])
})

void test('an end is not held up by a counter that cannot be reached', async (t) => {
  const { runtime, world, stop } = watch(t, { epoch: 0, progress: 5 }, null)
  await runtime.advance(2_000)
  world.age = { ...world.age, progress: 9 }
  world.away = 1
  await stop()
  assert.deepEqual(world.mark, { epoch: 0, progress: 5 })
  assert.deepEqual(
    runtime.lines.map(({ event }) => event),
    ['witness.end.failed'],
  )
})

void test('a ledger that starts behind the counter counts as restored, and the counter does not change however far the ledger advances', async (t) => {
  const { runtime, world } = watch(t, { epoch: 0, progress: 70 }, { epoch: 0, progress: 100 })
  await runtime.advance(2_000)
  world.age = { ...world.age, progress: 130 }
  await runtime.advance(4_000)
  assert.deepEqual(world.found, [{ epoch: 0, progress: 100 }])
  assert.deepEqual(world.mark, { epoch: 0, progress: 100 })
  assert.deepEqual(
    runtime.lines.map(({ event, fields }) => [event, fields['behind']]),
    [['ledger.older', 30]],
  )
  world.age = { epoch: 1, progress: 131, olderSince: null }
  await runtime.advance(2_000)
  assert.deepEqual(world.mark, { epoch: 1, progress: 131 })
})

void test('a ledger that goes back while it runs is detected within a poll', async (t) => {
  const { runtime, world } = watch(t, { epoch: 0, progress: 100 }, null)
  await runtime.advance(2_000)
  world.age = { ...world.age, progress: 80 }
  await runtime.advance(2_000)
  assert.deepEqual(world.found, [{ epoch: 0, progress: 100 }])
})

void test('nothing is sent before the counter was read, however long it is unreachable or held by another instance', async (t) => {
  const { runtime, world, isChecked } = watch(t, { epoch: 0, progress: 1 }, null)
  world.away = 2
  world.busy = true
  await runtime.advance(60_000)
  assert.equal(isChecked(), false)
  world.busy = false
  await runtime.advance(2_000)
  assert.equal(isChecked(), true)
})

void test('a service that waits for the check starts after it, and never starts when it is stopped before', async () => {
  const begun: string[] = []
  const stopped: string[] = []
  const service = (name: string) => ({
    run: async () => void begun.push(name),
    stop: async () => void stopped.push(name),
  })
  const ready = Promise.withResolvers<void>()
  const one = startedAfter(ready.promise, service('one'))
  const running = one.run()
  await Promise.resolve()
  assert.deepEqual(begun, [])
  ready.resolve()
  await running
  assert.deepEqual(begun, ['one'])
  const never = startedAfter(new Promise<void>(() => {}), service('two'))
  const waiting = never.run()
  await never.stop()
  await waiting
  await one.stop()
  assert.deepEqual(stopped, ['two', 'one'])
})
