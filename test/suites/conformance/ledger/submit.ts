import assert from 'node:assert/strict'
import type { Batch } from '../../../../src/core/ledger/port/submit.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, UNLIMITED, type World } from './world.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'

/** A place in the day is kept so much longer, because the clocks may differ. */
const MARGIN_MS = 120_000

const employees = (batch: Batch | null): readonly string[] =>
  (batch?.operations ?? []).map(({ employeeId }) => employeeId).sort()

/** That many joiners, planned. */
async function waiting(world: World, count: number, more: { readonly title?: string } = {}): Promise<void> {
  await world.record(...Array.from({ length: count }, (_, index) => joiner(`e${index}`, `p${index}`, more)))
  await world.plan()
}

/** What `nextBatch`, `takeSlot` and `recordAnswer` promise. */
export const submitCases: readonly LedgerCase[] = [
  {
    name: 'a batch leaves when it is full, or when its oldest operation has waited long enough',
    run: async (world) => {
      await waiting(world, 5)
      assert.equal(await world.next({ fillMs: 1_000, maxOperations: 6 }), null)
      assert.equal((await world.next({ fillMs: 1_000, maxOperations: 4 }))?.operations.length, 4)
      world.now += 999
      assert.equal(await world.next({ fillMs: 1_000 }), null)
      world.now += 1
      assert.deepEqual(employees(await world.next({ fillMs: 1_000 })), ['p4'])
      assert.equal(await world.next({ fillMs: 0 }), null)
    },
  },
  {
    name: 'a leaver makes its batch leave at once',
    run: async (world) => {
      await waiting(world, 2)
      await world.record(leaver('l1', 'leaver'))
      await world.plan()
      assert.deepEqual(employees(await world.next({ fillMs: 60_000 })), ['leaver', 'p0', 'p1'])
    },
  },
  {
    name: 'a batch holds at most the bytes asked for, counted as bytes, but always one operation',
    run: async (world) => {
      await waiting(world, 4, { title: '人😀'.repeat(200) })
      const [first] = (await world.needBatch({ maxOperations: 1 })).operations
      assert.ok(first)
      const bytes = Buffer.byteLength(first.record)
      assert.ok(bytes > first.record.length * 1.5)
      assert.equal((await world.next({ maxBytes: 2 * bytes + 20, fillMs: 60_000 }))?.operations.length, 2)
      assert.equal((await world.next({ maxBytes: 10 }))?.operations.length, 1)
    },
  },
  {
    name: 'an abandoned batch is resumed by any instance when its lease lapses',
    run: async (world) => {
      await waiting(world, 2)
      const batch = await world.needBatch({ leaseMs: 10_000 })
      world.now += 9_999
      assert.equal(await world.next({ owner: 'two' }), null)
      world.now += 1
      const resumed = await world.needBatch({ owner: 'two' })
      assert.equal(resumed.id, batch.id)
      assert.deepEqual(resumed.operations, batch.operations)
      assert.deepEqual(await world.slot(batch, UNLIMITED, 'one'), { kind: 'lost' })
      assert.equal((await world.slot(batch, UNLIMITED, 'two')).kind, 'taken')
    },
  },
  {
    name: 'a slot renews the lease',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch({ leaseMs: 1_000 })
      world.now += 900
      await world.take(batch)
      world.now += 900
      assert.equal(await world.next({ owner: 'two' }), null)
    },
  },
  {
    name: 'no employee is in a batch twice, or in another batch while an operation of the employee is in transit',
    run: async (world) => {
      await waiting(world, 3)
      await world.accept(await world.needBatch())
      await world.record(hrEvent('n0', 'p0', { title: 'x' }))
      await world.plan()
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'the window admits its number of calls, and the next one when a window has passed since an answer',
    run: async (world) => {
      await waiting(world, 3)
      const limits = { perWindow: 2, windowMs: 5_000, perDay: Infinity }
      const calls: number[] = []
      for (let index = 0; index < 2; index++) {
        const batch = await world.needBatch({ maxOperations: 1 })
        const { call } = await world.take(batch, limits)
        calls.push(call)
        world.now += 1_000
        await world.ledger.recordBatchAnswer(
          batch.id,
          { kind: 'accepted', call, acceptedAt: world.now, requestId: null },
          world.now,
        )
      }
      assert.equal(new Set(calls).size, 2)
      const third = await world.needBatch()
      // Answered at T0 + 1 s and T0 + 2 s: the first place is free 5 s after its answer, not after
      // its beginning.
      world.now = T0 + 5_999
      const waits = await world.slot(third, limits)
      assert.equal(waits.kind, 'wait')
      assert.deepEqual(waits, { kind: 'wait', until: T0 + 6_000, why: 'window' })
      world.now = T0 + 6_000
      assert.equal((await world.slot(third, limits)).kind, 'taken')
    },
  },
  {
    name: 'a call that was cut off without an answer keeps its place in the window and in the day',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch()
      await world.take(batch, { perWindow: 1, windowMs: 5_000, perDay: 2 })
      world.now += 20_000
      assert.equal((await world.slot(batch, { perWindow: 1, windowMs: 5_000, perDay: 2 })).kind, 'wait')
      world.now = T0 + 120_000
      assert.equal((await world.slot(batch, { perWindow: 1, windowMs: 5_000, perDay: 2 })).kind, 'taken')
      world.now = T0 + 240_000
      const day = await world.slot(batch, { perWindow: 1, windowMs: 5_000, perDay: 2 })
      assert.deepEqual(day, { kind: 'wait', until: T0 + 60_000 + DAY_MS + MARGIN_MS, why: 'day' })
      world.now = T0 + 60_000 + DAY_MS + MARGIN_MS
      assert.equal((await world.slot(batch, { perWindow: 1, windowMs: 5_000, perDay: 2 })).kind, 'taken')
      assert.equal((await world.ledger.readTotals()).calls, 3)
    },
  },
  {
    name: 'a call that was answered late counts for a day from its answer on',
    run: async (world) => {
      await waiting(world, 1)
      const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 1 }
      const batch = await world.needBatch()
      const { call } = await world.take(batch, limits)
      world.now += 1_000
      const again = { kind: 'again', call, status: 503, notBefore: world.now, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: false, hold: null }, world.now)
      world.now = T0 + DAY_MS + MARGIN_MS
      assert.deepEqual(await world.slot(batch, limits), {
        kind: 'wait',
        until: T0 + 1_000 + DAY_MS + MARGIN_MS,
        why: 'day',
      })
      world.now += 1_000
      assert.equal((await world.slot(batch, limits)).kind, 'taken')
    },
  },
  {
    name: 'a call whose end a slow clock noted frees its place in the day no sooner once the clock is right',
    run: async (world) => {
      await waiting(world, 1)
      const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 1 }
      const batch = await world.needBatch()
      const { call } = await world.take(batch, limits)
      const again = { kind: 'again', call, status: 503, notBefore: T0, countsAsAttempt: true } as const
      const slowMs = 40_000
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: false, hold: null }, T0 - slowMs)
      world.now = T0 + DAY_MS
      assert.equal((await world.slot(batch, limits)).kind, 'wait')
    },
  },
  {
    name: 'a refused or throttled call counts too',
    run: async (world) => {
      await waiting(world, 1)
      const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 1 }
      const batch = await world.needBatch()
      const { call } = await world.take(batch, limits)
      const again = {
        kind: 'again',
        call,
        status: 429,
        notBefore: world.now,
        countsAsAttempt: false,
        release: false,
        hold: null,
      } as const
      await world.ledger.recordBatchAnswer(batch.id, again, world.now)
      assert.equal((await world.slot(batch, limits)).kind, 'wait')
    },
  },
  {
    name: 'waiting costs no call and no attempt',
    run: async (world) => {
      await waiting(world, 2)
      const limits = { perWindow: 1, windowMs: 5_000, perDay: Infinity }
      const [first, second] = [await world.needBatch({ maxOperations: 1 }), await world.needBatch()]
      await world.take(first, limits)
      for (let index = 0; index < 5; index++) assert.equal((await world.slot(second, limits)).kind, 'wait')
      assert.equal((await world.ledger.readTotals()).calls, 1)
      world.now += 60_000
      assert.equal((await world.next())?.attempts, 1)
      assert.equal((await world.next())?.attempts, 0)
    },
  },
  {
    name: 'a batch that was put back is resumed at its time, by any instance if it was released, otherwise by its owner',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch()
      const again = {
        kind: 'again',
        status: 503,
        notBefore: T0 + 2_000,
        countsAsAttempt: true,
        hold: null,
      } as const
      const { call } = await world.take(batch)
      await world.ledger.recordBatchAnswer(batch.id, { ...again, call, release: false }, world.now)
      world.now = T0 + 2_000
      assert.equal(await world.next({ owner: 'two' }), null)
      const second = await world.take(batch)
      await world.ledger.recordBatchAnswer(
        batch.id,
        { ...again, call: second.call, notBefore: T0 + 4_000, release: true },
        world.now,
      )
      world.now = T0 + 3_999
      assert.equal(await world.next({ owner: 'two' }), null)
      world.now = T0 + 4_000
      assert.equal((await world.next({ owner: 'two' }))?.attempts, 2)
    },
  },
  {
    name: 'a snooze costs no attempt',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const snooze = {
        kind: 'again',
        call,
        status: 429,
        notBefore: T0,
        countsAsAttempt: false,
        release: true,
        hold: null,
      } as const
      await world.ledger.recordBatchAnswer(batch.id, snooze, world.now)
      assert.equal((await world.next())?.attempts, 0)
    },
  },
  {
    name: 'a slot withdraws operations that a newer one has overtaken, and a batch without others is empty',
    run: async (world) => {
      await waiting(world, 2)
      const batch = await world.needBatch()
      await world.record(leaver('l0', 'p0'))
      await world.plan()
      const slot = await world.take(batch)
      assert.deepEqual(
        slot.operations.map(({ employeeId }) => employeeId),
        ['p1'],
      )
      await world.record(leaver('l1', 'p1'))
      await world.plan()
      assert.deepEqual(await world.slot(batch), { kind: 'empty' })
      assert.equal((await world.ledger.readCounts()).stateCounts.batches.empty, 1)
      // Neither was submitted before, so the newer one needs no resend after it.
      assert.deepEqual(await world.due(), [])
      assert.deepEqual(employees(await world.next()), ['p0', 'p1'])
    },
  },
  {
    name: 'an operation in transit is not withdrawn when a newer one overtakes it',
    run: async (world) => {
      await waiting(world, 1)
      await world.accept(await world.needBatch())
      await world.record(leaver('l0', 'p0'))
      await world.accept((await world.plan(), await world.needBatch()))
      assert.equal((await world.ledger.readCounts()).stateCounts.operations.accepted, 2)
    },
  },
  {
    name: 'a refused batch is halved until the refused operation is alone: its events are dead-lettered and the others are sent',
    run: async (world) => {
      await waiting(world, 5)
      const offender = 'p3'
      let refusals = 0
      let rounds = 0
      for (let batch = await world.next(); batch; batch = await world.next()) {
        assert.ok((rounds += 1) < 20)
        if (employees(batch).includes(offender)) {
          refusals += 1
          await world.refuse(batch, 'InvalidUser')
        } else await world.accept(batch)
      }
      assert.ok(refusals <= 4, `${refusals} calls refused`)
      await world.plan()
      const { stateCounts } = await world.ledger.readCounts()
      assert.deepEqual(
        [stateCounts.operations.failed, stateCounts.operations.accepted, stateCounts.batches.rejected],
        [1, 4, 1],
      )
      assert.deepEqual(await world.states(offender), { e3: 'dead-lettered' })
      const [dead] = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual([dead?.eventId, dead?.state, dead?.reason], ['e3', 'dead-lettered', 'InvalidUser'])
    },
  },
  {
    name: 'events that a refused operation had superseded are planned again and get through',
    run: async (world) => {
      await world.record({ ...joiner('e1', 'p1', { title: 'old' }), effectiveAt: T0 - 3 * DAY_MS })
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'bad' }, { order: 1 }))
      await world.record(hrEvent('e3', 'p1', { title: 'older' }, { effectiveAt: T0 - 2 * DAY_MS }))
      await world.plan()
      await world.refuse(await world.needBatch())
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'dead-lettered', e3: 'planned' })
    },
  },
  {
    name: 'a late answer of an owner that lost the batch does not change its state',
    run: async (world) => {
      await waiting(world, 2)
      const batch = await world.needBatch({ leaseMs: 1_000 })
      const first = await world.take(batch)
      world.now += 60_000
      await world.needBatch({ owner: 'two' })
      const second = await world.slot(batch, UNLIMITED, 'two')
      assert.equal(second.kind, 'taken')
      const answered = {
        kind: 'accepted',
        call: second.call,
        acceptedAt: world.now,
        requestId: 'second',
      } as const
      await world.ledger.recordBatchAnswer(batch.id, answered, world.now)
      const late = {
        kind: 'refused',
        call: first.call,
        status: 400,
        code: 'Late',
        requestId: 'first',
      } as const
      await world.ledger.recordBatchAnswer(batch.id, late, world.now)
      const trace = await world.ledger.readTrace('p0')
      assert.deepEqual(
        [trace?.operations[0]?.batch?.state, trace?.operations[0]?.batch?.requestId],
        ['accepted', 'second'],
      )
    },
  },
  {
    name: 'an operation names the traces of the events it carries',
    run: async (world) => {
      const traceparent = (index: number): string =>
        `00-${String(index).padStart(32, '0')}-0000000000000001-01`
      await world.record(joiner('e0', 'p1'))
      await world.record(
        ...Array.from({ length: 9 }, (_, index) =>
          hrEvent(
            `t${index}`,
            'p1',
            { [index % 2 ? 'title' : 'department']: `${index}` },
            { order: index, traceparent: traceparent(index) },
          ),
        ),
      )
      await world.plan()
      const [operation] = (await world.needBatch()).operations
      assert.ok(operation)
      const all = Array.from({ length: 9 }, (_, index) => traceparent(index))
      assert.deepEqual(operation.origins.toSorted(), all)
      assert.deepEqual((await world.ledger.readOrigins([operation.id, 'op-999'])).toSorted(), all)
    },
  },
  {
    name: 'managers that wait go before their reports, a chain of them included, wherever and whatever they wait for',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { managerId: 'boss' }), joiner('e2', 'p2'))
      await world.plan()
      await world.record(joiner('e3', 'boss', { managerId: 'top' }), joiner('e4', 'top', { managerId: 'p1' }))
      await world.plan()
      const order: string[] = []
      for (
        let batch = await world.next({ maxOperations: 1 });
        batch;
        batch = await world.next({ maxOperations: 1 })
      )
        order.push(...batch.operations.map(({ employeeId }) => employeeId))
      assert.deepEqual(order, ['top', 'boss', 'p1', 'p2'])
    },
  },
  {
    name: 'an answer to one batch changes nothing of another that was sent before',
    run: async (world) => {
      await waiting(world, 2)
      const one = await world.needBatch({ maxOperations: 1 })
      const other = await world.needBatch({ maxOperations: 1 })
      await world.take(other)
      assert.deepEqual([one.attempts, other.attempts], [0, 0])
      const again = {
        kind: 'again',
        status: 503,
        notBefore: T0 + 90_000,
        countsAsAttempt: true,
        release: true,
        hold: null,
      } as const
      const { call } = await world.take(one)
      await world.ledger.recordBatchAnswer(one.id, { ...again, call }, world.now)
      assert.equal((await world.figures()).unanswered.count, 2)
      await world.refuse(one)
      assert.equal((await world.figures()).unanswered.count, 1)
      world.now += 60_000
      assert.equal((await world.needBatch({ owner: 'two' })).id, other.id, 'its lease has lapsed')
    },
  },
  {
    name: 'an answer that asks for a hold stops every batch until its moment',
    run: async (world) => {
      await waiting(world, 2)
      const batch = await world.needBatch({ maxOperations: 1 })
      const other = await world.needBatch({ maxOperations: 1 })
      const { call } = await world.take(batch)
      await world.ledger.recordBatchAnswer(
        batch.id,
        {
          kind: 'again',
          call,
          status: 429,
          notBefore: T0 + 9_000,
          countsAsAttempt: true,
          release: true,
          hold: 'full',
        },
        world.now,
      )
      const { holds } = await world.ledger.readSubmissionStatus(world.now)
      assert.deepEqual(
        holds.map(({ name, since, until, status }) => [name, since, until, status]),
        [['full', T0, T0 + 9_000, 429]],
      )
      assert.notEqual((await world.slot(other)).kind, 'taken')
      world.now = T0 + 9_000
      assert.equal((await world.slot(other)).kind, 'taken')
    },
  },
]
