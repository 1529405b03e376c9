import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logWindow } from '../../../src/adapters/graph/provisioning.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { simulation } from '../../suites/flow/simulation.ts'

const SECOND = 1_000

void test('several jobs of a process never send more than five requests in any ten seconds, as the service counts them, however long the way is', async () => {
  const sim = simulation(0, 7)
  const window = logWindow({ requests: 5, windowMs: 10 * SECOND }, sim)
  const arrivals: number[] = []
  const never = new AbortController().signal
  const job = async (): Promise<void> => {
    for (let request = 0; request < 40; request++)
      await window(async () => {
        await sim.sleep(sim.random() * 3 * SECOND)
        arrivals.push(sim.now())
        await sim.sleep(sim.random() * 3 * SECOND)
      }, never)
  }
  let over = false
  const jobs = Promise.all([job(), job(), job()]).finally(() => (over = true))
  await sim.until(() => Promise.resolve(over), 0, Number.POSITIVE_INFINITY)
  await jobs
  assert.equal(arrivals.length, 120)
  for (const [index, at] of arrivals.entries()) {
    const inWindow = arrivals.slice(index).filter((other) => other < at + 10 * SECOND)
    assert.ok(inWindow.length <= 5, `${inWindow.length} requests from ${at} on`)
  }
})

void test('the place of a failed request is freed too, and an aborted request does not wait', async () => {
  const sim = simulation(0, 7)
  const window = logWindow({ requests: 1, windowMs: 10 * SECOND }, sim)
  const stopped = AbortSignal.abort()
  await assert.rejects(
    window(() => Promise.reject(new Error('away')), stopped),
    /away/,
  )
  assert.equal(await window(() => Promise.resolve('at once'), stopped), 'at once')
})

void test('a clock that was ahead keeps no place taken for longer than a window', async () => {
  const clock = virtualRuntime()
  let aheadMs = 3 * 3_600_000
  const window = logWindow(
    { requests: 1, windowMs: 10 * SECOND },
    { ...clock, now: () => clock.now() + aheadMs },
  )
  const never = new AbortController().signal
  await window(() => Promise.resolve(), never)
  aheadMs = 0
  let done = false
  const next = window(() => Promise.resolve(), never).then(() => (done = true))
  await clock.advance(10 * SECOND - 1)
  assert.equal(done, false)
  await clock.advance(1)
  assert.equal(done, true)
  await next
})
