import assert from 'node:assert/strict'
import { joiner, type LedgerCase, T0, type World } from './world.ts'

const OUTSIDE = { epoch: 4, progress: 1_000 }
const ORDER = { since: T0 - 5_000, actor: 'ann', justification: 'fed again', lagMs: 1_000 }
const read = (world: World, watermark: number): Promise<void> => world.correlate({ finalAt: 0, watermark })

/** What the ledger promises when it is older than the world. */
export const restoredCases: readonly LedgerCase[] = [
  {
    name: 'the counter of a ledger only grows: with messages, calls, answers and outcomes, and not with a plan',
    run: async (world) => {
      let before = await world.ledger.readAge()
      assert.deepEqual(before, { epoch: 0, progress: 0, olderSince: null })
      const grows = async (): Promise<void> => {
        const age = await world.ledger.readAge()
        assert.ok(age.progress > before.progress)
        before = age
      }
      await world.record(joiner('hire', 'p1'))
      await grows()
      await world.plan()
      assert.deepEqual(await world.ledger.readAge(), before)
      const sent = await world.accept(await world.needBatch())
      await grows()
      await world.answer(sent)
      await world.finalize()
      await grows()
      await world.publishAll()
      await grows()
    },
  },
  {
    name: 'a ledger older than its witness receives events and reads the log, and plans and sends nothing',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      await world.ledger.markOlder(OUTSIDE, world.now)
      await world.ledger.markOlder(OUTSIDE, world.now + 1)
      assert.equal((await world.ledger.readAge()).olderSince, world.now)
      assert.equal(await world.next(), null)
      assert.equal((await world.record(joiner('next', 'p2'))).fresh, 1)
      assert.deepEqual(await world.plan(), [])
      assert.deepEqual((await world.figures()).findings, [
        { code: 'LedgerOlderThanDirectory', count: 1, oldestAt: world.now },
      ])
      const { holds } = await world.ledger.readSubmissionStatus(world.now)
      assert.deepEqual(
        holds.map(({ name }) => name),
        ['restored'],
      )
    },
  },
  {
    name: 'a call in progress stops when the ledger is found to be older',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      await world.ledger.markOlder(OUTSIDE, world.now)
      assert.equal((await world.slot(batch)).kind, 'wait')
    },
  },
  {
    name: 'a person can declare the ledger complete once the log was read past the moment of detection',
    run: async (world) => {
      assert.deepEqual(await world.ledger.markRestored(ORDER, world.now), { kind: 'not-older' })
      await world.record(joiner('hire', 'p1'))
      const disabled = [{ employeeId: 'p2', at: world.now, change: 'c' }]
      await world.correlate({ finalAt: 0, elsewhere: { disabled, enabled: [] } })
      await world.ledger.markOlder(OUTSIDE, world.now)
      const needed = world.now - ORDER.lagMs
      assert.deepEqual(await world.ledger.markRestored(ORDER, world.now), {
        kind: 'log-not-read',
        readUntil: null,
        needed,
      })
      await read(world, needed - 1)
      assert.equal((await world.ledger.markRestored(ORDER, world.now)).kind, 'log-not-read')
      await read(world, needed)
      assert.deepEqual(await world.ledger.markRestored(ORDER, world.now), { kind: 'restored', epoch: 5 })
      assert.equal((await world.ledger.readAge()).epoch, 5)
      assert.equal((await world.ledger.readAge()).olderSince, null)
      assert.equal(await world.ledger.readWatermark(), ORDER.since)
      assert.deepEqual(
        (await world.figures()).findings.map(({ code }) => code),
        ['DisabledElsewhere'],
        'other findings stay open',
      )
      const { entries } = await world.ledger.listAudit({ about: null, since: null, next: null, limit: 10 })
      assert.deepEqual(
        entries.map(({ actor, action, justification: reason }) => [actor, action, reason]),
        [['ann', 'ledger.restored', 'fed again']],
      )
      assert.ok((await world.send()).operations.has('p1'))
    },
  },
  {
    name: 'an accepted call does not lift the hold of an older ledger',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      await world.ledger.markOlder(OUTSIDE, world.now)
      await world.ledger.recordBatchAnswer(
        batch.id,
        { kind: 'accepted', call, acceptedAt: world.now, requestId: null },
        world.now,
      )
      assert.equal((await world.ledger.readAge()).olderSince, world.now)
    },
  },
  {
    name: 'the epoch of a restored ledger is a new one, whether the ledger or its witness had the later one',
    run: async (world) => {
      const restored = async (epoch: number): Promise<unknown> => {
        await world.ledger.markOlder({ epoch, progress: 1_000 }, world.now)
        await read(world, world.now)
        return world.ledger.markRestored(ORDER, world.now)
      }
      const of = (epoch: number) => ({ kind: 'restored', epoch })
      assert.deepEqual([await restored(0), await restored(4), await restored(2)], [of(1), of(5), of(6)])
    },
  },
]
