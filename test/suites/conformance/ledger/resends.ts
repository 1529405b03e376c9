import assert from 'node:assert/strict'
import type { Interim } from '../../../../src/core/ledger/port/report.ts'
import type { JsonObject } from '../../../../src/core/model.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, type World } from './world.ts'

const HOUR_MS = DAY_MS / 24

/**
 * The accounts of these employees were changed elsewhere, so that their record is resent, and no
 * event of theirs with it.
 */
async function overwrite(world: World, ...employees: readonly string[]): Promise<void> {
  await world.correlate({ finalAt: world.now, changedElsewhere: employees, foreign: employees.length })
}

/** Sends what is due, and returns the result; `null` when nothing is due. */
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

const WEEK_HOURS = 7 * 24

/**
 * The hours after an offer at which the next is looked for: each of the first 26, then those around
 * every full week. An offer at any other time shows as a gap that is not expected, and a hundred
 * days take a tenth of the looks.
 */
function nextLook(hours: number): number {
  if (hours < 26) return hours + 1
  const week = Math.floor((hours + 1) / WEEK_HOURS) * WEEK_HOURS
  return hours < week + 1 && week > 0 ? hours + 1 : week + WEEK_HOURS - 1
}

/**
 * The hours from the end of one offer to the next, until `days` are over. `make` says whether there
 * was one.
 */
async function hoursBetween(
  world: World,
  days: number,
  make: () => Promise<boolean>,
): Promise<readonly number[]> {
  const gaps: number[] = []
  const until = world.now + days * DAY_MS
  for (let last = world.now, hours = 0; world.now < until;) {
    if (await make()) {
      gaps.push(hours)
      last = world.now
      hours = 0
    } else {
      hours = nextLook(hours)
      world.now = last + hours * HOUR_MS
    }
  }
  return gaps
}

/** The hours from one offer to the next in a hundred days, while all fail. */
function offersFailing(world: World): Promise<readonly number[]> {
  return hoursBetween(world, 100, async () => (await offer(world, 'failed')) !== null)
}

async function notAccepted(world: World): Promise<readonly string[]> {
  const { notAccepted: not } = await world.ledger.readSubmissionStatus(world.now)
  assert.equal(not.count, not.employees.length)
  return not.employees.map(({ employeeId, code }) => `${employeeId} ${code}`)
}

/**
 * What the ledger promises about a resend that carries no event and fails: no event can be
 * blamed for it, and nothing replayed.
 */
export const offerCases: readonly LedgerCase[] = [
  {
    name: 'a deactivation that the service retried in vain, and took when it was sent again, is sent after a change elsewhere',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.answer(await world.send(), 'escrowed', { status: 'failure', code: 'Timeout' })
      await world.record(leaver('again', 'p1'))
      await world.confirmAll()
      world.now += DAY_MS
      assert.equal(await world.ledger.expireEscrowedOperations(world.now, world.now, 10), 1)
      await world.tend()
      assert.equal(await world.next(), null)
      await overwrite(world, 'p1')
      assert.equal((await offer(world, 'confirmed'))?.['active'], false)
    },
  },
  {
    name: 'is resent less and less often, then not again, and status names its employee until the directory accepts the record',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      assert.deepEqual(await notAccepted(world), [])
      await overwrite(world, 'p1')
      assert.deepEqual(await offersFailing(world), [0, 1, 24, 7 * 24, 28 * 24])
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      // A new event of the employee takes it along.
      await world.record(hrEvent('new', 'p1', { nickName: 'x' }, { order: 2 }))
      assert.deepEqual(await notAccepted(world), [], 'there is work to do')
      await world.confirmAll()
      assert.deepEqual(await notAccepted(world), [])
    },
  },
  {
    name: 'is also resent less and less often if the log never answers',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      await overwrite(world, 'p1')
      const hours = await hoursBetween(world, 80, async () => {
        await world.plan()
        const batch = await world.next()
        if (!batch) return false
        await world.accept(batch)
        // An hour later it counts as never answered.
        world.now += HOUR_MS
        await world.expire(3)
        return true
      })
      assert.deepEqual(hours, [0, 0, 0, 24, 7 * 24, 28 * 24])
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed' })
      await overwrite(world, 'p1')
      assert.notEqual(await offer(world, 'confirmed'), null)
    },
  },
  {
    name: 'is resent at once for a leaver, and for as long as it fails, because the account may be active',
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
    name: 'is named by employee, with whether the employee leaves, whatever became of the operations of others',
    run: async (world) => {
      await world.record(joiner('hire 2', 'p2'), joiner('hire 1', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await world.record(leaver('unknown', 'p3'))
      await offer(world, 'unchanged')
      await overwrite(world, 'p2')
      await overwrite(world, 'p1')
      await offer(world, 'failed')
      await world.record(joiner('open', 'p4'))
      const { notAccepted: not } = await world.ledger.readSubmissionStatus(world.now)
      assert.deepEqual(
        not.employees.map(({ employeeId, leaver: leaves }) => [employeeId, leaves]),
        [
          ['p1', true],
          ['p2', false],
        ],
      )
    },
  },
  {
    name: 'names no employee that the directory turned out not to know',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      await overwrite(world, 'p1')
      await offer(world, 'failed')
      assert.deepEqual(await notAccepted(world), ['p1 InvalidValue'])
      const settled = async () => (await world.ledger.readEmployees(['p1']))[0]?.employee.failure?.settled
      assert.equal(await settled(), false)
      assert.equal((await offer(world, 'unchanged'))?.['active'], false)
      assert.equal(await settled(), true)
      assert.deepEqual(await notAccepted(world), [])
    },
  },
  {
    name: 'is not resent after a refusal in the call, and its employee is named; with an event it is a dead letter, and is not named',
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
