import assert from 'node:assert/strict'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, type LedgerCase, T0 } from './world.ts'

/** What the ledger promises of how much there is, and of when nothing is left to do. */
export const countCases: readonly LedgerCase[] = [
  {
    name: 'a ledger is idle when no work is left, and not before the last outcome is published',
    run: async (world) => {
      const idle = async (): Promise<boolean> => (await world.ledger.readIdle(world.now)).idle
      assert.equal(await idle(), true)
      await world.record(joiner('e1', 'p1'))
      assert.equal(await idle(), false)
      await world.plan()
      assert.equal(await idle(), false)
      const batch = await world.needBatch()
      assert.equal(await idle(), false)
      const sent = await world.accept(batch)
      assert.equal(await idle(), false)
      await world.answer(sent)
      assert.equal(await idle(), false)
      await world.finalize()
      assert.equal(await idle(), false)
      await world.publishAll()
      assert.deepEqual(await world.ledger.readIdle(world.now), { idle: true, nextAt: null })
    },
  },
  {
    name: 'a ledger knows the next moment of its own: an announced event or a notice to read then, whichever is first',
    run: async (world) => {
      const at = (days: number): number => T0 + days * DAY_MS
      const rest = async (): Promise<void> => {
        await world.plan()
        await world.publishAll()
      }
      const claim = async () => {
        const claimed = { now: world.now, noticedBefore: world.now, leaseMs: 1_000, limit: 1 }
        const [{ seq, claimedUntil } = assert.fail('a notice waits')] =
          await world.ledger.claimNotices(claimed)
        return { seq, claimedUntil }
      }
      await world.record(
        hrEvent('e1', 'p1', { title: 'Lead' }, { effectiveAt: at(3) }),
        hrEvent('n1', 'p2', {}, { mode: 'notice' }),
      )
      await world.ledger.finishNotices([{ kind: 'again', ...(await claim()), at: at(2) }], world.now)
      await rest()
      assert.deepEqual(await world.ledger.readIdle(world.now), { idle: true, nextAt: at(2) })
      assert.equal((await world.ledger.readIdle(at(2) - 1)).idle, true)
      assert.equal((await world.ledger.readIdle(at(2))).idle, false, 'the moment has come')
      world.now = at(2)
      const dead = { kind: 'failed', ...(await claim()), detail: 'HTTP 404' } as const
      await world.ledger.finishNotices([dead], world.now)
      await rest()
      assert.equal((await world.ledger.readIdle(world.now)).nextAt, at(3), 'a dead notice is not read')
    },
  },
  {
    name: 'running totals agree with the rows',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('e3', 'p1', { hobby: 'x' }))
      await world.plan()
      const { totals, stateCounts } = await world.ledger.readCounts()
      assert.deepEqual(totals, await world.ledger.readTotals())
      assert.deepEqual(
        [
          totals.messages,
          totals.events,
          totals.duplicates,
          totals.finished,
          totals.operations,
          totals.calls,
          totals.published,
        ],
        [4, 3, 1, 3, 2, 1, 0],
      )
      assert.deepEqual(
        [
          stateCounts.events.confirmed,
          stateCounts.events.unchanged,
          stateCounts.operations.confirmed,
          stateCounts.employees,
          stateCounts.unpublished,
        ],
        [2, 1, 2, 2, 3],
      )
    },
  },
  {
    name: 'a new ledger counts nothing',
    run: async (world) => {
      const { totals, stateCounts } = await world.ledger.readCounts()
      const { events, operations, batches, employees, unpublished } = stateCounts
      const counts = [totals, events, operations, batches].flatMap((them) => Object.values(them))
      assert.deepEqual(new Set([...counts, employees, unpublished]), new Set([0]))
    },
  },
  {
    name: 'a working ledger answers a ping',
    run: async (world) => {
      await world.ledger.ping()
      await world.ledger.ping()
    },
  },
]
