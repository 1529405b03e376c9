import assert from 'node:assert/strict'
import { BASELINE, BLOCKED, type HrEvent, UNBLOCKED } from '../../../../src/core/model.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, SOURCE, T0, type World } from './world.ts'

const WHO = { actor: 'ann', justification: 'ticket 7' }

function block(world: World, employeeId: string, until: number | null = null) {
  return world.ledger.blockEmployees([{ employeeId, until, ...WHO }], world.now)
}
function unblock(world: World, employeeId: string): Promise<boolean> {
  return world.ledger.unblockEmployee({ employeeId, ...WHO }, world.now)
}
/** Recorded so many milliseconds after the hire. */
function blocking(id: string, after: number): HrEvent {
  const at = T0 - DAY_MS + after
  return hrEvent(id, 'p1', {}, { type: BLOCKED, recordedAt: at, effectiveAt: at, blockUntil: null })
}
function unblocking(id: string, after: number): HrEvent {
  const { blockUntil: _until, ...event } = blocking(id, after)
  return { ...event, type: UNBLOCKED }
}
/** What goes out next of the one employee, and is confirmed; `null` when nothing does. */
async function nextActive(world: World): Promise<unknown> {
  await world.plan()
  const batch = await world.next()
  if (!batch) return null
  await world.answer(await world.accept(batch))
  await world.finalize()
  return JSON.parse(batch.operations[0]?.record ?? '').active
}
async function blocked(world: World): Promise<readonly string[]> {
  const { blocks } = await world.ledger.listBlocks({
    now: world.now,
    employeeId: null,
    next: null,
    limit: 100,
  })
  return blocks.map(({ employeeId }) => employeeId).sort()
}
const nameOf = ({ employeeId }: { readonly employeeId: string }): string => employeeId
async function hired(world: World): Promise<void> {
  await world.record(joiner('hire', 'p1'))
  assert.equal(await nextActive(world), true)
}

/** What the ledger promises of blocks. */
export const blockCases: readonly LedgerCase[] = [
  {
    name: 'a blocked employee is sent disabled at once, and active again once the block is lifted',
    run: async (world) => {
      await hired(world)
      await block(world, 'p1')
      assert.equal(await nextActive(world), false)
      assert.equal(await unblock(world, 'p1'), true)
      assert.equal(await nextActive(world), true)
      assert.equal(await unblock(world, 'p1'), false)
    },
  },
  {
    name: 'a block is in force at once where another clock that is ahead decided it, and so is its end',
    run: async (world) => {
      await hired(world)
      const ahead = world.now + 50_000
      await world.ledger.blockEmployees([{ employeeId: 'p1', until: null, ...WHO }], ahead)
      assert.equal(await nextActive(world), false)
      assert.equal(await unblock(world, 'p1'), true)
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'no rehire, snapshot or import lifts a block',
    run: async (world) => {
      await hired(world)
      await block(world, 'p1')
      assert.equal(await nextActive(world), false)
      world.now += DAY_MS
      const since = { recordedAt: world.now, effectiveAt: world.now }
      await world.record(hrEvent('rehire', 'p1', { active: true, title: 'x' }, since))
      assert.equal(await nextActive(world), false)
      const full = { userName: 'p1@example.com', active: true }
      await world.record(
        hrEvent('snapshot', 'p1', { ...full, title: 'y' }, { ...since, mode: 'snapshot', order: 1 }),
      )
      assert.equal(await nextActive(world), false)
      await world.ledger.importBaseline({
        events: [
          hrEvent(
            'row',
            'p1',
            { ...full, title: 'z' },
            { ...since, type: BASELINE, mode: 'snapshot', order: 2 },
          ),
        ],
        now: world.now,
        quietMs: 0,
        maxWaitMs: 0,
      })
      assert.equal(await nextActive(world), false)
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        rehire: 'confirmed',
        snapshot: 'confirmed',
        row: 'confirmed',
      })
      assert.equal((await world.ledger.readTrace('rehire'))?.events[0]?.reason, 'Blocked')
    },
  },
  {
    name: 'a block overtakes an operation that is unanswered',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.send()
      await block(world, 'p1')
      await world.plan()
      const batch = await world.needBatch()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
    },
  },
  {
    name: 'a block ends at its moment without an unblock, and the employee is planned then',
    run: async (world) => {
      await hired(world)
      await block(world, 'p1', world.now + DAY_MS)
      assert.equal(await nextActive(world), false)
      assert.equal(await nextActive(world), null)
      assert.equal((await world.figures()).blocks, 1)
      world.now += DAY_MS
      assert.equal((await world.figures()).blocks, 0)
      assert.deepEqual(await blocked(world), [])
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'a block of an unknown employee applies from the first event on, and creates no account',
    run: async (world) => {
      await world.record(joiner('other', '0p1'))
      await world.confirmAll()
      const [result] = await block(world, 'p1')
      assert.deepEqual(result, { employeeId: 'p1', known: false, candidates: ['0p1'] })
      assert.equal(await nextActive(world), null)
      await world.record(joiner('hire', 'p1'))
      assert.equal(await nextActive(world), false)
      assert.equal(await unblock(world, 'p1'), true)
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'a block holds through retention and through an erasure, which keeps only a hash of the employee id',
    run: async (world) => {
      await hired(world)
      await world.record(hrEvent('title', 'p1', { title: 'x' }, { order: 1 }))
      await world.confirmAll()
      await block(world, 'p1')
      assert.equal(await nextActive(world), false)
      assert.equal(await retain(world), 2)
      await world.ledger.removeAged({ before: world.now - 365 * DAY_MS, limit: 100 })
      await world.record(hrEvent('later', 'p1', { title: 'y', active: true }, { recordedAt: T0, order: 2 }))
      assert.equal(await nextActive(world), false)

      await world.ledger.eraseEmployee({ employeeId: 'p1', ...WHO }, world.now)
      const [named] = await blocked(world)
      assert.match(named ?? '', /^erased:[\da-f]{64}$/)
      const { entries } = await world.ledger.listAudit({ since: null, about: null, next: null, limit: 100 })
      assert.equal(JSON.stringify(entries).includes('p1'), false)
      await world.record(joiner('again', 'p1'))
      assert.equal(await nextActive(world), false)
      assert.equal(await unblock(world, 'p1'), true)
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'after an erasure and an unblock, any export makes an employee active who was only blocked',
    run: async (world) => {
      await hired(world)
      await block(world, 'p1')
      assert.equal(await nextActive(world), false)
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...WHO }, world.now)
      await world.record(joiner('again', 'p1', { title: 'x' }))
      assert.equal(await nextActive(world), false)
      await unblock(world, 'p1')
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'the brake neither holds nor counts the deactivation of a block',
    run: async (world) => {
      const brake = { ...RELEASED_BRAKE, absolute: 1 }
      await world.record(joiner('h1', 'p1'), joiner('h2', 'p2'), joiner('h3', 'p3'))
      await world.confirmAll()
      await world.ledger.blockEmployees(
        ['p1', 'p2'].map((employeeId) => ({ employeeId, until: null, ...WHO })),
        world.now,
      )
      await world.record(leaver('out', 'p3'))
      await world.ledger.commitPlan(world.decide(await world.due()), brake, world.now)
      const { employees, held } = await world.ledger.readBrakeStatus(brake, world.now)
      assert.deepEqual([employees, held], [1, 0])
      assert.equal((await world.needBatch()).operations.length, 3)
    },
  },
  {
    name: 'a leaver that the brake holds is sent once blocked',
    run: async (world) => {
      const brake = { ...RELEASED_BRAKE, absolute: 0 }
      await world.record(joiner('h1', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.ledger.commitPlan(world.decide(await world.due()), brake, world.now)
      assert.equal((await world.ledger.readBrakeStatus(brake, world.now)).held, 1)
      await block(world, 'p1')
      await world.ledger.commitPlan(world.decide(await world.due()), brake, world.now)
      assert.equal((await world.ledger.readBrakeStatus(brake, world.now)).held, 0)
      assert.equal((await world.needBatch()).operations.length, 1)
    },
  },
  {
    name: 'the deactivation of a block is a leaver case until the directory holds the account disabled',
    run: async (world) => {
      await hired(world)
      await block(world, 'p1')
      await world.plan()
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      await world.confirmAll()
      assert.deepEqual(await world.leavers(), [])
    },
  },
  {
    name: 'blocks are listed page by page, with who decided and why, and are in the audit trail',
    run: async (world) => {
      await world.ledger.blockEmployees(
        ['p1', 'p2', 'p3'].map((employeeId) => ({ employeeId, until: null, ...WHO })),
        world.now,
      )
      await unblock(world, 'p2')
      const query = { now: world.now, employeeId: null, limit: 1 }
      const first = await world.ledger.listBlocks({ ...query, next: null })
      const second = await world.ledger.listBlocks({ ...query, next: first.next })
      assert.deepEqual([...first.blocks, ...second.blocks].map(({ employeeId }) => employeeId).sort(), [
        'p1',
        'p3',
      ])
      assert.equal(second.next, null)
      const named = { ...query, employeeId: 'p3', next: null, limit: 9 }
      assert.deepEqual((await world.ledger.listBlocks(named)).blocks, [
        { employeeId: 'p3', since: world.now, until: null, ...WHO, eventId: null },
      ])
      await block(world, 'p4')
      const two = await world.ledger.listBlocks({ ...query, next: null, limit: 2 })
      const rest = await world.ledger.listBlocks({ ...query, next: two.next, limit: 2 })
      assert.deepEqual(
        [two.blocks.length, rest.blocks.length, new Set([...two.blocks, ...rest.blocks].map(nameOf)).size],
        [2, 1, 3],
      )
      const { entries } = await world.ledger.listAudit({ since: null, about: 'p2', next: null, limit: 10 })
      assert.deepEqual(
        entries.map(({ action, actor, justification }) => [action, actor, justification]),
        [
          ['block', 'ann', 'ticket 7'],
          ['unblock', 'ann', 'ticket 7'],
        ],
      )
    },
  },
  {
    name: 'an event blocks at once, and only a later unblock lifts the block, in whichever order they arrive',
    run: async (world) => {
      await hired(world)
      await world.record(blocking('b1', 2))
      assert.equal(await nextActive(world), false)
      await world.record(unblocking('u0', 1))
      assert.equal(await nextActive(world), null)
      await world.record(unblocking('u2', 4), blocking('b2', 3))
      assert.equal(await nextActive(world), true)
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        b1: 'confirmed',
        u0: 'unchanged',
        u2: 'confirmed',
        b2: 'confirmed',
      })
    },
  },
  {
    name: 'a block by an event holds while the event is rescinded, dead or sent again',
    run: async (world) => {
      await hired(world)
      const event = blocking('b1', 2)
      await world.record(event)
      assert.equal(await nextActive(world), false)
      const { recordedAt, effectiveAt } = blocking('back', 3)
      const more = { recordedAt, effectiveAt, type: 'worker.rescinded' }
      await world.record(hrEvent('back', 'p1', {}, { ...more, rescinds: { source: SOURCE, id: 'b1' } }))
      await world.record(event)
      assert.equal(await nextActive(world), null)
      assert.deepEqual(await blocked(world), ['p1'])
    },
  },
  {
    name: 'a known event that arrives again does not restore a block that was lifted',
    run: async (world) => {
      await hired(world)
      const event = blocking('b1', 2)
      await world.record(event)
      assert.equal(await nextActive(world), false)
      assert.equal(await unblock(world, 'p1'), true)
      await world.record(event)
      assert.equal(await nextActive(world), true)
      assert.deepEqual(await blocked(world), [])
    },
  },
  {
    name: 'a block by an event names the source and id of the event, and no id after an erasure',
    run: async (world) => {
      await hired(world)
      await world.record({ ...blocking('b1', 2), blockUntil: T0 + DAY_MS })
      const query = { now: world.now, employeeId: 'p1', next: null, limit: 10 }
      assert.deepEqual((await world.ledger.listBlocks(query)).blocks, [
        {
          employeeId: 'p1',
          since: T0 - DAY_MS + 2,
          until: T0 + DAY_MS,
          actor: SOURCE,
          justification: null,
          eventId: 'b1',
        },
      ])
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...WHO }, world.now)
      assert.equal((await world.ledger.listBlocks(query)).blocks[0]?.eventId, null)
    },
  },
  {
    name: 'a block that an event dates ahead begins at its moment, and ends at its own',
    run: async (world) => {
      await hired(world)
      const effectiveAt = T0 + DAY_MS
      await world.record({
        ...blocking('b1', 2),
        effectiveAt,
        effectiveRaw: 'tomorrow',
        blockUntil: T0 + 2 * DAY_MS,
      })
      const counted = async (now: number) => [
        (await world.ledger.listBlocks({ now, employeeId: null, next: null, limit: 9 })).blocks.length,
        (await world.ledger.countHeld({ now, most: 9 })).blocks,
        (await world.ledger.readFigures({ now, brakeWindowMs: 1 })).blocks,
      ]
      assert.equal(await nextActive(world), null)
      assert.deepEqual(await counted(effectiveAt - 1), [1, 1, 0], 'listed, and not in force')
      assert.deepEqual(await counted(effectiveAt), [1, 1, 1])
      world.now = effectiveAt
      assert.equal(await nextActive(world), false)
      assert.deepEqual(await counted(T0 + 2 * DAY_MS - 1), [1, 1, 1])
      assert.deepEqual(await counted(T0 + 2 * DAY_MS), [0, 0, 0])
      world.now = T0 + 2 * DAY_MS
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'a block that is to end before it begins is no block',
    run: async (world) => {
      await hired(world)
      const ahead = (days: number) => ({ effectiveAt: T0 + days * DAY_MS, effectiveRaw: 'a date' })
      await world.record({ ...blocking('b1', 2), ...ahead(9) })
      assert.deepEqual(await blocked(world), ['p1'])
      await world.record({ ...unblocking('u1', 3), ...ahead(9) })
      assert.deepEqual(await blocked(world), [])
      assert.equal(await unblock(world, 'p1'), false, 'nothing is left to lift')
      world.now = T0 + 9 * DAY_MS
      assert.equal(await nextActive(world), null)
    },
  },
  {
    name: 'a block by an event is sent without the values that the service refuses, and keeps its leaver case until then',
    run: async (world) => {
      await hired(world)
      await world.record(blocking('b1', 2), hrEvent('poison', 'p1', { title: 'x' }, { order: 1 }))
      const sent = await world.send()
      await world.answer(sent, 'failed', { code: 'InvalidValue' })
      await world.finalize()
      assert.notDeepEqual(await world.leavers(), [])
      assert.equal(await nextActive(world), false)
      const { b1, poison } = await world.states('p1')
      assert.deepEqual([b1, poison], ['confirmed', 'dead-lettered'])
      await world.tend()
      assert.deepEqual(await world.leavers(), [])
    },
  },
]
