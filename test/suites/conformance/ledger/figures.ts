import assert from 'node:assert/strict'
import type { Stage } from '../../../../src/core/ledger/port/figures.ts'
import type { StageCursor, StagePage } from '../../../../src/core/ledger/port/views/stages.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { failAll } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, T0, type World } from './world.ts'

const HOUR_MS = 3_600_000

/** `count since` of the stages with something in them, in seconds after the start. */
async function stages(world: World): Promise<Partial<Record<Stage, string>>> {
  const figures = await world.figures()
  return Object.fromEntries(
    Object.entries(figures.stages).flatMap(([stage, { count, oldestAt }]) =>
      count === 0 ? [] : [[stage, `${count} ${oldestAt === null ? 'null' : (oldestAt - T0) / 1_000}`]],
    ),
  )
}

/** The employees of a stage, read two at a time. */
async function listedIn(world: World, stage: Stage): Promise<readonly string[]> {
  const found: string[] = []
  for (let next: StageCursor | null = null, more = true; more;) {
    const page: StagePage = await world.ledger.listStage({ stage, now: world.now, next, limit: 2 })
    found.push(...page.rows.map(({ employeeId }) => employeeId))
    next = page.next
    more = next !== null && found.length < 9
  }
  return found.toSorted()
}

/** What the ledger promises of the figures that metrics and alerts are made of. */
export const figureCases: readonly LedgerCase[] = [
  {
    name: 'each stage of the flow has a count, and the time of its oldest item',
    run: async (world) => {
      assert.deepEqual(await stages(world), {})
      await world.record(joiner('hire-1', 'p1'), hrEvent('move-1', 'p1', { title: 'Lead' }))
      world.now += 10_000
      await world.record(joiner('hire-2', 'p2'))
      assert.deepEqual(await stages(world), { received: '3 0', due: '2 0' })
      world.now += 10_000
      await world.plan()
      assert.deepEqual(await stages(world), { waiting: '2 20' })
      world.now += 10_000
      const batch = await world.needBatch()
      assert.deepEqual(await stages(world), { waiting: '2 20' }, 'a batch is not accepted yet')
      const sent = await world.accept(batch)
      assert.deepEqual(await stages(world), { accepted: '2 30' })
      world.now += 10_000
      await world.answer(sent)
      assert.deepEqual(await stages(world), { answered: '2 40' })
      world.now += 10_000
      await world.finalize()
      assert.deepEqual(await stages(world), { unpublished: '3 51' })
      const rows = await world.ledger.listUnpublishedOutcomes(2)
      await world.ledger.markOutcomesPublished(
        rows.map(({ id }) => id),
        world.now,
      )
      assert.deepEqual(await stages(world), { unpublished: '1 51' })
    },
  },
  {
    name: 'a stage is listed a page at a time: each item that waits there once, and nothing else',
    run: async (world) => {
      const listed = (stage: Stage): Promise<readonly string[]> => listedIn(world, stage)
      const all = ['p1', 'p2', 'p3']
      await world.record(...all.map((id) => joiner(`hire of ${id}`, id)))
      assert.deepEqual([await listed('received'), await listed('due')], [all, all])
      await world.plan()
      assert.deepEqual([await listed('waiting'), await listed('received')], [all, []])
      const sent = await world.accept(await world.needBatch())
      assert.deepEqual([await listed('accepted'), await listed('waiting')], [all, []])
      await world.answer(sent)
      assert.deepEqual([await listed('answered'), await listed('accepted')], [all, []])
      await world.finalize()
      assert.deepEqual([await listed('unpublished'), await listed('answered')], [all, []])
      const [first] = await world.ledger.listUnpublishedOutcomes(1)
      await world.ledger.markOutcomesPublished(first ? [first.id] : [], world.now)
      assert.deepEqual(await listed('unpublished'), ['p2', 'p3'])
    },
  },
  {
    name: 'a stage is listed in the order in which its items began to wait, each with that moment',
    run: async (world) => {
      const list = async (stage: Stage): Promise<readonly unknown[]> => {
        const found: unknown[] = []
        for (let next: StageCursor | null = null, more = true; more;) {
          const page: StagePage = await world.ledger.listStage({ stage, now: world.now, next, limit: 1 })
          found.push(
            ...page.rows.map((row) => [row.employeeId, row.name, row.since && (row.since - T0) / 1_000]),
          )
          next = page.next
          more = next !== null && found.length < 9
        }
        return found
      }
      await world.record(joiner('hire of b', 'b'))
      world.now = T0 + 1_000
      await world.record(joiner('hire of a', 'a'))
      assert.deepEqual(await list('received'), [
        ['b', 'hire of b', 0],
        ['a', 'hire of a', 1],
      ])
      assert.deepEqual(await list('due'), [
        ['b', null, 0],
        ['a', null, 1],
      ])
      await world.plan()
      const first = await world.needBatch({ maxOperations: 1 })
      const second = await world.needBatch({ maxOperations: 1 })
      const [one = '', other = ''] = [first, second].map(({ operations }) => operations[0]?.employeeId)
      world.now = T0 + 2_000
      const later = await world.accept(second)
      world.now = T0 + 3_000
      const sooner = await world.accept(first)
      const [op, otherOp] = [sooner.operations.get(one), later.operations.get(other)]
      assert.deepEqual(await list('accepted'), [
        [other, otherOp, 2],
        [one, op, 3],
      ])
      world.now = T0 + 4_000
      await world.answer(later)
      world.now = T0 + 5_000
      await world.answer(sooner)
      assert.deepEqual(await list('answered'), [
        [other, otherOp, 4],
        [one, op, 5],
      ])
      await world.finalize()
      assert.deepEqual(await list('unpublished'), [
        [other, `hire of ${other}`, 6],
        [one, `hire of ${one}`, 6],
      ])
    },
  },
  {
    name: 'an employee is due, and listed as such, from its moment on, and while an operation is unanswered only for a termination',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('later', 'p2'))
      const sent = await world.send()
      world.now += 1_000
      await world.record(hrEvent('move', 'p1', { title: 'Lead' }))
      assert.deepEqual(await stages(world), { received: '1 1', accepted: '2 0' })
      await world.record(leaver('out', 'p1'))
      assert.deepEqual(await stages(world), { received: '2 1', due: '1 1', accepted: '2 0' })
      assert.deepEqual(await listedIn(world, 'due'), ['p1'])
      await world.plan()
      await world.answer(sent)
      await world.finalize()
      const at = world.now + HOUR_MS
      await world.record(hrEvent('tomorrow', 'p2', { title: 'Lead' }, { effectiveAt: at }))
      await world.plan()
      assert.equal((await stages(world)).due, undefined)
      assert.deepEqual(await listedIn(world, 'due'), [])
      world.now = at
      assert.equal((await stages(world)).due, `1 ${(at - T0) / 1_000}`)
      assert.deepEqual(await listedIn(world, 'due'), ['p2'])
      world.now = at + 5_000
      assert.equal((await stages(world)).due, `1 ${(at - T0) / 1_000}`)
      assert.deepEqual(await listedIn(world, 'due'), ['p2'])
      await world.record(leaver('out of p3', 'p3'), hrEvent('again', 'p2', { title: 'Head' }))
      assert.deepEqual(await listedIn(world, 'due'), ['p2', 'p3'], 'each once, for whatever reason')
    },
  },
  {
    name: 'an event that was put back is as old as its second start, not as its first',
    run: async (world) => {
      const event = hrEvent('move', 'p1', { title: 'Lead' })
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(event)
      await failAll(world)
      world.now += DAY_MS
      const { deadLetters } = await world.figures()
      assert.deepEqual(
        deadLetters.map(({ code, count }) => [code, count]),
        [['InvalidDomain', 1]],
      )
      assert.equal(deadLetters[0]?.oldestAt, world.now - DAY_MS)
      await world.intake([{ ...messageOf('again', event), enqueuedAt: world.now }])
      assert.deepEqual(
        [(await stages(world)).received, (await stages(world)).due],
        ['1 null', `1 ${(world.now - T0) / 1_000}`],
      )
      assert.deepEqual([await listedIn(world, 'received'), await listedIn(world, 'due')], [[], ['p1']])
      assert.deepEqual((await world.figures()).deadLetters, [])
    },
  },
  {
    name: 'an operation is unanswered from its first call on, whether that was accepted or not',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      assert.deepEqual((await world.figures()).unanswered, { count: 0, oldestAt: null })
      const { call } = await world.take(batch)
      await world.ledger.recordBatchAnswer(
        batch.id,
        {
          kind: 'again',
          call,
          status: 503,
          notBefore: world.now,
          countsAsAttempt: true,
          release: false,
          hold: null,
        },
        world.now,
      )
      world.now += 60_000
      assert.deepEqual((await world.figures()).unanswered, { count: 1, oldestAt: T0 })
      const sent = await world.accept(batch)
      assert.deepEqual((await world.figures()).unanswered, { count: 1, oldestAt: T0 })
      await world.answer(sent)
      assert.deepEqual((await world.figures()).unanswered, { count: 0, oldestAt: null })
    },
  },
  {
    name: 'the quota counts the calls of the last 24 hours, and a hold counts while it is in force',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.send()
      world.now += HOUR_MS
      await world.record(joiner('hire-2', 'p2'))
      await world.send()
      const hold = { since: world.now, until: world.now + 60_000, status: null, detail: null }
      await world.ledger.setHold({ ...hold, name: 'job' })
      await world.ledger.setHold({ ...hold, name: 'access', status: 403 })
      const { quota, holds } = await world.figures()
      assert.deepEqual(quota, { used: 2, oldestAt: T0, lastAt: T0 + HOUR_MS })
      assert.deepEqual(holds.map(({ name }) => name).toSorted(), ['access', 'job'])
      world.now += DAY_MS - HOUR_MS
      const later = await world.figures()
      assert.deepEqual(later.quota, { used: 1, oldestAt: T0 + HOUR_MS, lastAt: T0 + HOUR_MS })
      assert.deepEqual(
        later.holds.map(({ name }) => name),
        ['access'],
        'a look at the job that is over holds nothing; a refusal ends with the next accepted batch',
      )
    },
  },
  {
    name: 'the brake says how many deactivations count, and how many it holds since when',
    run: async (world) => {
      await world.record(joiner('hire-1', 'p1'), joiner('hire-2', 'p2'))
      await world.confirmAll()
      await world.record(leaver('out-1', 'p1'), leaver('out-2', 'p2'))
      const one = { windowMs: DAY_MS, absolute: 1, percent: 100, floor: 1 }
      await world.ledger.commitPlan(world.decide(await world.due()), one, world.now)
      const { brake, leavers } = await world.figures()
      assert.deepEqual(brake, { window: 1, held: 1, heldSince: world.now })
      assert.deepEqual(leavers, {
        count: 2,
        oldestAt: world.now,
        causes: [{ cause: 'under-way', count: 2, oldestAt: world.now }],
      })
      await world.tend()
      assert.deepEqual(
        (await world.figures()).leavers.causes.map(({ cause, count }) => `${cause} ${count}`),
        ['brake 1', 'under-way 1'],
      )
      world.now += DAY_MS + 1
      assert.equal((await world.figures()).brake.window, 0)
    },
  },
  {
    name: 'the state of the job is the one last seen, and unknown until then',
    run: async (world) => {
      assert.equal((await world.figures()).job, null)
      const seen = async (until: number): Promise<void> =>
        world.ledger.setHold({ name: 'job', since: world.now, until, status: null, detail: null })
      await seen(world.now)
      assert.deepEqual((await world.figures()).job, { running: true, seenAt: world.now })
      world.now += 1_000
      await seen(world.now + 60_000)
      assert.deepEqual((await world.figures()).job, { running: false, seenAt: world.now })
    },
  },
  {
    name: 'the dead letters of the bus are those of the last count, and absent before the first one',
    run: async (world) => {
      assert.equal((await world.figures()).busDeadLetters, null)
      const codes = [
        { code: 'Poison', count: 1, oldestAt: null },
        { code: 'Unreadable', count: 3, oldestAt: T0 },
      ]
      await world.ledger.recordBusDeadLetters({ countedAt: T0, capped: true, codes })
      assert.deepEqual((await world.figures()).busDeadLetters, { countedAt: T0, capped: true, codes })
      const later = { countedAt: T0 + 1, capped: false, codes: codes.slice(1) }
      await world.ledger.recordBusDeadLetters(later)
      assert.deepEqual((await world.figures()).busDeadLetters, later)
    },
  },
  {
    name: 'findings, blocks, incomplete employees and the position in the log are counted with their times',
    run: async (world) => {
      await world.record(hrEvent('partial', 'p1', { title: 'Lead' }))
      await world.plan()
      await world.correlate({
        finalAt: world.now,
        watermark: world.now - 5_000,
        elsewhere: { disabled: [{ employeeId: 'p2', at: world.now, change: 'c' }], enabled: [] },
        foreign: 1,
      })
      await world.ledger.blockEmployees(
        [{ employeeId: 'p3', until: world.now + 10, actor: 'ann', justification: 'a test' }],
        world.now,
      )
      const figures = await world.figures()
      assert.deepEqual(figures.incomplete, { count: 1, oldestAt: world.now })
      assert.deepEqual(figures.findings, [{ code: 'DisabledElsewhere', count: 1, oldestAt: world.now }])
      assert.equal(figures.watermark, world.now - 5_000)
      await world.ledger.acknowledgeFinding({ seq: 1, actor: 'ann', justification: 'ticket 1' }, world.now)
      assert.deepEqual((await world.figures()).findings, [], 'one that a person has seen to does not count')
      assert.equal(figures.blocks, 1)
      assert.equal(figures.totals.unmatched, 1)
      assert.equal(figures.notAccepted, 0)
      world.now += 10
      assert.equal((await world.figures()).blocks, 0)
    },
  },
]
