import assert from 'node:assert/strict'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, type LedgerCase, T0, UNLIMITED, type World } from './world.ts'

const AHEAD = 3 * 3_600_000
const LENGTHS = { toleranceMs: 1_000, maxWaitMs: 60_000, leaseMs: 60_000, quietMs: 1_000 }

/**
 * The clock is ahead while `work` is done, and right again afterwards; what it wrote down is cut.
 */
async function ahead(world: World, work: () => Promise<void>): Promise<number> {
  const { now } = world
  world.now = now + AHEAD
  await work()
  world.now = now
  return world.ledger.cutMoments({ ...LENGTHS, now })
}
const mayLease = (world: World, owner: string): Promise<boolean> =>
  world.ledger.takeLease({ name: 'correlate', owner, now: world.now, leaseMs: 15_000 })

/** What a clock that was ahead once leaves behind holds nothing up. */
export const clockCases: readonly LedgerCase[] = [
  {
    name: 'a clock that was ahead delays no plan: its employees are due within the longest wait',
    run: async (world) => {
      await ahead(world, async () => {
        await world.intake([{ ...messageOf('hire', 'p1') }], { quietMs: 10_000 })
      })
      assert.deepEqual(await world.plan(), [], 'events that belong together may still arrive')
      world.now += LENGTHS.maxWaitMs
      assert.deepEqual(await world.plan(), ['p1'])
    },
  },
  {
    name: 'a clock that was ahead leaves no employee claimed for longer than a claim lasts',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      const claim = (): Promise<number> =>
        world.ledger
          .claimDueEmployees({ now: world.now, limit: 10, maxWaitMs: 60_000, claimMs: 15_000 })
          .then(({ length }) => length)
      await ahead(world, async () => assert.equal(await claim(), 1))
      assert.equal(await claim(), 1)
      assert.equal(await claim(), 0)
    },
  },
  {
    name: 'a clock that was ahead spends no call of a later day, and its calls count from now on',
    run: async (world) => {
      const limits = { ...UNLIMITED, perDay: 1 }
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      await ahead(world, async () => {
        const batch = await world.needBatch({ limits })
        const { call } = await world.take(batch, limits)
        await world.ledger.recordBatchAnswer(
          batch.id,
          { kind: 'accepted', call, acceptedAt: T0, requestId: null },
          world.now,
        )
      })
      await world.record(joiner('next', 'p2'))
      await world.plan()
      assert.equal(await world.next({ limits }), null)
      world.now += DAY_MS - 1
      assert.equal(await world.next({ limits }), null)
      world.now += 1
      assert.ok(await world.next({ limits }))
    },
  },
  {
    name: 'a clock that was ahead keeps no batch waiting for longer than its wait',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      await ahead(world, async () => {
        const batch = await world.needBatch()
        const { call } = await world.take(batch)
        await world.ledger.recordBatchAnswer(
          batch.id,
          {
            kind: 'again',
            call,
            status: 503,
            notBefore: world.now + 5_000,
            countsAsAttempt: true,
            release: true,
            hold: null,
          },
          world.now,
        )
      })
      world.now += 4_999
      assert.equal(await world.next(), null)
      world.now += 1
      assert.ok(await world.next())
    },
  },
  {
    name: 'a clock that was ahead does not prolong the lease of an abandoned batch',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      await ahead(world, async () => void (await world.needBatch({ owner: 'gone' })))
      assert.equal(await world.next({ owner: 'other' }), null)
      world.now += 60_000
      assert.ok(await world.next({ owner: 'other' }))
    },
  },
  {
    name: 'a clock that was ahead prolongs no lease: another instance takes over after its length',
    run: async (world) => {
      await ahead(world, async () => assert.equal(await mayLease(world, 'gone'), true))
      assert.equal(await mayLease(world, 'other'), false)
      world.now += LENGTHS.leaseMs
      assert.equal(await mayLease(world, 'other'), true)
    },
  },
  {
    name: 'a clock that was ahead does not prolong a hold',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      const { now } = world
      await world.ledger.setHold({
        name: 'throttled',
        since: now,
        until: now + 1_000,
        status: 429,
        detail: null,
      })
      await ahead(world, () =>
        world.ledger.setHold({
          name: 'throttled',
          since: world.now,
          until: world.now + 20_000,
          status: 429,
          detail: null,
        }),
      )
      world.now += 19_999
      assert.equal(await world.next(), null)
      world.now += 1
      assert.ok(await world.next())
    },
  },
  {
    name: 'a clock that was ahead makes an answer final after its quiet time',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      const sent = await world.send()
      await ahead(world, () => world.answer(sent))
      assert.equal(await world.ledger.finalizeOperations(world.now, 10), 0)
      assert.equal(await world.finalize(), 1)
    },
  },
  {
    name: 'a clock that was ahead keeps no operation from becoming overdue',
    run: async (world) => {
      await ahead(world, () =>
        world.ledger.setHold({
          name: 'job',
          since: world.now,
          until: world.now + 1_000,
          status: null,
          detail: 'Paused',
        }),
      )
      world.now += 2_000
      await world.record(joiner('hire', 'p1'))
      await world.send()
      world.now += 1
      assert.equal((await world.ledger.findOverdueOperations(world.now, 10)).length, 1)
    },
  },
  {
    name: 'only a watermark in the future is replaced by an earlier one',
    run: async (world) => {
      const move = (watermark: number): Promise<void> => world.correlate({ finalAt: 0, watermark })
      await move(T0 + AHEAD)
      await move(T0 - 2_000)
      assert.equal(await world.ledger.readWatermark(), T0 - 2_000)
      await move(T0 - 3_000)
      assert.equal(await world.ledger.readWatermark(), T0 - 2_000)
    },
  },
  {
    name: 'with correct clocks nothing is cut, however long it lasts',
    run: async (world) => {
      await world.intake([messageOf('hire', 'p1')], { quietMs: 60_000 })
      await world.record(joiner('next', 'p2'))
      await mayLease(world, 'one')
      const sent = await world.send()
      await world.answer(sent)
      await world.record(joiner('third', 'p3'))
      await world.plan()
      await world.take(await world.needBatch())
      await world.ledger.setHold({
        name: 'throttled',
        since: world.now,
        until: world.now + DAY_MS,
        status: 429,
        detail: null,
      })
      assert.equal(await world.ledger.cutMoments({ ...LENGTHS, now: world.now }), 0)
    },
  },
  {
    name: 'a moment is cut when it is further ahead than clocks may be apart, by a millisecond too, and each only once',
    run: async (world) => {
      const { now } = world
      const cut = (at: number): Promise<number> => world.ledger.cutMoments({ ...LENGTHS, now: at })
      // As late as a clock can make it that is ahead by the tolerance.
      world.now = now + LENGTHS.toleranceMs
      await world.record(joiner('answered', 'p1'))
      await world.answer(await world.send())
      await world.record(joiner('later', 'p2'))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const again = { kind: 'again', call, status: 503, countsAsAttempt: true, release: true } as const
      const notBefore = world.now + 60_000
      await world.ledger.recordBatchAnswer(batch.id, { ...again, notBefore, hold: null }, world.now)
      await world.record(joiner('leased', 'p3'), hrEvent('notice', 'p4', {}, { mode: 'notice' }))
      await world.plan()
      await world.needBatch({ leaseMs: LENGTHS.leaseMs, owner: 'other' })
      await world.ledger.claimNotices({
        now: world.now,
        noticedBefore: world.now,
        leaseMs: LENGTHS.leaseMs,
        limit: 1,
      })
      await world.ledger.takeLease({ name: 'correlate', owner: 'one', now: world.now, leaseMs: 60_000 })
      await world.intake([messageOf('quiet', 'p5')], { quietMs: LENGTHS.maxWaitMs, backlog: true })
      await world.record(joiner('due', 'p6'))
      const hold = { name: 'job', status: null, detail: null } as const
      await world.ledger.setHold({ ...hold, since: world.now, until: world.now + 1_000 })
      assert.equal(await cut(now), 0)
      // Two employees, a notice, an answer, two batches and their calls, a lease, a hold, the cursors
      // of the job and of the backlog.
      assert.deepEqual([await cut(now - 1), await cut(now - 1)], [12, 0])
    },
  },
  {
    name: 'the oldest unanswered operation is known, also one whose answer was lost',
    run: async (world) => {
      assert.equal(await world.ledger.readOldestUnanswered(), null)
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      const lost = await world.needBatch()
      await world.take(lost)
      assert.equal(await world.ledger.readOldestUnanswered(), T0)
      world.now += 5_000
      const sent = await world.accept(lost)
      assert.equal(await world.ledger.readOldestUnanswered(), T0)
      await world.answer(sent)
      assert.equal(await world.ledger.readOldestUnanswered(), null)
    },
  },
]

function messageOf(id: string, employeeId: string) {
  return {
    entity: 'hr-events',
    enqueuedAt: T0 - 1_000,
    sequence: `clock-${id}`,
    events: [joiner(id, employeeId)],
    rejected: null,
  }
}
