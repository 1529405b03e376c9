import assert from 'node:assert/strict'
import type { Interim } from '../../../../src/core/ledger/port/report.ts'
import type { HrEvent } from '../../../../src/core/model.ts'
import { assessLeaver } from '../../../../src/core/leavers/assess.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, SOURCE, T0, type World } from './world.ts'

const HOUR_MS = DAY_MS / 24

async function hired(world: World): Promise<void> {
  await world.record(joiner('hire', 'p1', { title: 'Lead' }))
  await world.confirmAll()
}
/** What it says besides is left out when it is tried alone. */
const leaverWithMore = (): HrEvent =>
  hrEvent('out', 'p1', { active: false, department: 'x' }, { order: 1_000 })
/** Nothing is left to do of what is known now. */
async function settle(world: World): Promise<void> {
  await world.tend()
  await world.tend()
}
async function answerAll(world: World, interim: Interim, code: string | null = null): Promise<number> {
  let sent = 0
  await world.plan()
  for (let batch = await world.next(); batch; batch = await world.next()) {
    sent += 1
    const failed = interim === 'failed' ? ({ status: 'failure', code: 'InvalidValue' } as const) : {}
    await world.answer(await world.accept(batch), interim, { ...failed, ...(code === null ? {} : { code }) })
    await world.finalize()
    await world.plan()
  }
  return sent
}
/** When the first open case changes without an event. */
async function nextMoment(world: World): Promise<number | null> {
  const { leavers } = await world.ledger.listOpenLeavers({
    dueBy: null,
    employeeId: null,
    next: null,
    limit: 1,
  })
  const [assessment] = leavers.map((view) => assessLeaver(view, world.now))
  return assessment?.kind === 'open' ? assessment.nextAt : null
}
/**
 * Hours between the calls of this much time, with what an answer comes to. Just before each of them
 * nothing is sent.
 */
async function hoursBetween(
  world: World,
  days: number,
  answer: (world: World) => Promise<number>,
): Promise<readonly number[]> {
  const gaps: number[] = []
  const until = world.now + days * DAY_MS
  for (let last = world.now; ;) {
    const at = Math.min((await nextMoment(world)) ?? until, until)
    for (const moment of [at - 1, at]) {
      world.now = Math.max(world.now, moment)
      await world.tend()
      const before = world.now
      if ((await answer(world)) === 0) continue
      assert.equal(before, at)
      gaps.push(Math.round((before - last) / HOUR_MS))
      last = world.now
    }
    if (at >= until) return gaps
  }
}
const unreported = async (world: World): Promise<number> => {
  let sent = 0
  await world.plan()
  for (let batch = await world.next(); batch; batch = await world.next()) {
    sent += 1
    await world.accept(batch)
    world.now += 1
    await world.expire(1)
    await world.plan()
  }
  return sent
}
/** Open cases in all, and by cause. */
async function counts(world: World): Promise<{ open: number; byCause: Readonly<Record<string, number>> }> {
  const { count, causes } = (await world.figures()).leavers
  return { open: count, byCause: Object.fromEntries(causes.map(({ cause, count }) => [cause, count])) }
}
const acknowledge = (world: World, ...ids: readonly number[]) =>
  world.ledger.acknowledgeLeavers({ ids, actor: 'ann', justification: 'looked at it' }, world.now)

/**
 * What the ledger promises of employees who leave: each is proven to be disabled, or stands in the
 * list of open cases.
 */
export const leaverCases: readonly LedgerCase[] = [
  {
    name: 'a leaver case is open until the directory is known to hold the account disabled',
    run: async (world) => {
      await hired(world)
      assert.deepEqual(await world.leavers(), [])
      await world.record(leaver('out', 'p1'))
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      const sent = await world.send()
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      world.now += 90_000
      await world.answer(sent)
      assert.deepEqual(await world.leavers(), [])
      await world.finalize()
      assert.equal((await counts(world)).open, 1, 'until it is looked at')
      assert.deepEqual(await world.tend(), [90_000], 'how long the proof took')
      assert.deepEqual(await counts(world), { open: 0, byCause: {} })
    },
  },
  {
    name: 'a failed, dead termination is resent after 1 h, 1 d, 7 d, 28 d and every 28 d, and its case is open until it is accepted',
    run: async (world) => {
      await hired(world)
      await world.record(leaverWithMore())
      assert.equal(await answerAll(world, 'failed'), 2, 'whole, then alone')
      assert.equal((await world.states('p1'))['out'], 'dead-lettered')
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 failed'])
      assert.deepEqual((await counts(world)).byCause, { failed: 1 })
      const gaps = await hoursBetween(world, 100, (it) => answerAll(it, 'failed'))
      assert.deepEqual(gaps, [1, 24, 168, 672, 672, 672])
      assert.deepEqual(await world.leavers(), ['p1 failed'])
      assert.equal((await hoursBetween(world, 30, (it) => answerAll(it, 'confirmed'))).length, 1)
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
      assert.deepEqual(await hoursBetween(world, 60, (it) => answerAll(it, 'failed')), [])
    },
  },
  {
    name: 'an unanswered, dead termination is resent on the same schedule, and ends when an answer comes',
    run: async (world) => {
      await hired(world)
      await world.record(leaver('out', 'p1'))
      await world.send()
      world.now += 1
      assert.equal((await world.expire(1)).givenUp, 1)
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 no-outcome'])
      assert.equal((await world.states('p1'))['out'], 'dead-lettered')
      assert.deepEqual(await hoursBetween(world, 40, unreported), [1, 24, 168, 672])
      assert.deepEqual(await world.leavers(), ['p1 no-outcome'])
      assert.equal((await hoursBetween(world, 30, (it) => answerAll(it, 'confirmed'))).length, 1)
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
      assert.equal((await world.states('p1'))['out'], 'confirmed')
    },
  },
  {
    name: 'a termination that was refused in the call is resent on the same schedule',
    run: async (world) => {
      await hired(world)
      await world.record(leaverWithMore())
      const refuse = async (it: World): Promise<number> => {
        let sent = 0
        await it.plan()
        for (let batch = await it.next(); batch; batch = await it.next()) {
          sent += 1
          await it.refuse(batch)
          await it.plan()
        }
        return sent
      }
      assert.equal(await refuse(world), 2)
      assert.deepEqual(await hoursBetween(world, 10, refuse), [1, 24, 168])
      assert.deepEqual(await world.leavers(), ['p1 failed'])
    },
  },
  {
    name: 'a leaver that the directory does not know is not resent, and the case is open until a person acknowledges it',
    run: async (world) => {
      await world.record(leaver('out', 'p1'))
      assert.equal(await answerAll(world, 'unchanged', 'MandatoryFieldsMissing'), 1)
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 not-in-directory'])
      assert.deepEqual(await hoursBetween(world, 60, (it) => answerAll(it, 'failed')), [])
      assert.deepEqual(await acknowledge(world, 1, 99), [1])
      assert.deepEqual(await acknowledge(world, 1), [])
      assert.deepEqual(await world.leavers(), [])
      const { entries } = await world.ledger.listAudit({
        since: null,
        about: 'leaver-1',
        next: null,
        limit: 9,
      })
      assert.deepEqual(
        entries.map(({ actor, action, justification }) => [actor, action, justification]),
        [['ann', 'leavers.acknowledge', 'looked at it']],
      )
      await world.record(hrEvent('title', 'p1', { title: 'x' }, { order: 2_000 }))
      await answerAll(world, 'unchanged', 'MandatoryFieldsMissing')
      assert.deepEqual(await world.leavers(), [], 'the same leaving stays acknowledged')
      await world.record(leaver('out again', 'p1', 3_000))
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
    },
  },
  {
    name: 'an acknowledged leaving opens another case when the employee was active in between',
    run: async (world) => {
      const who = { employeeId: 'p1', actor: 'ann', justification: 'asked to' }
      const block = () => world.ledger.blockEmployees([{ ...who, until: null }], world.now)
      await hired(world)
      await block()
      await answerAll(world, 'failed')
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 failed'])
      assert.deepEqual(await acknowledge(world, 1), [1])
      await world.record(hrEvent('title', 'p1', { title: 'x' }, { order: 2_000 }))
      await answerAll(world, 'failed')
      assert.deepEqual(await world.leavers(), [], 'the same leaving stays acknowledged')
      await world.ledger.unblockEmployee(who, world.now)
      await world.plan()
      await block()
      await world.plan()
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
    },
  },
  {
    name: 'the case of a future termination is open as held, and is proven after its moment',
    run: async (world) => {
      await hired(world)
      await world.record(hrEvent('out', 'p1', { active: false }, { effectiveAt: T0 + 9 * DAY_MS }))
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 held'])
      world.now = T0 + 9 * DAY_MS
      await world.confirmAll()
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
    },
  },
  {
    name: 'a leaver case is closed by an activation that HR recorded later, and not by an earlier one',
    run: async (world) => {
      await hired(world)
      await world.record(hrEvent('out', 'p1', { active: false }, { order: 2, recordedAt: T0 }))
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 3, recordedAt: T0 - 1 }))
      await world.plan()
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 superseded-by-earlier'])
      await world.record(hrEvent('rehire', 'p1', { active: true }, { order: 4, recordedAt: T0 + 1 }))
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
    },
  },
  {
    name: 'a case is closed when HR takes the termination back or a person discards it',
    run: async (world) => {
      await hired(world)
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('r', 'p1', {}, { order: 2_000, rescinds: { source: SOURCE, id: 'out' } }))
      await world.confirmAll()
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
      await world.record(leaver('out2', 'p1', 3_000))
      await answerAll(world, 'failed')
      const { deadLetters } = await world.ledger.listDeadLetters({
        filter: { code: null, type: null, employeeId: null, since: null, until: null },
        archived: false,
        next: null,
        limit: 9,
      })
      const seqs = deadLetters.map(({ seq }) => seq)
      const order = {
        seqs,
        how: 'discard',
        terminations: true,
        actor: 'ann',
        justification: 'mistaken',
      } as const
      assert.equal((await world.ledger.endDeadLetters(order, world.now)).ended.length, 1)
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
    },
  },
  {
    name: 'a hire that is taken back after it was sent opens a case, and so does a leaver that another system overwrote',
    run: async (world) => {
      await hired(world)
      await world.record(hrEvent('r', 'p1', {}, { order: 2, rescinds: { source: SOURCE, id: 'hire' } }))
      await world.plan()
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      await world.confirmAll()
      await settle(world)
      assert.deepEqual(await world.leavers(), [])
      await world.correlate({ finalAt: world.now, changedElsewhere: ['p1'], foreign: 1 })
      await answerAll(world, 'failed')
      await settle(world)
      assert.deepEqual(await world.leavers(), ['p1 failed'])
    },
  },
  {
    name: 'a case that the plan opens says when its own event was received, and when it was opened',
    run: async (world) => {
      await hired(world)
      const back = hrEvent('r', 'p1', {}, { order: 2, rescinds: { source: SOURCE, id: 'hire' } })
      world.now = T0 + 10_000
      await world.record({ ...joiner('r', 'p2'), source: '/hr/other' })
      world.now = T0 + 20_000
      await world.record(back)
      world.now = T0 + 30_000
      await world.plan()
      const query = { dueBy: null, employeeId: null, next: null, limit: 9 }
      const { leavers } = await world.ledger.listOpenLeavers(query)
      assert.deepEqual(
        leavers.map(({ leaverCase: { receivedAt, openedAt } }) => [receivedAt - T0, openedAt - T0]),
        [[20_000, 30_000]],
      )
    },
  },
  {
    name: 'an activation that the service still retries leaves a deactivation in doubt; one of another employee does not, nor does an older deactivation',
    run: async (world) => {
      await world.record(...['p1', 'p2', 'p3'].map((id) => joiner(`hire of ${id}`, id)))
      const hire = await world.send()
      const only = (...ids: readonly string[]) => ({
        ...hire,
        operations: new Map([...hire.operations].filter(([id]) => ids.includes(id))),
      })
      await world.answer(only('p1'), 'escrowed', { status: 'failure', code: 'Timeout' })
      await world.answer(only('p2', 'p3'))
      await world.finalize()
      await world.record(leaver('try of p3', 'p3'))
      await world.answer(await world.send(), 'escrowed', { status: 'failure', code: 'Timeout' })
      await world.record(...['p1', 'p2', 'p3'].map((id) => leaver(`end of ${id}`, id, 2_000)))
      await world.confirmAll()
      await settle(world)
      assert.deepEqual(
        (await world.leavers()).map((text) => text.slice(0, 2)),
        ['p1'],
      )
    },
  },
  {
    name: 'a case ends alone, and the others stay open',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('hire 2', 'p2'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'), leaver('out 2', 'p2'))
      await world.plan()
      await world.answer(await world.accept(await world.needBatch({ maxOperations: 1 })))
      await settle(world)
      assert.equal((await counts(world)).open, 1)
    },
  },
  {
    name: 'an employee who is disabled already opens no case when another event changes the record',
    run: async (world) => {
      await hired(world)
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await settle(world)
      await world.record(hrEvent('title', 'p1', { title: 'x' }, { order: 2_000 }))
      await world.plan()
      assert.equal((await counts(world)).open, 0)
      const who = { employeeId: 'p1', until: null, actor: 'ann', justification: 'ticket 1' }
      await world.ledger.blockEmployees([who], world.now)
      await world.plan()
      assert.equal((await counts(world)).open, 0)
    },
  },
  {
    name: 'a leaver who is erased before the proof stays in the list without a name',
    run: async (world) => {
      await hired(world)
      await world.record(leaver('out', 'p1'))
      await answerAll(world, 'failed')
      await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      await settle(world)
      const open = await world.leavers()
      assert.equal(open.length, 1)
      assert.match(open[0] ?? '', /^erased:[0-9a-f]{64} erased$/)
      assert.deepEqual(await acknowledge(world, 1), [1])
      assert.deepEqual(await world.leavers(), [])
    },
  },
  {
    name: 'the rest of a termination is sent again on request, and a failure does not make the leaver active',
    run: async (world) => {
      const order = { employees: ['p1', 'p2'], actor: 'ann', justification: 'mended' }
      await hired(world)
      await world.record(leaverWithMore())
      const first = await world.send()
      await world.answer(first, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      await world.confirmAll()
      const reasonOf = async () =>
        (await world.ledger.readTrace('p1'))?.events.find(({ id }) => id === 'out')?.reason
      assert.equal(await reasonOf(), 'DisabledAlone')
      await world.tend()
      const lacksRest = async () =>
        (await world.ledger.listClosedLeavers({ next: null, limit: 9 })).leavers.map((one) => one.lacksRest)
      assert.deepEqual(await lacksRest(), [true])
      await world.record(joiner('later', 'p3'))
      await world.confirmAll()
      assert.deepEqual(await lacksRest(), [true], 'the record of another employee is no part of it')
      assert.equal(await world.ledger.resendLeaverRest(order, world.now), 1)
      assert.deepEqual(await lacksRest(), [false])
      const again = await world.send()
      const record = JSON.parse(again.batch.operations[0]?.record ?? '')
      assert.deepEqual([record.active, JSON.stringify(record).includes('"department":"x"')], [false, true])
      await world.answer(again, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      const alone = await world.confirmAll()
      assert.equal(JSON.parse(alone.batch.operations[0]?.record ?? '').active, false)
      assert.equal(await reasonOf(), 'DisabledAlone', 'failed again')
      assert.equal(await world.ledger.resendLeaverRest(order, world.now), 1)
      await world.confirmAll()
      assert.equal(await reasonOf(), null)
      assert.deepEqual(
        (await world.outcomes()).filter((outcome) => outcome.startsWith('out')),
        ['out:1:confirmed', 'out:2:confirmed', 'out:3:confirmed'],
      )
      assert.equal(await world.ledger.resendLeaverRest(order, world.now), 0, 'nothing is left over')
    },
  },
  {
    name: 'an assessment of an employee that has changed is dropped, and the case is assessed again',
    run: async (world) => {
      await hired(world)
      await world.record(leaver('out', 'p1'))
      const { leavers } = await world.ledger.listOpenLeavers({
        dueBy: world.now,
        employeeId: null,
        next: null,
        limit: 9,
      })
      const [view] = leavers
      assert.ok(view?.employee)
      await world.record(hrEvent('new', 'p1', { title: 'x' }, { order: 2_000 }))
      const { employeeId, revision } = view.employee
      const step = {
        id: view.leaverCase.id,
        employeeId,
        revision,
        kind: 'ended',
        as: 'proven',
        at: 1,
        byEmergency: false,
      } as const
      await world.ledger.settleLeavers([step], world.now)
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      await world.tend()
      assert.deepEqual((await counts(world)).byCause, { 'under-way': 1 })
    },
  },
]
