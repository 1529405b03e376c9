import assert from 'node:assert/strict'
import { MONTH_MS } from '../../../../src/core/emergency/money.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { anInstance } from '../../../fakes/instances.ts'
import { call as emergencyCall, DISABLED } from './emergency.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, T0, type World } from './world.ts'

/** How many rows each slice took out, until there are no more. */
async function ageAll(world: World, before: number): Promise<readonly number[]> {
  const slices: number[] = []
  for (let slice = 0; slice < 20; slice++) {
    const { removed, more } = await world.ledger.removeAged({ before, limit: 1 })
    if (removed > 0) slices.push(removed)
    if (!more) return slices
  }
  return assert.fail('there is always more')
}
/** What the ledger promises of old rows that belong to no employee's events. */
export const ageOutCases: readonly LedgerCase[] = [
  {
    name: 'rows without events are removed by age in slices: messages, calls, batches and log records of others’ changes',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      const second = await world.confirmAll()
      const foreign = { record: world.logRecord('p1'), operation: null, interim: null }
      await world.correlate({ joins: [foreign], finalAt: world.now, foreign: 1 })
      const before = world.now + 1
      assert.equal(await retain(world), 2)
      await world.intake([messageOf('young', joiner('e3', 'p2'))])
      assert.deepEqual(await ageAll(world, T0), [], 'as old as the first of them')
      // Two messages, one record, and the batch whose operation went with the events; one of each
      // kind at a time.
      const slices = await ageAll(world, before)
      assert.equal(
        slices.reduce((sum, removed) => sum + removed, 0),
        4,
      )
      assert.ok(Math.max(...slices) <= 3)
      const calls = await ageAll(world, before + DAY_MS)
      assert.ok(calls.length >= 2, 'calls are kept for a day longer')
      assert.equal(await world.ledger.readTrace(first.batch.id), null)
      const kept = await world.ledger.readTrace(second.batch.id)
      assert.equal(kept?.operations[0]?.batch?.id, second.batch.id)
      assert.equal((await world.intake([messageOf('young', joiner('e3', 'p2'))])).redelivered, 1)
      await world.balanced()
    },
  },
  {
    name: 'a row that is exactly as old as the limit stays; calls count a day longer, and those that cost money a month',
    run: async (world) => {
      const at = async (before: number) => {
        const { removed, more } = await world.ledger.removeAged({ before, limit: 100 })
        assert.equal(more, false)
        return removed
      }
      const both = async (moment: number) => [await at(moment), await at(moment + 1)]
      const start = world.now
      const events = [joiner('e1', 'p1'), joiner('e2', 'p2')]
      await world.intake([messageOf('one', ...events)])
      await world.answerEach(await world.send())
      await world.finalize()
      world.now = start
      const foreign = { record: world.logRecord('p2'), operation: null, interim: null }
      await world.correlate({ joins: [foreign], foreign: 1 })
      await world.intake([messageOf('two', leaver('e3', 'p1'))])
      await world.plan()
      await emergencyCall(world, 'p1', { ...DISABLED, at: start })
      world.now = start
      await world.ledger.announceInstance(anInstance('one', { startedAt: start, seenAt: start }))
      const batch = await world.needBatch()
      await world.take(batch)
      const operation = batch.operations[0]?.id ?? ''
      await world.ledger.beginDirectWrite(
        {
          batch: batch.id,
          owner: 'one',
          leaseMs: 60_000,
          operation,
          microUsd: 1,
          budget: { day: 1, month: 1 },
        },
        start,
      )
      // Two messages, the log record of another system's change, a deactivation, an instance.
      assert.deepEqual(await both(start), [0, 5])
      assert.deepEqual(await both(start + DAY_MS), [0, 2], 'the two calls')
      assert.deepEqual(await both(start + MONTH_MS), [0, 2], 'the emergency call and a direct cost')
    },
  },
  {
    name: 'a call keeps its place in the day for two minutes more, also when retention keeps a day',
    run: async (world) => {
      const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 1 }
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch, limits)
      const again = { kind: 'again', call, status: 503, notBefore: world.now, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: false, hold: null }, world.now)
      world.now += DAY_MS + 60_000
      await ageAll(world, world.now - DAY_MS)
      assert.equal((await world.slot(batch, limits)).kind, 'wait')
      world.now += 60_000
      assert.equal((await world.slot(batch, limits)).kind, 'taken')
    },
  },
  {
    name: 'a batch without operations is removed in the first slice that reaches its age, also while half of another one waits',
    run: async (world) => {
      await world.record(...['p1', 'p2', 'p3', 'p4'].map((id) => joiner(`hire of ${id}`, id)))
      await world.plan()
      await world.refuse(await world.needBatch())
      // One half of the first half waits for the other.
      await world.refuse(await world.needBatch())
      const split = async () => (await world.ledger.readCounts()).stateCounts.batches.split
      assert.equal(await split(), 2)
      world.now += DAY_MS
      await world.ledger.removeAged({ before: world.now, limit: 100 })
      assert.equal(await split(), 0)
      const sent = new Set<string>()
      for (let batch = await world.next(); batch; batch = await world.next())
        for (const employeeId of (await world.accept(batch)).operations.keys()) sent.add(employeeId)
      assert.equal(sent.size, 4)
    },
  },
  {
    name: 'a batch that is open, or that another one needs, is not removed by age',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      world.now += 500 * DAY_MS
      await ageAll(world, world.now)
      assert.equal((await world.accept(batch)).operations.size, 1)
    },
  },
]
