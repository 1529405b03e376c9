import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import { hrEvent, joiner, leaver, T0 } from '../conformance/ledger/world.ts'
import { simulateDays } from './days.ts'
import { openSite } from './site.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { tookRecord } from '../../fakes/log.ts'
import { response } from '../../fakes/upload-answer.ts'

/** A small tenant; `test/bench/day.ts` runs the real sizes. */
const small = { perDay: 150, perCall: 4, load: 1.3, leavers: 20, joiners: 100, pollMs: 30_000 }

void describe('a day with more work than calls', () => {
  void test('spends its calls and never one more, keeps leavers under a minute, and leaves no batch lying about', async (t) => {
    const day = await simulateDays(t, { ...small, days: 1 })
    const spent = day.calls.filter((at) => at < DAY_MS).length
    assert(spent >= small.perDay * 0.99 && spent <= small.perDay, `${spent} calls`)
    assert(day.waits.leaver.length >= 10, `${day.waits.leaver.length} leavers`)
    assert(Math.max(...day.waits.leaver) <= 60_000, `a leaver waited ${Math.max(...day.waits.leaver)} ms`)
    const { stateCounts } = await day.site.ledger.readCounts()
    // What waits for tomorrow waits outside a batch, where it can still merge and is ordered by its
    // lane.
    assert.deepEqual([stateCounts.batches.open, stateCounts.operations.batched], [0, 0])
    assert(day.waiting > 0)
  })

  void test('the forecast made at noon is right within a tenth', async (t) => {
    const day = await simulateDays(t, { ...small, days: 1.5, arrivalsEndMs: DAY_MS / 2 })
    const noon = T0 + DAY_MS / 2
    assert(day.atNoon?.doneAt)
    const after = day.calls.filter((at) => at >= DAY_MS / 2)
    assert(after.length > 30 && day.waiting === 0, 'there was something left to do, and it was done')
    const took = T0 + (after.at(-1) ?? 0) - noon
    const told = day.atNoon.doneAt - noon
    assert(Math.abs(told - took) <= took * 0.1, `told ${told} ms, took ${took} ms`)
    assert(
      Math.abs(day.atNoon.calls - after.length) <= after.length * 0.1,
      `${day.atNoon.calls} calls told, ${after.length} made`,
    )
  })

  void test('the rolling 24 hours never hold more calls than a day has, over days with a burst at the start', async (t) => {
    const day = await simulateDays(t, {
      perDay: 40,
      perCall: 2,
      load: 2,
      leavers: 20,
      joiners: 0,
      pollMs: 60_000,
      days: 1.5,
    })
    for (const [index, at] of day.calls.entries())
      assert(day.calls.slice(0, index + 1).filter((other) => other > at - DAY_MS).length <= 40)
  })
})

void describe('a backlog', () => {
  // `RUNS=1` tries the larger one too.
  for (const employees of Number(process.env['RUNS'] ?? 0) >= 1 ? [5_003, 1_999] : [999])
    void test(`of ${employees} changed employees takes full batches and no more than one percent extra calls`, async (t) => {
      const { runtime, service, record } = await openSite(t, { uploads: 4 })
      const events = Array.from({ length: employees }, (_, index) =>
        index % 100 === 99 ? leaver(`e${index}`, `p${index}`) : joiner(`e${index}`, `p${index}`),
      )
      await record(...events)
      await runtime.advance(60_000)
      assert.equal(new Set(service.calls.flatMap(({ employees }) => employees)).size, employees)
      const least = Math.ceil(employees / 50)
      assert(
        service.calls.length <= least + Math.ceil(least * 0.01),
        `${service.calls.length} calls for ${employees} people`,
      )
    })
})

void describe('lanes', () => {
  const planned = { submit: { maxOperations: 10, fillMs: 0 }, uploads: 1 } as const

  void test('terminations go before joiners, joiners before movers', async (t) => {
    const { runtime, service, record } = await openSite(t, planned)
    await record(...Array.from({ length: 8 }, (_, index) => joiner(`m${index}`, `mover${index}`)))
    await runtime.advance(1_000)
    // Known now: their next change makes them movers.
    assert.equal(service.calls.length, 1)
    service.decide(() => ({ kind: 'network', code: 'ECONNRESET' }))
    await record(joiner('blocker', 'blocker'))
    await runtime.advance(300)
    service.decide(null)
    await record(
      ...Array.from({ length: 12 }, (_, index) => joiner(`j${index}`, `joiner${index}`)),
      ...Array.from({ length: 3 }, (_, index) => leaver(`l${index}`, `leaver${index}`)),
    )
    await runtime.advance(60_000)
    const order = service.calls.flatMap(({ employees }) => employees)
    for (let index = 0; index < 3; index++)
      for (let other = 0; other < 12; other++)
        assert(order.indexOf(`leaver${index}`) < order.indexOf(`joiner${other}`))
  })

  void test('no lane starves: a mover gets through a stream of joiners who bring their managers along', async (t) => {
    const { runtime, service, record, ledger } = await openSite(t, {
      uploads: 1,
      submit: { ...planned.submit, limits: { perWindow: 1, windowMs: 1_000, perDay: 2_000 } },
    })
    await record(joiner('e-old', 'old'))
    await runtime.advance(1_000)
    const [old] = service.calls.flatMap(({ bulkIds }) => bulkIds)
    assert(old)
    await answerWell(ledger, old, 'old', runtime.now())
    // More joiners a call than fit in it, and each with a manager who is new as well.
    let employees = 0
    const stream = async (): Promise<void> => {
      const pairs = Array.from({ length: 12 }, () => ++employees)
      await record(
        ...pairs.map((one) => joiner(`r${one}`, `a-report${one}`, { managerId: `z-boss${one}` })),
        ...pairs.map((one) => joiner(`b${one}`, `z-boss${one}`)),
      )
    }
    service.decide(() => response(503))
    await stream()
    await runtime.advance(10)
    await record(hrEvent('e-moved', 'old', { title: 'Lead' }, { order: 1 }))
    service.decide(null)
    const before = service.calls.length
    for (let round = 0; round < 20; round++) {
      await stream()
      await runtime.advance(1_000)
    }
    const moved = service.calls.slice(before).findIndex(({ employees }) => employees.includes('old'))
    assert(moved >= 0, 'the mover went')
  })

  void test('fifty leavers do not wait for company', async (t) => {
    const limits = { perWindow: 40, windowMs: 5_000, perDay: 100 }
    const submit = { limits, maxOperations: 10, fillMs: 0, pollMs: 100_000 }
    const { runtime, service, record } = await openSite(t, { submit, planPollMs: 500_000, uploads: 1 })
    for (let index = 0; index < 85; index++) {
      await record(joiner(`e${index}`, `p${index}`))
      await runtime.advance(1_000_000)
    }
    const before = service.calls.length
    const at = runtime.now()
    await record(...Array.from({ length: 50 }, (_, index) => leaver(`l${index}`, `leaver${index}`)))
    await runtime.advance(5_000)
    const calls = service.calls.slice(before)
    assert.deepEqual(
      calls.map((call) => [call.at - at, call.employees.length]),
      Array.from({ length: 5 }, () => [0, 10]),
    )
  })
})

void describe('managers', () => {
  const orderOf = async (t: TestContext, events: readonly HrEvent[]): Promise<readonly string[]> => {
    const { runtime, service, record } = await openSite(t, {
      submit: { maxOperations: 7, fillMs: 0 },
      uploads: 1,
    })
    await record(...events)
    await runtime.advance(60_000)
    return service.calls.flatMap(({ employees }) => employees)
  }

  void test('go before their reports, across batches, however the events came', async (t) => {
    const employees = Array.from({ length: 60 }, (_, index) => index)
    // Everybody reports to the one with half the number: a tree, told from the leaves up.
    const events = employees
      .toReversed()
      .map((one) => joiner(`e${one}`, `p${one}`, one === 0 ? {} : { managerId: `p${Math.floor(one / 2)}` }))
    const order = await orderOf(t, events)
    assert.equal(new Set(order).size, 60)
    for (const one of employees.slice(1))
      if (Math.floor(one / 2) !== one)
        assert(order.indexOf(`p${Math.floor(one / 2)}`) < order.indexOf(`p${one}`), `manager of ${one}`)
  })

  void test('in circles, that manage themselves, or that are unknown delay no other employee', async (t) => {
    const order = await orderOf(t, [
      joiner('e1', 'a', { managerId: 'b' }),
      joiner('e2', 'b', { managerId: 'c' }),
      joiner('e3', 'c', { managerId: 'a' }),
      joiner('e4', 'self', { managerId: 'self' }),
      joiner('e5', 'orphan', { managerId: 'outside the data' }),
      ...Array.from({ length: 40 }, (_, index) =>
        joiner(`d${index}`, `deep${index}`, { managerId: `deep${(index + 1) % 40}` }),
      ),
    ])
    assert.equal(order.length, 45)
    assert.equal(new Set(order).size, 45)
  })
})

/** The log says the directory took it, and the quiet period is over. */
async function answerWell(ledger: Ledger, operation: string, employeeId: string, now: number): Promise<void> {
  const record = tookRecord(`record of ${operation}`, employeeId, now, { action: 'create' })
  const joins = [{ record, operation, interim: 'confirmed' }] as const
  await ledger.recordLogRecords({
    joins,
    now,
    finalAt: now,
    watermark: null,
    changedElsewhere: [],
    foreign: 0,
    echoes: [],
  })
  await ledger.finalizeOperations(now, 100)
}
