import assert from 'node:assert/strict'
import type { HrEvent } from '../../../../src/core/model.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, type World } from './world.ts'

interface Sent {
  readonly title?: string
  readonly active?: boolean
}

const HOUR_MS = DAY_MS / 24
const BAD = "the attribute 'department' is not valid"

/**
 * Plans twice, as a loop does that finds an employee due at once, sends what waits, and the service
 * takes no record that holds `bad`.
 */
async function sendOnce(world: World, reason: string | null = BAD): Promise<Sent | null> {
  await world.plan()
  await world.plan()
  const batch = await world.next()
  if (!batch) return null
  const record = batch.operations[0]?.record ?? ''
  const isBad = record.includes('"bad"')
  const sent = await world.accept(batch)
  await world.answer(
    sent,
    isBad ? 'failed' : 'confirmed',
    isBad ? { status: 'failure', code: 'InvalidValue', reason } : {},
  )
  await world.finalize()
  return JSON.parse(record) as Sent
}

async function fail(world: World): Promise<void> {
  await world.answer(await world.send(), 'failed', { status: 'failure', code: 'InvalidValue' })
  await world.finalize()
  await world.plan()
}
/** The log says nothing about what is sent now. */
async function sendUnanswered(world: World): Promise<void> {
  await world.send()
  world.now += 1_000
  await world.expire(0)
}
/** A termination that is sent alone once the whole record has failed. */
const goes = (id: string): HrEvent =>
  hrEvent(`${id} goes`, id, { active: false, nickName: 'gone' }, { order: 9_000 })

/** What is known about the last failure of an employee. */
async function failureOf(world: World, id: string): Promise<string> {
  const [view] = await world.ledger.readEmployees([id])
  const failure = view?.employee.failure
  return [
    failure?.active === false ? 'leaver' : 'whole',
    ...(['settled', 'unheard', 'refused'] as const).filter((one) => failure?.[one] === true),
    ...(failure?.carried ?? []).map(() => 'event'),
  ].join(' ')
}

/** What is sent until nothing is left, as the words that tell records apart. */
async function sendAll(world: World, reason: string | null = BAD): Promise<readonly string[]> {
  const sent: string[] = []
  for (
    let record = await sendOnce(world, reason);
    record && sent.length < 12;
    record = await sendOnce(world, reason)
  )
    sent.push(`${JSON.stringify(record).includes('"bad"') ? 'bad, ' : ''}${record.title}, ${record.active}`)
  return sent
}

/**
 * What the ledger and the plan promise together about a leaver whose event also carries a bad
 * value.
 */
export const blameCases: readonly LedgerCase[] = [
  {
    name: 'a deactivation only is sent once and at once, whatever else is open, and then the other events get through',
    run: async (world) => {
      for (const [employee, reason] of [
        ['p1', BAD],
        ['p2', null],
      ] as const) {
        await world.record(joiner(`hire-${employee}`, employee, { title: 'a' }))
        await world.confirmAll()
        await world.record(
          hrEvent(`out-${employee}`, employee, { active: false, department: 'bad' }, { order: 2 }),
          hrEvent(`other-${employee}`, employee, { title: 'b' }, { order: 1 }),
        )
        const sent = await sendAll(world, reason)
        const states = await world.states(employee)
        assert.deepEqual(
          [sent, states[`out-${employee}`], states[`other-${employee}`]],
          reason === null
            ? [['bad, b, false', 'a, false', 'bad, a, false'], 'confirmed', 'dead-lettered']
            : [['bad, b, false', 'a, false', 'bad, b, false', 'b, false'], 'dead-lettered', 'confirmed'],
        )
      }
    },
  },
  {
    name: 'an event that arrives before a deactivation only is sent does not bring the failed values back',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'a' }))
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false, department: 'bad' }, { order: 2 }))
      await sendOnce(world)
      await world.plan()
      await world.record(hrEvent('late', 'p1', { title: 'b' }, { order: 1 }))
      assert.deepEqual(await sendAll(world), ['a, false', 'bad, b, false', 'b, false'])
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        out: 'dead-lettered',
        late: 'confirmed',
      })
    },
  },
  {
    name: 'a failed operation fails for the events that were planned with it, and for no other open event',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'a' }))
      await world.confirmAll()
      await world.record(
        hrEvent('title', 'p1', { title: 'bad' }, { order: 1 }),
        hrEvent('later', 'p1', { department: 'Law' }, { order: 2, effectiveAt: T0 + DAY_MS }),
      )
      const sent = await world.send()
      await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      const [employee] = await world.due()
      const carried = employee?.failure?.carried ?? []
      const names = employee?.events.flatMap(({ seq, id }) => (carried.includes(seq) ? [id] : []))
      assert.deepEqual(names, ['title'])
    },
  },
  {
    name: 'the rest of a termination after a deactivation only is dead-lettered when it fails, and later events get through',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'a' }))
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false, department: 'bad' }, { order: 2 }))
      await sendAll(world, null)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 3 }))
      assert.deepEqual(await sendAll(world, null), ['bad, a, true', 'a, true'])
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        out: 'dead-lettered',
        back: 'confirmed',
      })
    },
  },
  {
    name: 'the record of a leaver is refused and the deactivation only is never answered: both are sent a few times, the case stays open, and every event has an outcome',
    run: async (world) => {
      await world.record(
        hrEvent('before', 'p1', { title: 'a' }, { order: 1 }),
        hrEvent('out', 'p1', { active: false, title: 'bad' }, { order: 2 }),
      )
      let calls = 0
      for (let hours = 0; hours < 20; hours++) {
        world.now += HOUR_MS
        await world.tend()
        const batch = await world.next()
        if (!batch) continue
        calls += 1
        if (batch.operations.some(({ record }) => record.includes('"bad"'))) await world.refuse(batch)
        else await world.accept(batch)
        world.now += 1
        await world.expire(3)
      }
      // Three times each, and once more for the leaver case after an hour.
      assert.equal(calls, 8)
      assert.deepEqual(await world.leavers(), ['p1 no-outcome'])
      assert.deepEqual(await world.states('p1'), { before: 'superseded', out: 'dead-lettered' })
      assert.deepEqual((await world.outcomes()).toSorted(), [
        'before:1:superseded',
        'out:1:dead-lettered',
        'out:2:dead-lettered',
      ])
    },
  },
  {
    name: 'an employee without an accepted record is deactivated with a whole record',
    run: async (world) => {
      await world.record(leaver('out', 'p1'), hrEvent('bad', 'p1', { department: 'bad' }))
      await sendOnce(world, null)
      const record = await sendOnce(world, null)
      assert.deepEqual(record, {
        schemas: [
          'urn:ietf:params:scim:schemas:core:2.0:User',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
        ],
        externalId: 'p1',
        active: false,
      })
    },
  },
  {
    name: 'what is known of a failure is that of its employee alone, and of what was sent to the same after it',
    run: async (world) => {
      await world.record(...['a', 'b', 'c'].map((id) => joiner(`hire of ${id}`, id)))
      await world.confirmAll()
      await world.record(hrEvent('bad', 'a', { title: 'bad' }))
      await fail(world)
      assert.equal(await failureOf(world, 'a'), 'whole')

      await world.record(hrEvent('same', 'b', { title: 'Lead' }))
      await world.answer(await world.send(), 'unchanged', { status: 'skipped', code: 'RedundantExport' })
      await world.finalize()
      await world.record(hrEvent('later', 'b', { title: 'x' }, { order: 1 }))
      await world.plan()
      await world.refuse(await world.needBatch())
      await world.record(goes('c'))
      await fail(world)
      await sendUnanswered(world)
      const others = [await failureOf(world, 'b'), await failureOf(world, 'c')]
      assert.deepEqual([...others, await failureOf(world, 'a')], ['whole refused', 'leaver unheard', 'whole'])

      await world.record(hrEvent('late', 'a', { nickName: 'x' }))
      await world.plan()
      assert.equal(await failureOf(world, 'a'), 'whole', 'what is not sent yet did not fail')
      await sendUnanswered(world)
      assert.equal(await failureOf(world, 'a'), 'whole')
      await world.record(goes('a'))
      await fail(world)
      assert.equal(await failureOf(world, 'a'), 'leaver event')
    },
  },
]
