import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import assert from 'node:assert/strict'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, T0 } from './world.ts'

/** What `commitPlan` and `expireIncomplete` promise. */
export const planCases: readonly LedgerCase[] = [
  {
    name: 'a decision is dropped if an event has arrived since, and the employee stays due',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const decisions = world.decide(await world.due())
      await world.record(hrEvent('e3', 'p1', { title: 'newer' }))
      assert.deepEqual(await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now), {
        operations: 1,
        finals: 0,
        stale: 1,
      })
      assert.deepEqual(await world.states('p1'), { e1: 'received', e3: 'received' })
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await world.states('p1'), { e1: 'planned', e3: 'planned' })
    },
  },
  {
    name: 'a decision is dropped if the operation it was based on was sent or answered since',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      const decisions = world.decide(await world.due())
      const batch = await world.needBatch()
      assert.equal((await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)).stale, 1)
      assert.equal((await world.accept(batch)).operations.size, 1)
    },
  },
  {
    name: 'a decision is dropped if a person or another system has changed something about the employee since',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      const by = { actor: 'ann', justification: 'ticket 1' }
      const order = { employees: ['p1'], ...by }
      const changes: Readonly<Record<string, () => Promise<unknown>>> = {
        'a block': () => world.ledger.blockEmployees([{ employeeId: 'p1', until: null, ...by }], world.now),
        'its end': () => world.ledger.unblockEmployee({ employeeId: 'p1', ...by }, world.now),
        'an order to plan': () => world.ledger.orderSending({ ...order, again: false }, world.now),
        'an order to send again': () => world.ledger.orderSending({ ...order, again: true }, world.now),
        'another system': () => world.correlate({ finalAt: world.now, changedElsewhere: ['p1'] }),
      }
      for (const [place, [name, change]] of Object.entries(changes).entries()) {
        await world.record(hrEvent(`before ${name}`, 'p1', { title: name }, { order: place }))
        const decisions = world.decide(await world.due())
        await change()
        assert.equal((await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)).stale, 1, name)
        await world.plan()
      }
    },
  },
  {
    name: 'the answer to an overtaken operation ends no event of the one that overtook it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const overtaken = await world.send()
      await world.record(leaver('e2', 'p1'))
      const overtaking = await world.send()
      await world.answer(overtaken, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      assert.deepEqual(await world.states('p1'), { e1: 'planned', e2: 'planned' })
      await world.answer(overtaking)
      await world.finalize()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
    },
  },
  {
    name: 'a decision is dropped if retention has folded events of the employee since',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      const decisions = world.decide(await world.due())
      assert.equal(await retain(world), 1)
      assert.equal((await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)).stale, 1)
    },
  },
  {
    name: 'the outcome of a dead letter names the operation that failed',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      const sent = await world.send()
      await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      await world.plan()
      const outcomes = await world.ledger.listUnpublishedOutcomes(9)
      assert.deepEqual(
        outcomes.map(({ eventId, state, operation }) => [eventId, state, operation]),
        [
          ['e1', 'confirmed', 'op-1'],
          ['e2', 'dead-lettered', sent.operations.get('p1')],
        ],
      )
    },
  },
  {
    name: 'a decision committed twice is carried out once',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const decisions = world.decide(await world.due())
      await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
      assert.deepEqual(await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now), {
        operations: 0,
        finals: 0,
        stale: 1,
      })
    },
  },
  {
    name: 'a plan that fails on its last decision leaves nothing behind',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const broken = world
        .decide(await world.due())
        .map((decision): Decision =>
          decision.kind === 'decided' && decision.employeeId === 'p2' && decision.operation
            ? { ...decision, operation: { ...decision.operation, record: JSON.parse('null') } }
            : decision,
        )
      await assert.rejects(world.ledger.commitPlan(broken, RELEASED_BRAKE, world.now))
      const { totals, stateCounts } = await world.ledger.readCounts()
      assert.equal(totals.operations + stateCounts.operations.pending + stateCounts.events.planned, 0)
      assert.deepEqual([...(await world.plan())].sort(), ['p1', 'p2'])
    },
  },
  {
    name: 'a plan replaces an operation that has not been sent',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      await world.plan()
      const { operations } = (await world.ledger.readCounts()).stateCounts
      assert.deepEqual([operations.withdrawn, operations.pending], [1, 1])
      assert.equal((await world.needBatch()).operations.length, 1)
    },
  },
  {
    name: 'an employee with an unanswered operation is not planned, except for a termination, which overtakes',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('f1', 'p2'))
      await world.send()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }), leaver('f2', 'p2'))
      const employees = await world.due()
      assert.deepEqual(
        employees.map(({ employeeId }) => employeeId),
        ['p2'],
      )
      assert.deepEqual(
        employees[0]?.unanswered.map(({ state, active }) => [state, active]),
        [['accepted', true]],
      )
      assert.equal(
        (await world.ledger.commitPlan(world.decide(employees), RELEASED_BRAKE, world.now)).operations,
        1,
      )
    },
  },
  {
    name: 'a termination is due at once, and one dated ahead at its moment, whatever arrives with it or after it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('f1', 'p2'))
      await world.send()
      const at = world.now + 60_000
      await world.intake([
        messageOf(
          'one',
          leaver('e2', 'p1'),
          hrEvent('e3', 'p1', { title: 'x' }),
          hrEvent('f2', 'p2', { active: false }, { effectiveAt: at }),
          hrEvent('f3', 'p2', { title: 'x' }),
        ),
      ])
      const due = async () => (await world.due()).map(({ employeeId }) => employeeId)
      assert.deepEqual(await due(), ['p1'])
      await world.record(hrEvent('e4', 'p1', { title: 'y' }), hrEvent('f4', 'p2', { title: 'y' }))
      assert.deepEqual(await due(), ['p1'])
      world.now = at - 1
      assert.deepEqual(await due(), ['p1'])
      world.now = at
      assert.deepEqual(await due(), ['p1', 'p2'])
    },
  },
  {
    name: 'a termination that must wait is not planned repeatedly, and is due when the answer is there',
    run: async (world) => {
      await world.record(leaver('e1', 'p1'))
      const sent = await world.send()
      await world.record(leaver('e2', 'p1', 2_000))
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await world.due(), [])
      await world.answer(sent)
      assert.deepEqual(
        (await world.due()).map(({ employeeId }) => employeeId),
        ['p1'],
      )
    },
  },
  {
    name: 'a termination that must wait makes no other employee due, though it be at the same revision',
    run: async (world) => {
      const revisionOf = async (id: string): Promise<number> =>
        (await world.ledger.readEmployees([id]))[0]?.employee.revision ?? 0
      await world.record(joiner('f1', 'p2'))
      await world.confirmAll()
      const order = { employees: ['p2'], actor: 'ann', justification: 'ticket 1', again: false }
      for (let round = 0; round < 4; round++) {
        await world.ledger.orderSending(order, world.now)
        await world.plan()
      }
      await world.record(leaver('e1', 'p1'))
      await world.send()
      for (let n = 0; (await revisionOf('p1')) < (await revisionOf('p2')) - 1; n++)
        await world.record(hrEvent(`more ${n}`, 'p1', { title: `${n}` }))
      await world.record(leaver('e2', 'p1', 2_000))
      assert.equal(await revisionOf('p1'), await revisionOf('p2'))
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await world.due(), [])
    },
  },
  {
    name: 'an event is final with the plan if the directory already accepted the same record',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'x' }))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }, { order: 1 }))
      const [employee] = await world.due()
      assert.ok(employee?.acceptedHash)
      assert.equal(employee.known, true)
      assert.deepEqual(await world.ledger.commitPlan(world.decide([employee]), RELEASED_BRAKE, world.now), {
        operations: 0,
        finals: 1,
        stale: 0,
      })
      assert.deepEqual(await world.outcomes(), ['e1:1:confirmed', 'e2:1:unchanged'])
    },
  },
  {
    name: 'an employee with a future moment is due at that moment and not before',
    run: async (world) => {
      await world.record(
        joiner('e1', 'p1'),
        hrEvent('e2', 'p1', { title: 'later' }, { effectiveAt: T0 + 60_000 }),
      )
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'held' })
      world.now = T0 + 59_999
      assert.deepEqual(await world.due(), [])
      assert.deepEqual(await world.ledger.readIdle(world.now), { idle: false, nextAt: T0 + 60_000 })
      world.now = T0 + 60_000
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
    },
  },
  {
    name: 'a moment that comes while an operation is unanswered is not lost',
    run: async (world) => {
      await world.record(
        joiner('e1', 'p1'),
        hrEvent('e2', 'p1', { title: 'later' }, { effectiveAt: T0 + 500 }),
      )
      const sent = await world.send()
      world.now = T0 + 500
      assert.deepEqual(await world.plan(), ['p1'])
      assert.deepEqual(await world.due(), [])
      await world.answer(sent)
      await world.finalize()
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
    },
  },
  {
    name: 'incomplete events are dead-lettered at the deadline, and return when the employee becomes complete',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'x' }))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { e1: 'incomplete' })
      assert.equal((await world.ledger.readIdle(world.now)).idle, false)
      assert.equal(await world.ledger.expireIncompleteEvents(world.now - 1, world.now, 10), 0)
      world.now += 1_000
      assert.equal(await world.ledger.expireIncompleteEvents(T0, world.now, 10), 1)
      assert.equal(await world.ledger.expireIncompleteEvents(T0, world.now, 10), 0)
      const [died] = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual(
        [died?.state, died?.reason, died?.detail],
        ['dead-lettered', 'IncompleteRecord', 'userName, active'],
      )
      await world.record(joiner('e2', 'p1'))
      await world.confirmAll()
      assert.deepEqual(await world.outcomes(), ['e1:1:dead-lettered', 'e1:2:confirmed', 'e2:1:confirmed'])
    },
  },
  {
    name: 'an employee without required attributes is incomplete, also while another event waits for its moment',
    run: async (world) => {
      const later = { effectiveAt: world.now + 60_000 }
      await world.record(hrEvent('e1', 'p1', { title: 'x' }), hrEvent('e2', 'p1', { title: 'y' }, later))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { e1: 'incomplete', e2: 'held' })
      assert.deepEqual((await world.figures()).incomplete, { count: 1, oldestAt: world.now })
    },
  },
  {
    name: 'the deadline of an incomplete employee counts from the first incomplete plan',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'x' }))
      await world.plan()
      world.now += 5_000
      await world.record(hrEvent('e2', 'p1', { title: 'y' }, { order: 1 }))
      await world.plan()
      assert.equal(await world.ledger.expireIncompleteEvents(T0 - 1, world.now, 10), 0)
      assert.equal(await world.ledger.expireIncompleteEvents(T0, world.now, 10), 2)
    },
  },
  {
    name: 'leavers go before joiners, joiners before movers, and each lane in the order of planning',
    run: async (world) => {
      await world.record(joiner('a1', 'mover'))
      await world.confirmAll()
      await world.record(hrEvent('a2', 'mover', { title: 'x' }))
      await world.plan()
      await world.record(joiner('b1', 'joiner-1'))
      await world.plan()
      await world.record(joiner('c1', 'joiner-2'), leaver('d1', 'leaver'))
      await world.plan()
      const batch = await world.needBatch({ maxOperations: 3 })
      assert.deepEqual(batch.operations.map(({ employeeId }) => employeeId).sort(), [
        'joiner-1',
        'joiner-2',
        'leaver',
      ])
    },
  },
]
