import assert from 'node:assert/strict'
import type { HrEvent } from '../../../../src/core/model.ts'
import type { ClaimedNotice, ReadResult } from '../../../../src/core/ledger/port/intake.ts'
import { hrEvent, joiner, type LedgerCase, SOURCE, type World } from './world.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'

const notice = (id: string, employeeId: string, more: Partial<HrEvent> = {}): HrEvent =>
  hrEvent(id, employeeId, {}, { mode: 'notice', ...more })
const claim = (world: World, limit = 10): Promise<readonly ClaimedNotice[]> =>
  world.ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 1_000, limit })
const WORKER = { userName: 'a@x.com', title: 'Engineer', active: true }
function read(
  world: World,
  { seq, claimedUntil }: ClaimedNotice,
  more: Partial<Extract<ReadResult, { kind: 'read' }>> = {},
): Promise<void> {
  return world.ledger.finishNotices(
    [
      {
        kind: 'read',
        seq,
        claimedUntil,
        mode: 'snapshot',
        worker: WORKER,
        began: world.now,
        recordedAt: world.now,
        nextAt: null,
        ...more,
      },
    ],
    world.now,
  )
}
async function one(world: World): Promise<ClaimedNotice> {
  const [found] = await claim(world)
  return found ?? assert.fail('a notice waits')
}

/** What the ledger promises of notices. */
export const noticeCases: readonly LedgerCase[] = [
  {
    name: 'a notice waits until it is read, becomes a snapshot of that moment, and is confirmed like other events',
    run: async (world) => {
      await world.record(notice('n1', 'p1'))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { n1: 'held' })
      assert.equal((await world.ledger.readIdle(world.now)).idle, false)
      await read(world, await one(world))
      assert.deepEqual(await claim(world), [])
      const [employee] = await world.due()
      assert.deepEqual(
        [employee?.events[0]?.mode, employee?.events[0]?.effectiveAt, employee?.events[0]?.worker],
        ['snapshot', world.now, WORKER],
      )
      await world.confirmAll()
      assert.deepEqual(await world.outcomes(), ['n1:1:confirmed'])
    },
  },
  {
    name: 'a claimed notice belongs to one instance until its lease lapses, and waits after a read that failed',
    run: async (world) => {
      await world.record(notice('n1', 'p1'))
      await one(world)
      assert.deepEqual(await claim(world), [])
      world.now += 1_000
      const { seq, claimedUntil, attempts } = await one(world)
      assert.equal(attempts, 0)
      const result = { seq, claimedUntil, at: world.now + 500 }
      await world.ledger.finishNotices([{ kind: 'again', ...result }], world.now)
      assert.deepEqual(await claim(world), [])
      world.now += 500
      assert.equal((await one(world)).attempts, 1)
      world.now += 1_000
      await read(world, await one(world))
      await world.confirmAll()
    },
  },
  {
    name: 'what an instance read whose claim has lapsed changes nothing once another has read it',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      const late = await one(world)
      world.now += 1_000
      await read(world, await one(world), { nextAt: moment })
      await world.confirmAll()
      const { seq, claimedUntil } = late
      await world.ledger.finishNotices([{ kind: 'again', seq, claimedUntil, at: world.now }], world.now)
      assert.deepEqual(await claim(world), [], 'it is not read before its moment')
      await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: '404' }], world.now)
      await read(world, late, { worker: { ...WORKER, title: 'older' }, began: world.now - 1_000 })
      assert.deepEqual(await world.plan(), [])
      world.now = moment
      assert.equal((await one(world)).id, 'n1', 'it is read again when it takes effect')
    },
  },
  {
    name: 'a leaver stays out when the record that a notice became was true before HR recorded the leaving',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      const wasTrueAt = world.now
      await world.record(notice('n1', 'p1', { recordedAt: wasTrueAt }))
      world.now += 1_000
      const left = { recordedAt: world.now, effectiveAt: world.now }
      await world.record(hrEvent('left', 'p1', { active: false }, left))
      world.now += 1_000
      await read(world, await one(world), { recordedAt: wasTrueAt })
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
    },
  },
  {
    name: 'a released notice can be claimed at once, and no attempt is counted',
    run: async (world) => {
      await world.record(notice('n1', 'p1'))
      const { seq, claimedUntil } = await one(world)
      await world.ledger.finishNotices([{ kind: 'released', seq, claimedUntil }], world.now)
      assert.equal((await one(world)).attempts, 0)
    },
  },
  {
    name: 'a notice that cannot be read is dead-lettered; a notice of a termination deactivates',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record({
        ...notice('n1', 'p1', { type: 'worker.terminated', order: 9 }),
        worker: { active: false },
      })
      const { seq, claimedUntil } = await one(world)
      await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: 'Http500' }], world.now)
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', n1: 'dead-lettered' })
      assert.deepEqual(await claim(world), [])
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
      const told = (await world.ledger.listUnpublishedOutcomes(10)).find(({ eventId }) => eventId === 'n1')
      assert.deepEqual([told?.reason, told?.detail], ['HydrateFailed', 'Http500'])
    },
  },
  {
    name: 'a notice dated ahead is read now and at its moment; only a different answer opens the next revision of its outcome',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(
        notice('n1', 'p1', { effectiveAt: moment }),
        notice('n2', 'p2', { effectiveAt: moment }),
      )
      for (const found of await claim(world)) {
        assert.equal(found.effectiveAt, moment)
        await read(world, found, { nextAt: moment })
      }
      await world.confirmAll()
      assert.deepEqual(await claim(world), [])
      world.now = moment
      for (const found of await claim(world))
        await read(world, found, found.employeeId === 'p1' ? {} : { worker: { ...WORKER, title: 'Head' } })
      assert.deepEqual(await claim(world), [])
      await world.confirmAll()
      assert.deepEqual([...(await world.outcomes())].sort(), [
        'n1:1:confirmed',
        'n2:1:confirmed',
        'n2:2:confirmed',
      ])
    },
  },
  {
    name: 'what HR repeats when a notice takes effect overrules events that came since the first read',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      await read(world, await one(world), { worker: { ...WORKER, active: false }, nextAt: moment })
      await world.confirmAll()
      world.now += 1_000
      await world.record(
        hrEvent('back', 'p1', { active: true }, { recordedAt: world.now, effectiveAt: world.now }),
      )
      await world.confirmAll()
      world.now = moment
      await read(world, await one(world), { worker: { ...WORKER, active: false } })
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
    },
  },
  {
    name: 'what was read for a notice stands if the read at its moment fails, and it is not read a third time',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      await read(world, await one(world), { nextAt: moment })
      await world.confirmAll()
      world.now = moment
      const { seq, claimedUntil } = await one(world)
      await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: 'Http500' }], world.now)
      world.now += 1_000
      assert.deepEqual(await claim(world), [])
      assert.deepEqual(await world.outcomes(), ['n1:1:confirmed'])
    },
  },
  {
    name: 'what HR repeats when a notice takes effect overrules events that come later and stand before it',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      await read(world, await one(world), { nextAt: moment })
      await world.confirmAll()
      world.now = moment
      await read(world, await one(world))
      const between = moment - 1_000
      await world.record(
        hrEvent('out', 'p1', { active: false }, { recordedAt: between, effectiveAt: between }),
      )
      await world.plan()
      assert.deepEqual(await world.states('p1'), { n1: 'confirmed', out: 'superseded' })
    },
  },
  {
    name: 'a rescinded notice stays rescinded, whatever is read for it',
    run: async (world) => {
      await world.record(
        notice('n1', 'p1'),
        hrEvent('r1', 'p1', {}, { rescinds: { source: SOURCE, id: 'n1' } }),
      )
      await world.plan()
      await read(world, await one(world))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { n1: 'skipped', r1: 'unchanged' })
    },
  },
  {
    name: 'what HR repeats when a notice takes effect overrules events that took effect since the first read, also if they came before it',
    run: async (world) => {
      const moment = world.now + DAY_MS
      const between = { effectiveAt: moment - 60_000 }
      await world.record(
        notice('n1', 'p1', { effectiveAt: moment }),
        hrEvent('ahead', 'p1', { title: 'Lead' }, between),
      )
      world.now += 1_000
      await read(world, await one(world), { nextAt: moment })
      await world.confirmAll()
      world.now = moment - 60_000
      await world.confirmAll()
      world.now = moment
      await read(world, await one(world))
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'Engineer')
    },
  },
  {
    name: 'events of another employee are no reason to count what HR repeats as news',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      await read(world, await one(world), { nextAt: moment })
      await world.confirmAll()
      world.now += 1_000
      await world.record(joiner('other', 'p2'))
      await world.confirmAll()
      world.now = moment
      await read(world, await one(world))
      const other = (await world.ledger.readTrace('other'))?.events[0]
      assert.equal(other?.effectiveAt, joiner('other', 'p2').effectiveAt)
      assert.deepEqual(await world.plan(), [])
      assert.equal((await world.outcomes()).length, 2)
    },
  },
  {
    name: 'a notice that turns out to be a termination is planned at once, although an operation is unanswered',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('other', 'p2'))
      await world.send()
      const later = { recordedAt: world.now, order: 1 }
      await world.record(notice('n1', 'p1', later), notice('n2', 'p2', later))
      for (const found of await claim(world))
        await read(world, found, found.employeeId === 'p1' ? { worker: { ...WORKER, active: false } } : {})
      assert.deepEqual(await world.plan(), ['p1'])
    },
  },
  {
    name: 'what is read for a notice that has died since it was claimed changes nothing',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(
        notice('n1', 'p1', { effectiveAt: moment }),
        notice('n2', 'p2', { effectiveAt: moment }),
      )
      for (const found of await claim(world)) await read(world, found, { nextAt: moment })
      const sent = await world.send()
      world.now = moment
      const claimed = await claim(world)
      await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidDomain' })
      await world.finalize()
      await world.plan()
      const dead = [{ n1: 'dead-lettered' }, { n2: 'dead-lettered' }]
      assert.deepEqual([await world.states('p1'), await world.states('p2')], dead)
      for (const found of claimed)
        await read(world, found, found.employeeId === 'p1' ? {} : { worker: { ...WORKER, title: 'Head' } })
      assert.deepEqual([await world.states('p1'), await world.states('p2')], dead)
      assert.deepEqual(await claim(world), [])
      await world.plan()
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'notices are claimed as many as asked for, those that wait longest first, and counted from the first attempt after each read',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      world.now += 10
      await world.record(notice('n2', 'p2'))
      const first = await claim(world, 1)
      assert.deepEqual(
        first.map(({ id }) => id),
        ['n1'],
      )
      const { seq, claimedUntil } = first[0] ?? assert.fail('n1 waits')
      await world.ledger.finishNotices([{ kind: 'again', seq, claimedUntil, at: world.now }], world.now)
      const second = (await claim(world)).find(({ id }) => id === 'n1') ?? assert.fail('n1 waits')
      assert.equal(second.attempts, 1)
      await read(world, second, { nextAt: moment })
      world.now = moment
      const third = (await claim(world)).find(({ id }) => id === 'n1')
      assert.equal(third?.attempts, 0)
    },
  },
  {
    name: 'what HR says anew when a notice takes effect counts, also if the directory held the first answer already',
    run: async (world) => {
      const moment = world.now + DAY_MS
      await world.record(notice('n1', 'p1', { effectiveAt: moment }))
      await read(world, await one(world), { nextAt: moment })
      const redundant = { code: 'RedundantExport', status: 'skipped' } as const
      await world.answer(await world.send(), 'unchanged', redundant)
      await world.finalize()
      world.now = moment
      await read(world, await one(world), { worker: { ...WORKER, title: 'Head' } })
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'Head')
      assert.deepEqual(await world.outcomes(), ['n1:1:unchanged', 'n1:2:confirmed'])
    },
  },
  {
    name: 'a read that failed is recorded once, and takes no other notice from the instance that reads it',
    run: async (world) => {
      await world.record(notice('n1', 'p1'), notice('n2', 'p2'))
      const claimed = await claim(world)
      const [first, second] = ['n1', 'n2'].map((id) => claimed.find((one) => one.id === id))
      assert.ok(first && second)
      const { seq, claimedUntil } = first
      for (const detail of ['404', '500'])
        await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail }], world.now)
      assert.deepEqual(await world.outcomes(), ['n1:1:dead-lettered'])
      await read(world, second)
      assert.deepEqual(await world.plan(), ['p1', 'p2'])
      assert.deepEqual(await world.states('p2'), { n2: 'planned' })
    },
  },
]
