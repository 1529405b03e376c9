import assert from 'node:assert/strict'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, SOURCE, T0, type World } from './world.ts'

const TOMORROW = T0 + DAY_MS

/** A hire planned and put into a batch that the service answers with 503. */
async function leftByAnOutage(world: World): Promise<string> {
  await world.record(joiner('hire', 'p1'))
  await world.plan()
  const batch = await world.needBatch()
  const { call } = await world.take(batch)
  const again = { kind: 'again', call, status: 503, notBefore: TOMORROW, countsAsAttempt: true } as const
  await world.ledger.recordBatchAnswer(batch.id, { ...again, release: true, hold: null }, world.now)
  return batch.id
}

const terminated = (more = {}) =>
  hrEvent('out', 'p1', { active: false }, { type: 'worker.terminated', effectiveAt: TOMORROW, ...more })
const takenBack = (more = {}) =>
  hrEvent('back', 'p1', {}, { rescinds: { source: SOURCE, id: 'hire' }, effectiveAt: TOMORROW, ...more })

/** What the service is handed from here on, in its order: `active` of each record. */
async function sends(world: World): Promise<readonly unknown[]> {
  const sent: unknown[] = []
  for (let batch = await world.next(); batch; batch = await world.next()) {
    const slot = await world.slot(batch)
    if (slot.kind !== 'taken') continue
    for (const { record } of slot.operations) sent.push(JSON.parse(record).active)
    const accepted = { kind: 'accepted', call: slot.call, acceptedAt: world.now, requestId: null } as const
    await world.ledger.recordBatchAnswer(batch.id, accepted, world.now)
  }
  return sent
}

/**
 * What the ledger promises of a leaving that lies ahead while an operation of its employee is
 * unanswered.
 */
export const aheadCases: readonly LedgerCase[] = [
  {
    name: 'a termination dated ahead overtakes an unanswered operation when its moment comes, and not before',
    run: async (world) => {
      await leftByAnOutage(world)
      await world.record(terminated())
      assert.deepEqual(await world.plan(), [], 'a future termination makes no employee due today')
      world.now = TOMORROW
      assert.deepEqual(await world.plan(), ['p1'])
      world.now = T0 + 2 * DAY_MS
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'a rescind of a hire dated ahead overtakes an unanswered operation when its moment comes',
    run: async (world) => {
      await leftByAnOutage(world)
      await world.record(takenBack())
      assert.deepEqual(await world.plan(), ['p1'], 'it waits: the hire stands until then')
      assert.deepEqual(await world.plan(), [])
      world.now = T0 + 2 * DAY_MS
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'a termination dated ahead is still planned after another event took effect before it',
    run: async (world) => {
      const title = hrEvent('title', 'p1', { title: 'Head' }, { effectiveAt: T0 + 3_600_000, order: 2 })
      await world.record(joiner('hire', 'p1'), title, terminated({ order: 3 }))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const again = { kind: 'again', call, status: 503, notBefore: TOMORROW, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: true, hold: null }, world.now)
      world.now = T0 + 7_200_000
      assert.deepEqual(await world.plan(), ['p1'], 'for the title, which waits for the answer')
      assert.deepEqual(await world.plan(), [], 'and is not asked for again and again')
      world.now = T0 + 2 * DAY_MS
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'of two terminations dated ahead, the earlier one is planned first',
    run: async (world) => {
      await leftByAnOutage(world)
      await world.record(terminated({ effectiveAt: T0 + 9 * DAY_MS }))
      await world.record({ ...terminated({ order: 2 }), id: 'sooner' })
      await world.record({ ...terminated({ effectiveAt: T0 + 5 * DAY_MS, order: 3 }), id: 'between' })
      world.now = TOMORROW
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'a termination that was received or took effect is never overtaken by an operation that gets a slot before the plan',
    run: async (world) => {
      await leftByAnOutage(world)
      await world.record(terminated())
      world.now = T0 + 2 * DAY_MS
      assert.deepEqual(await sends(world), [], 'the batch is resumed before its employee is planned')
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'an operation withdrawn in its slot may have been sent before, so the leaver is sent again',
    run: async (world) => {
      await world.record(joiner('first', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('gone', 'p1', { active: false }, { order: 1 }))
      await world.confirmAll()
      await world.record(hrEvent('again', 'p1', { active: true }, { order: 2 }))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const again = { kind: 'again', call, status: 503, notBefore: world.now, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: true, hold: null }, world.now)
      await world.record(hrEvent('out', 'p1', { active: false }, { order: 3 }))
      assert.deepEqual(await sends(world), [])
      await world.plan()
      assert.deepEqual(await sends(world), [false])
    },
  },
  {
    name: 'the end state is sent again when an overtaken operation that may have been sent is withdrawn after the leaver was confirmed',
    run: async (world) => {
      await world.record(joiner('first', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('title', 'p1', { title: 'x' }, { order: 1 }))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      const again = { kind: 'again', call, status: 503, notBefore: world.now, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: false, hold: null }, world.now)
      await world.record(leaver('out', 'p1'))
      await world.plan()
      await world.answer(await world.accept(await world.needBatch()))
      await world.finalize()
      await world.record(joiner('other', 'p2'))
      await world.plan()
      assert.equal((await world.slot(batch)).kind, 'empty')
      assert.deepEqual(await world.plan(), ['p1'])
      const { operations } = await world.needBatch()
      const active = operations.map(({ employeeId, record }) => [employeeId, JSON.parse(record).active])
      assert.deepEqual(Object.fromEntries(active), { p1: false, p2: true })
    },
  },
]
