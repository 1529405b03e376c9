import assert from 'node:assert/strict'
import { explainAccess } from '../../../../src/core/explain/answer.ts'
import { leftInWords, moveInWords, movesOf } from '../../../../src/core/explain/moves.ts'
import { sentenceOf } from '../../../../src/core/explain/words.ts'
import { routingOf } from '../../../../src/core/destinations/routing.ts'
import type { Trace } from '../../../../src/core/ledger/port/views/trace.ts'
import {
  at,
  confirmAt,
  HOUR_MS,
  inNorth,
  joinedInNorth,
  mapping,
  movedToSouth,
  plan,
  sendAt,
  toSouth,
} from './two-destinations.ts'
import { hrEvent, leaver, type LedgerCase, UNLIMITED, type World } from './world.ts'

const clock = (at: number): string => new Date(at).toISOString().slice(11, 16)

async function traced(world: World, reference = 'p1'): Promise<Trace> {
  return (await world.ledger.readTrace(reference)) ?? assert.fail(reference)
}
const stories = (trace: Trace): readonly string[] =>
  movesOf(trace).map((move) => moveInWords(trace.employee.id, move, clock))

/** What a person learns about employees who move to another destination. */
export const moveCases: readonly LedgerCase[] = [
  {
    name: 'a move is one story, whether the employee or the event is traced',
    run: async (world) => {
      await movedToSouth(world)
      const story =
        'p1 moves from north to south because of event e2: disabled at north by op-2 (confirmed 08:01), created at south by op-3 (confirmed 08:01)'
      assert.deepEqual(stories(await traced(world)), [story])
      assert.deepEqual(stories(await traced(world, 'e2')), [story])
      const operationsOf = async (event: string) =>
        (await traced(world, event)).operations.map(({ id }) => id)
      assert.deepEqual([await operationsOf('e1'), await operationsOf('e2')], [['op-1'], ['op-2', 'op-3']])
    },
  },
  {
    name: 'a move that is under way says what it waits for',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      const waits = (state: string): string[] => [
        `p1 leaves north because of event e2: disabled at north by op-2 (${state} since 08:00), the new destination follows once that is confirmed`,
      ]
      assert.deepEqual(stories(await traced(world)), waits('pending'))
      await sendAt(world, 'north')
      assert.deepEqual(stories(await traced(world)), waits('accepted'))
    },
  },
  {
    name: 'a move without an enabled account says that none was disabled',
    run: async (world) => {
      await world.record(inNorth('e1'))
      await plan(world)
      const sent = await sendAt(world, 'north')
      await world.answer(sent, 'failed', { code: 'InvalidValue' })
      await world.finalize()
      await world.record(toSouth('e2'))
      await plan(world)
      await confirmAt(world, 'south')
      assert.deepEqual(stories(await traced(world)), [
        'p1 moves from north to south because of event e2: no account was enabled at north, created at south by op-2 (confirmed 08:00)',
      ])
    },
  },
  {
    name: 'a record is compared with the last one of its own destination',
    run: async (world) => {
      await movedToSouth(world)
      await world.record(hrEvent('e3', 'p1', { organization: 'North' }, { order: 20 }))
      await plan(world)
      await confirmAt(world, 'south')
      await confirmAt(world, 'north')
      const { operations } = await traced(world)
      assert.deepEqual(
        operations.map(({ id, destination, departs, before }) => [id, destination, departs, before?.id]),
        [
          ['op-1', 'north', false, undefined],
          ['op-2', 'north', true, 'op-1'],
          ['op-3', 'south', false, undefined],
          ['op-4', 'south', true, 'op-3'],
          ['op-5', 'north', false, 'op-2'],
        ],
      )
      assert.match(stories(await traced(world))[1] ?? '', /enabled again at north by op-5/)
    },
  },
  {
    name: 'an account that was left is named, found by its object id, exported and erased',
    run: async (world) => {
      await movedToSouth(world)
      const { employee } = await traced(world, 'p1 at north')
      assert.deepEqual(
        [
          employee.id,
          employee.objectId,
          employee.destination,
          employee.left.map((one) => leftInWords(one, clock)),
        ],
        [
          'p1',
          'p1 at south',
          'south',
          ['Entra object p1 at north at north, disabled there and left at 08:01'],
        ],
      )
      assert.deepEqual(await world.ledger.findEmployeeIds('p1 at north'), ['p1'])
      const holdersOf = async (objectId: string) =>
        (
          await world.ledger.findAccountHolders([{ objectId, employeeId: null, userName: null }], world.now)
        ).map(({ employeeId }) => employeeId)
      assert.deepEqual([await holdersOf('p1 at north'), await holdersOf('unknown')], [['p1'], []])
      const left = async (): Promise<readonly unknown[] | undefined> =>
        (await world.ledger.readHoldings('p1'))?.tables['left_accounts']
      assert.equal((await left())?.length, 1)
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      assert.deepEqual(await left(), [])
    },
  },
  {
    name: 'an account left at one destination is not taken for the one at another, or of another employee',
    run: async (world) => {
      const three = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
        { name: 'south', where: { organization: 'South' }, mapping },
        { name: 'west', where: { organization: 'West' }, mapping },
      ])
      const planned = (): Promise<void> => plan(world, three)
      const confirmed = (name: string) => confirmAt(world, name, three)
      const to = (id: string, employee: string, organization: string, order: number) =>
        hrEvent(id, employee, { organization }, { order })
      await world.record(inNorth('e1'), inNorth('f1', 'p2'))
      await planned()
      await confirmed('north')
      await world.record(toSouth('e2'), toSouth('f2', 'p2'))
      await planned()
      await confirmed('north')
      await confirmed('south')
      await world.record(to('e3', 'p1', 'West', 20), to('f3', 'p2', 'North', 20))
      await planned()
      await confirmed('south')
      const where = async (id: string): Promise<readonly unknown[]> => {
        const { employee } = await traced(world, id)
        const [view] = await world.ledger.readEmployees([id])
        return [
          employee.destination,
          view?.employee.known,
          employee.objectId,
          employee.left.map(({ destination }) => destination).toSorted(),
        ]
      }
      assert.deepEqual(await where('p1'), ['west', false, null, ['north', 'south']])
      assert.deepEqual(await where('p2'), ['north', true, 'p2 at north', ['south']])
    },
  },
  {
    name: 'the answer to why an employee has access names the destination and the move',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      await sendAt(world, 'north')
      const facts = (await world.ledger.readAccess('p1', world.now)) ?? assert.fail('p1 is known')
      const context = { now: world.now, limits: UNLIMITED, running: true }
      const said = (several: boolean): string =>
        sentenceOf(explainAccess(facts, { ...context, several }), clock)
      assert.match(said(true), /the directory holds the account at north active since 08:00/)
      assert.match(
        said(true),
        /op-2, which disables the account at north because the employee moves, was accepted/,
      )
      assert.doesNotMatch(said(false), /at north/)
    },
  },
  {
    name: 'an employee who moves is not a leaver: no leaver case opens',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      const query = { dueBy: null, employeeId: null, next: null, limit: 10 }
      assert.deepEqual((await world.ledger.listOpenLeavers(query)).leavers, [])
    },
  },
  {
    name: 'the moves of a period come a page at a time, each with what followed before the next',
    run: async (world) => {
      const start = world.now
      await movedToSouth(world)
      world.now += 60_000
      const to = world.now
      await world.record(hrEvent('e3', 'p1', { organization: 'North' }, { order: 20 }))
      await plan(world)
      await sendAt(world, 'south')
      const within = async (since: number, until: number, limit = 1): Promise<readonly unknown[]> => {
        const found: unknown[] = []
        let next: number | null = null
        do {
          const page = await world.ledger.listMovesIn({ from: since, to: until, next, limit })
          found.push(
            ...page.moves.map(({ employeeId, from, event, departure, arrival }) => [
              employeeId,
              event?.id,
              `${departure.operation} ${departure.state} at ${from}`,
              arrival && `${arrival.operation} at ${arrival.destination}`,
              departure.endedAt !== null && departure.endedAt >= (event?.receivedAt ?? Infinity),
            ]),
          )
          next = page.next
        } while (next !== null && found.length < 50)
        return found
      }
      const moved = ['p1', 'e2', 'op-2 confirmed at north', 'op-3 at south', true]
      const underWay = ['p1', 'e3', 'op-4 accepted at south', null, false]
      assert.deepEqual(await within(start, to), [moved])
      assert.deepEqual(await within(start, to + 1), [moved, underWay])
      assert.deepEqual(await within(start, to + 1, 2), [moved, underWay])
      assert.deepEqual(await within(to, to + 1), [underWay])
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      assert.deepEqual(await within(start, to + 1), [])
    },
  },
  {
    name: 'an arrival is the first operation of that employee after the departure that enabled an account',
    run: async (world) => {
      await world.record(inNorth('e1'), inNorth('f1', 'p2'))
      await plan(world)
      await confirmAt(world, 'north')
      await world.record(toSouth('e2'))
      await plan(world)
      await world.record(hrEvent('f2', 'p2', { title: 'Lead' }, { order: 10 }))
      await plan(world)
      await confirmAt(world, 'north')
      await confirmAt(world, 'south')
      await world.record(hrEvent('e3', 'p1', { title: 'Head' }, { order: 20 }))
      await plan(world)
      await confirmAt(world, 'south')
      await world.record(leaver('e4', 'p1', 30))
      await plan(world)
      await confirmAt(world, 'south')
      const { moves } = await world.ledger.listMovesIn({ from: 0, to: world.now, next: null, limit: 10 })
      const { operations } = await traced(world)
      const first = operations.find(({ destination }) => destination === 'south')
      assert.deepEqual(
        moves.map(({ employeeId, arrival }) => [employeeId, arrival?.operation, arrival?.destination]),
        [['p1', first?.id, 'south']],
      )
    },
  },
  {
    name: 'of two deactivations for one move, the arrival belongs to the one that was answered',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      await sendAt(world, 'north')
      world.now += HOUR_MS
      await at(world, 'north').expire(3)
      await plan(world)
      await confirmAt(world, 'north')
      await confirmAt(world, 'south')
      const { moves } = await world.ledger.listMovesIn({ from: 0, to: world.now, next: null, limit: 10 })
      assert.deepEqual(
        moves.map(({ departure, arrival }) => [departure.state, arrival?.destination]),
        [
          ['unanswered', undefined],
          ['confirmed', 'south'],
        ],
      )
    },
  },
  {
    name: 'a move that HR takes back after it was sent arrives where it left',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      const leaving = await sendAt(world, 'north')
      await world.record(hrEvent('e3', 'p1', { organization: 'North' }, { order: 20 }))
      await at(world, 'north').answerEach(leaving)
      await world.finalize()
      await plan(world)
      await confirmAt(world, 'north')
      const { moves } = await world.ledger.listMovesIn({ from: 0, to: world.now, next: null, limit: 10 })
      assert.deepEqual(
        moves.map(({ from, departure, arrival }) => [from, departure.state, arrival?.destination]),
        [['north', 'confirmed', 'north']],
      )
    },
  },
  {
    name: 'a leaver case names where the account is, and once it has ended, where it was then',
    run: async (world) => {
      const places = async (): Promise<readonly unknown[]> => {
        const page = await world.ledger.listLeaversIn({ from: 0, to: world.now + 1, next: null, limit: 10 })
        return page.leavers.map(({ destination, ended }) => [ended?.as ?? 'open', destination])
      }
      await movedToSouth(world)
      await world.record(leaver('e3', 'p1'))
      assert.deepEqual(await places(), [['open', 'south']])
      await plan(world)
      await confirmAt(world, 'south')
      await world.tend()
      assert.deepEqual(await places(), [['proven', 'south']])
      await world.record(hrEvent('e4', 'p1', { active: true, organization: 'North' }, { order: 2_000 }))
      await plan(world)
      await confirmAt(world, 'north')
      await world.record(leaver('e5', 'p1', 3_000))
      assert.deepEqual(await places(), [
        ['proven', 'south'],
        ['open', 'north'],
      ])
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      assert.deepEqual(await places(), [['open', 'north']])
    },
  },
]
