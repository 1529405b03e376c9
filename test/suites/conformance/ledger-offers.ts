import assert from 'node:assert/strict'
import type { Interim } from '../../../src/core/ledger/port/report.ts'
import type { JsonObject } from '../../../src/core/model.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, type World } from './ledger-world.ts'

const HOUR_MS = DAY_MS / 24

/** Somebody else wrote over these people, so that their record is offered once more, and no event of theirs with it. */
async function overwrite(world: World, ...employees: readonly string[]): Promise<void> {
  const none = { joins: [], finalAt: world.now, watermark: null, foreign: employees.length, echoes: [] }
  await world.ledger.recordLogRecords({ ...none, now: world.now, changedElsewhere: employees })
}

/** Sends what is due, and what became of it; `null` when nothing is. */
async function offer(world: World, interim: Interim): Promise<JsonObject | null> {
  await world.tend()
  const batch = await world.next()
  if (!batch) return null
  await world.answer(
    await world.accept(batch),
    interim,
    interim === 'failed' ? { status: 'failure', code: 'InvalidValue' } : {},
  )
  await world.finalize()
  return JSON.parse(batch.operations[0]?.record ?? '') as JsonObject
}

/** The hours from one offer to the next in a hundred days, while all fail. */
async function offersFailing(world: World): Promise<readonly number[]> {
  const hours: number[] = []
  const until = world.now + 100 * DAY_MS
  for (let last = world.now; world.now < until;) {
    if (await offer(world, 'failed')) {
      hours.push(Math.round((world.now - last) / HOUR_MS))
      last = world.now
    } else world.now += HOUR_MS
  }
  return hours
}

async function notAccepted(world: World): Promise<readonly string[]> {
  const { notAccepted: not } = await world.ledger.readSubmissionStatus(world.now)
  assert.equal(not.count, not.employees.length)
  return not.employees.map(({ employeeId, code }) => `${employeeId} ${code}`)
}

/** What the ledger promises of an offer that carries no event of its own and fails: nobody can be blamed for it, and nothing replayed. */
export const offerCases: readonly LedgerCase[] = [
  {
    name: 'is offered again less and less often and not for ever, and its person is named until the directory takes it',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      assert.deepEqual(await notAccepted(world), [])
      await overwrite(world, 'p1')
      assert.deepEqual(await offersFailing(world), [0, 1, 24, 7 * 24, 28 * 24])
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      // Something new of theirs takes it along.
      await world.record(hrEvent('new', 'p1', { nickName: 'x' }, { order: 2 }))
      await world.confirmAll()
      assert.deepEqual(await notAccepted(world), [])
    },
  },
  {
    name: 'and that the log never speaks of is offered again, too, less and less often',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      await overwrite(world, 'p1')
      const hours: number[] = []
      for (let last = world.now, quiet = 0; quiet < 40 * 24;) {
        await world.plan()
        const batch = await world.next()
        if (!batch) quiet += 1
        else {
          hours.push(Math.round((world.now - last) / HOUR_MS))
          last = world.now
          quiet = 0
          await world.accept(batch)
        }
        world.now += HOUR_MS
        if (batch) await world.expire(3)
      }
      assert.deepEqual(hours, [0, 1, 1, 25, 7 * 24 + 1, 28 * 24 + 1])
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed' })
      await overwrite(world, 'p1')
      assert.notEqual(await offer(world, 'confirmed'), null)
    },
  },
  {
    name: 'of a leaver is offered again at once, and for as long as it fails: who should be out may be in',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await overwrite(world, 'p1')
      assert.deepEqual(await offersFailing(world), [0, 0, 1, 24, 7 * 24, 28 * 24, 28 * 24, 28 * 24])
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      await overwrite(world, 'p1')
      assert.equal(await offer(world, 'failed'), null, 'however often it is written over')
    },
  },
  {
    name: 'names nobody any more of whom the service said later that the directory does not know them',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await overwrite(world, 'p1')
      await offer(world, 'failed')
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      assert.equal((await offer(world, 'unchanged'))?.['active'], false)
      assert.deepEqual(await notAccepted(world), [])
    },
  },
  {
    name: 'that the service refused in the call is not offered again of itself, and is named; one with an event is a dead letter, and is not',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('other', 'p2'))
      await world.confirmAll()
      await overwrite(world, 'p1')
      await world.plan()
      await world.refuse(await world.needBatch())
      await world.record(hrEvent('bad', 'p2', { title: 'x' }, { order: 2 }))
      await offer(world, 'failed')
      world.now = T0 + 100 * DAY_MS
      assert.equal(await offer(world, 'failed'), null)
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      assert.equal((await world.states('p2'))['bad'], 'dead-lettered')
    },
  },
]
