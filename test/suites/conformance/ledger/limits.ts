import assert from 'node:assert/strict'
import type { Batch, HoldName } from '../../../../src/core/ledger/port/submit.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, UNLIMITED, type World } from './world.ts'

async function waiting(world: World, count: number): Promise<void> {
  await world.record(...Array.from({ length: count }, (_, index) => joiner(`e${index}`, `p${index}`)))
  await world.plan()
}
const holding = (world: World, name: HoldName, until: number): Promise<void> =>
  world.ledger.setHold({ name, since: world.now, until, status: 500, detail: null })
/** The service could not take the batch now; the same instance tries it again. */
const again = async (world: World, batch: Batch, notBefore: number, hold: HoldName | null): Promise<void> => {
  const { call } = await world.take(batch)
  await world.ledger.recordBatchAnswer(
    batch.id,
    { kind: 'again', call, status: 503, notBefore, countsAsAttempt: true, release: true, hold },
    world.now,
  )
}
const ids = (batch: Batch | null): readonly string[] =>
  (batch?.operations ?? []).map(({ employeeId }) => employeeId)

/** What holds calls back: the quota, holds, and batches that must wait for others. */
export const limitCases: readonly LedgerCase[] = [
  {
    name: 'the calls of a day are those of the last 24 hours, with the first and the last of them',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch({ leaseMs: 2 * DAY_MS })
      await world.take(batch)
      world.now += 1_000
      await world.take(batch)
      const bulk = async () => {
        const { used, oldestAt, lastAt } = (await world.ledger.readEmergencyStatus(world.now)).bulk
        return [used, oldestAt && oldestAt - T0, lastAt && lastAt - T0]
      }
      assert.deepEqual(await bulk(), [2, 0, 1_000])
      world.now = T0 + DAY_MS - 1
      assert.deepEqual(await bulk(), [2, 0, 1_000])
      world.now = T0 + DAY_MS
      assert.deepEqual(await bulk(), [1, 1_000, 1_000])
      world.now = T0 + DAY_MS + 1_000
      assert.deepEqual(await bulk(), [0, null, null])
    },
  },
  {
    name: 'a call without an answer may end at any time, so the window is looked at again soon; its place is free one window after the answer',
    run: async (world) => {
      await waiting(world, 2)
      const limits = { perWindow: 1, windowMs: 5_000, perDay: Infinity }
      const [first, second] = [await world.needBatch({ maxOperations: 1 }), await world.needBatch()]
      await world.take(first, limits)
      assert.deepEqual(await world.slot(second, limits), { kind: 'wait', until: T0 + 100, why: 'window' })
      world.now = T0 + 60_000 + 5_000 - 1
      assert.deepEqual(await world.slot(second, limits, 'one'), {
        kind: 'wait',
        until: T0 + 65_000,
        why: 'window',
      })
      world.now += 1
      assert.equal((await world.slot(second, limits)).kind, 'taken')
    },
  },
  {
    name: 'a hold stops batches until its end; that of the job is then over, and the others stand until a batch is accepted',
    run: async (world) => {
      await waiting(world, 1)
      for (const name of ['job', 'full', 'throttled'] as const) {
        await holding(world, name, T0 + 1_000)
        world.now += 1
      }
      const inForce = async () => (await world.figures()).holds.map(({ name }) => name)
      world.now = T0 + 999
      assert.deepEqual(await inForce(), ['job', 'full', 'throttled'], 'oldest first')
      assert.equal(await world.next(), null)
      world.now = T0 + 1_000
      assert.deepEqual(await inForce(), ['full', 'throttled'])
      await world.accept(await world.needBatch())
      assert.deepEqual(await inForce(), [])
      await holding(world, 'full', world.now + 1)
      assert.deepEqual(await inForce(), ['full'])
      await holding(world, 'full', world.now)
      assert.deepEqual(await inForce(), [], 'its end is not after its beginning')
    },
  },
  {
    name: 'after a hold one batch tries alone, and the others wait for its answer',
    run: async (world) => {
      await waiting(world, 2)
      const [first, second] = [await world.needBatch({ maxOperations: 1 }), await world.needBatch()]
      await holding(world, 'full', T0 + 1_000)
      world.now = T0 + 1_000
      await world.take(first)
      assert.deepEqual(await world.slot(second), { kind: 'wait', until: T0 + 61_000, why: 'hold' })
      assert.equal((await world.slot(first)).kind, 'taken', 'the one that tries may try again')
      await again(world, first, T0 + 3_000, null)
      assert.deepEqual(await world.slot(second), { kind: 'wait', until: T0 + 3_000, why: 'hold' })
      world.now = T0 + 3_000
      await world.accept(second)
      assert.deepEqual((await world.ledger.readSubmissionStatus(world.now)).holds, [])
    },
  },
  {
    name: 'batches that wait are resumed with leavers first, then those that may go first',
    run: async (world) => {
      await waiting(world, 2)
      const batches = [await world.needBatch({ maxOperations: 1 }), await world.needBatch()]
      await world.record(leaver('out', 'p9'))
      await world.plan()
      batches.push(await world.needBatch())
      for (const [place, batch] of batches.entries()) await again(world, batch, T0 + 9_000 - place, null)
      world.now = T0 + 8_998
      assert.equal((await world.next())?.id, batches[2]?.id)
      world.now = T0 + 9_000
      await again(world, batches[2] ?? assert.fail(), T0 + 9_000, null)
      const resumed = [await world.next(), await world.next(), await world.next(), await world.next()]
      assert.deepEqual(
        resumed.map((batch) => batch?.id ?? null),
        [batches[2]?.id, batches[1]?.id, batches[0]?.id, null],
      )
    },
  },
  {
    name: 'of a refused batch the smaller half goes first and the other waits for it; when the first was accepted, the other is halved unsent',
    run: async (world) => {
      await waiting(world, 5)
      await world.refuse(await world.needBatch())
      const first = await world.needBatch()
      assert.deepEqual([ids(first), await world.next()], [['p0', 'p1'], null])
      await world.accept(first)
      const { stateCounts } = await world.ledger.readCounts()
      assert.equal(stateCounts.batches.split, 1)
      assert.deepEqual(ids(await world.needBatch()), ['p2'])
      assert.equal((await world.ledger.readCounts()).stateCounts.batches.split, 2)
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'when the first half was refused too, nothing is known of the other, and it is sent as it is',
    run: async (world) => {
      await waiting(world, 4)
      await world.refuse(await world.needBatch())
      const first = await world.needBatch()
      await world.refuse(first)
      const rest = [await world.needBatch(), await world.needBatch()]
      assert.deepEqual(rest.map(ids), [['p2', 'p3'], ['p0']])
    },
  },
  {
    name: 'an operation that would activate an employee is withdrawn when something of theirs takes effect at that moment, and is planned again',
    run: async (world) => {
      await world.record(
        joiner('hire', 'p1'),
        hrEvent('title', 'p1', { title: 'Lead' }, { effectiveAt: T0 + 1_000 }),
        joiner('other', 'p2'),
      )
      await world.plan()
      const batch = await world.needBatch()
      world.now = T0 + 999
      assert.equal((await world.take(batch)).operations.length, 2)
      world.now = T0 + 1_000
      assert.deepEqual(
        (await world.take(batch)).operations.map(({ employeeId }) => employeeId),
        ['p2'],
      )
      assert.deepEqual(await world.plan(), ['p1'])
      const next = await world.needBatch()
      assert.match(next.operations[0]?.record ?? '', /Lead/)
      assert.equal((await world.slot(batch, UNLIMITED, 'two')).kind, 'lost')
    },
  },
  {
    name: 'after a withdrawal the directory may hold what was submitted before, so an equal record is sent; of what was never submitted it holds nothing',
    run: async (world) => {
      for (const [employeeId, isSubmitted] of [
        ['p1', true],
        ['p2', false],
      ] as const) {
        await world.record(joiner(`hire ${employeeId}`, employeeId, { title: 'a' }))
        await world.confirmAll()
        const moment = world.now + 1_000
        await world.record(
          hrEvent(`b ${employeeId}`, employeeId, { title: 'b' }, { order: 1 }),
          hrEvent(`a ${employeeId}`, employeeId, { title: 'a' }, { effectiveAt: moment, order: 2 }),
        )
        await world.plan()
        const batch = await world.needBatch()
        if (isSubmitted) await world.take(batch)
        world.now = moment
        assert.deepEqual(await world.slot(batch), { kind: 'empty' })
        assert.deepEqual(await world.plan(), [employeeId])
        const next = await world.next()
        assert.deepEqual(ids(next), isSubmitted ? [employeeId] : [])
        if (next) await world.answer(await world.accept(next))
        await world.finalize()
        await world.plan()
      }
    },
  },
  {
    name: 'a batch that tries after a hold keeps its try while its instance keeps the batch, whatever the answer',
    run: async (world) => {
      await waiting(world, 2)
      const [first, second] = [await world.needBatch({ maxOperations: 1 }), await world.needBatch()]
      await holding(world, 'full', T0 + 1_000)
      world.now = T0 + 1_000
      const { call } = await world.take(first)
      const answer = {
        kind: 'again',
        call,
        status: 503,
        notBefore: T0 + 2_000,
        countsAsAttempt: true,
      } as const
      await world.ledger.recordBatchAnswer(first.id, { ...answer, release: false, hold: null }, world.now)
      assert.deepEqual(await world.slot(second), { kind: 'wait', until: T0 + 61_000, why: 'hold' })
    },
  },
  {
    name: 'a batch that was accepted says nothing of another that waits',
    run: async (world) => {
      await waiting(world, 2)
      const other = await world.needBatch({ maxOperations: 1 })
      await world.accept(await world.needBatch())
      const { operations, batches } = (await world.ledger.readCounts()).stateCounts
      assert.deepEqual([operations.batched, operations.accepted, batches.open], [1, 1, 1])
      assert.equal((await world.slot(other)).kind, 'taken')
    },
  },
  {
    name: 'of several holds the one that ends last counts',
    run: async (world) => {
      await waiting(world, 1)
      const batch = await world.needBatch()
      await holding(world, 'full', T0 + 2_000)
      await holding(world, 'throttled', T0 + 1_000)
      assert.deepEqual(await world.slot(batch), { kind: 'wait', until: T0 + 2_000, why: 'hold' })
      await holding(world, 'full', T0)
      assert.deepEqual(
        await world.slot(batch),
        { kind: 'wait', until: T0 + 1_000, why: 'hold' },
        'one is lifted',
      )
    },
  },
  {
    name: 'a hold that an answer asks for is not longer because another one has stood for long',
    run: async (world) => {
      await waiting(world, 1)
      await holding(world, 'throttled', T0 + 1)
      world.now = T0 + 3_600_000
      await again(world, await world.needBatch(), world.now + 9_000, 'full')
      const full = (await world.figures()).holds.find(({ name }) => name === 'full')
      assert.deepEqual([full?.since, full?.until], [world.now, world.now + 9_000])
    },
  },
]
