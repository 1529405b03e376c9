import assert from 'node:assert/strict'
import type { Interim } from '../../../../src/core/ledger/port/report.ts'
import type { HrEvent } from '../../../../src/core/model.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { hrEvent, joiner, type LedgerCase, type Sent, type World } from './world.ts'

const operationOf = (sent: Sent, employeeId: string): string =>
  sent.operations.get(employeeId) ?? assert.fail(`nothing of ${employeeId} was sent`)

/** The log speaks of one operation, in time or not. */
function say(
  world: World,
  employeeId: string,
  operation: string,
  interim: Interim,
  more: Partial<LogRecord> = {},
): Promise<void> {
  const record = world.logRecord(employeeId, {
    status: interim === 'failed' || interim === 'escrowed' ? 'failure' : 'success',
    ...more,
  })
  return world.correlate({ joins: [{ record, operation, interim }] })
}
async function candidates(world: World, employeeId: string): Promise<readonly string[]> {
  const { operations } = await world.ledger.findCandidates([world.logRecord(employeeId)])
  return operations
    .map(
      ({ id, state, timesSubmitted, timesReported }) => `${id} ${state} ${timesReported}/${timesSubmitted}`,
    )
    .toSorted()
}
/** Sent once, and given up because the log never spoke of it. */
async function givenUp(world: World, employeeId: string): Promise<string> {
  const sent = await world.send()
  world.now += 1
  await world.expire(1)
  return operationOf(sent, employeeId)
}

/** Sent and overdue, and changed since: the next operation carries another title. */
async function overdueAndChanged(world: World): Promise<string> {
  await world.record(joiner('e1', 'p1', { title: 'a' }))
  const first = operationOf(await world.send(), 'p1')
  world.now += 1
  await world.expire(3)
  await world.record(hrEvent('e2', 'p1', { title: 'b' }, { order: 2 }))
  return first
}

/** What the ledger does with log records that come after the deadline. */
export const lateCases: readonly LedgerCase[] = [
  {
    name: 'while the job is paused nothing is overdue, and not until the deadline has passed again afterwards',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.send()
      const stop = (since: number): Promise<void> =>
        world.ledger.setHold({ name: 'job', since, until: since + 1, status: null, detail: 'Paused' })
      await stop(world.now + 5_000)
      await stop(world.now + 9_000)
      await world.ledger.setHold({
        name: 'job',
        since: world.now + 10_000,
        until: world.now,
        status: null,
        detail: null,
      })
      assert.deepEqual(await world.ledger.findOverdueOperations(world.now + 9_000, 10), [])
      assert.equal((await world.ledger.findOverdueOperations(world.now + 9_001, 10)).length, 1)
    },
  },
  {
    name: 'a report whose manager was unknown is resent when the manager exists, unless a follow-up has set the manager',
    run: async (world) => {
      const report = (id: string, employeeId: string): HrEvent =>
        joiner(id, employeeId, { managerId: 'boss' })
      await world.record(report('e1', 'p1'), report('e2', 'p2'), report('e3', 'p3'))
      const { operations } = await world.send()
      const unresolved = { unresolved: true, changeId: 'of p3' }
      const code = 'UnableToResolveReferenceAttributeValue'
      for (const [employee, more] of [
        ['p1', { unresolved: true }],
        ['p2', { unresolved: true, status: 'skipped', code }],
        ['p3', unresolved],
      ] as const)
        await say(
          world,
          employee,
          operations.get(employee) ?? '',
          employee === 'p2' ? 'skipped' : 'confirmed',
          more,
        )
      const followUp = world.logRecord('p3', { imported: false, changeId: unresolved.changeId })
      const operation = operations.get('p3') ?? null
      await world.correlate({ joins: [{ record: followUp, operation, interim: null }] })
      await world.finalize()
      assert.deepEqual(await world.plan(), [])
      await world.record(joiner('e4', 'boss'))
      await world.confirmAll()
      assert.deepEqual((await world.plan()).toSorted(), ['p1', 'p2'])
      assert.deepEqual(await world.states('p2'), { e2: 'skipped' })
      assert.deepEqual(await world.outcomes(), [
        'e1:1:confirmed',
        'e2:1:skipped',
        'e3:1:confirmed',
        'e4:1:confirmed',
      ])
    },
  },
  {
    name: 'a late success confirms the given-up events in their next revision, and becomes the last accepted record',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const operation = await givenUp(world, 'p1')
      assert.deepEqual(await world.states('p1'), { e1: 'dead-lettered' })
      assert.deepEqual(await candidates(world, 'p1'), [`${operation} unanswered 0/1`])
      await say(world, 'p1', operation, 'confirmed')
      await world.finalize()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed' })
      assert.deepEqual(await world.outcomes(), ['e1:1:dead-lettered', 'e1:2:confirmed'])
      assert.deepEqual(await candidates(world, 'p1'), [])
      const trace = await world.ledger.readTrace(operation)
      assert.deepEqual(
        trace?.operations.map(({ id, state, records }) => [id, state, records.length]),
        [[operation, 'confirmed', 1]],
      )
      await world.plan()
      assert.equal(await world.next(), null)
      await world.balanced()
    },
  },
  {
    name: 'a log record is never the answer to a submission that the service refused, only to one that it may have taken',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.plan()
      const whole = await world.needBatch()
      // The answer to its first submission is lost.
      await world.take(whole)
      await world.refuse(whole)
      assert.deepEqual(await candidates(world, 'p1'), ['op-1 batched 0/1'])
      const refused = await world.needBatch()
      await world.refuse(refused)
      assert.deepEqual(await candidates(world, 'p1'), ['op-1 failed 0/1'])
      await world.accept(await world.needBatch())
      await world.record(joiner('e3', 'p3'))
      await world.plan()
      await world.refuse(await world.needBatch())
      assert.deepEqual(await candidates(world, 'p3'), [])
      await world.record(joiner('e4', 'p4'), joiner('e5', 'p5'))
      await world.plan()
      await world.refuse(await world.needBatch())
      assert.deepEqual(await candidates(world, 'p4'), [], 'it waits in one of the halves')
    },
  },
  {
    name: 'a late failure dead-letters the given-up events with its code',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await say(world, 'p1', await givenUp(world, 'p1'), 'failed', { code: 'InvalidDomain' })
      await world.finalize()
      const rows = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual(
        rows.map(({ revision, state, reason }) => [revision, state, reason]),
        [
          [1, 'dead-lettered', 'NoOutcome'],
          [2, 'dead-lettered', 'InvalidDomain'],
        ],
      )
      await world.balanced()
    },
  },
  {
    name: 'a late record of a resent operation leaves the events to the operation that carries them',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = operationOf(await world.send(), 'p1')
      world.now += 1
      await world.expire(3)
      const second = await world.send()
      await say(world, 'p1', first, 'confirmed')
      await world.finalize()
      assert.deepEqual(await world.states('p1'), { e1: 'planned' })
      await world.answer(second)
      await world.finalize()
      assert.deepEqual(await world.outcomes(), ['e1:1:confirmed'])
    },
  },
  {
    name: 'when the service succeeds with a failed operation, its dead events are confirmed and count in the fold again',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }, { order: 2 }))
      let operation = ''
      for (let attempt = 0; attempt < 5 && (await world.states('p1'))['e2'] !== 'dead-lettered'; attempt++) {
        operation = operationOf(await world.send(), 'p1')
        await say(world, 'p1', operation, 'failed', { code: 'EntryConflict' })
        await world.finalize()
        await world.plan()
      }
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'dead-lettered' })
      assert.equal((await candidates(world, 'p1')).at(-1), `${operation} failed 1/1`)
      await say(world, 'p1', operation, 'failed', { code: 'EntryConflict', escrowRetry: true })
      assert.equal((await candidates(world, 'p1')).at(-1), `${operation} failed 1/1`)
      await say(world, 'p1', operation, 'confirmed', { escrowRetry: true })
      await world.finalize()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
      assert.deepEqual((await world.outcomes()).slice(-2), ['e2:1:dead-lettered', 'e2:2:confirmed'])
      await world.plan()
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'a late change by an older operation, after the last accepted record, resends the present record exactly once',
    run: async (world) => {
      const first = await overdueAndChanged(world)
      await world.confirmAll()
      world.now += 60_000
      await say(world, 'p1', first, 'confirmed')
      await world.finalize()
      world.now += 60_000
      const third = await world.send()
      assert.equal(JSON.parse(third.batch.operations[0]?.record ?? '').title, 'b')
      world.now += 60_000
      await world.answer(third)
      await world.finalize()
      assert.deepEqual(await world.due(), [])
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
    },
  },
  {
    name: 'a change by an older operation in the same second as the last accepted record resends the present record',
    run: async (world) => {
      const first = await overdueAndChanged(world)
      const second = await world.send()
      const activityAt = world.now
      await world.answer(second, 'confirmed', { activityAt })
      await world.finalize()
      await say(world, 'p1', first, 'confirmed', { activityAt })
      await world.finalize()
      const { batch } = await world.send()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'b')
    },
  },
  {
    name: 'a later change by an older operation, which is read before the last accepted record, resends the present record',
    run: async (world) => {
      const first = await overdueAndChanged(world)
      const second = await world.send()
      const activityAt = world.now
      await say(world, 'p1', first, 'confirmed', { activityAt: activityAt + 1_000 })
      world.now += 60_000
      await world.answer(second, 'confirmed', { activityAt })
      await world.finalize()
      const { batch } = await world.send()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'b')
    },
  },
  {
    name: 'a record without an operation is kept as it is, also when the log gives it twice, until an operation is found',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const operation = operationOf(await world.send(), 'p1')
      const record = world.logRecord('p1')
      const join = async (to: string | null): Promise<void> =>
        world.correlate({ joins: [{ record, operation: to, interim: to === null ? null : 'confirmed' }] })
      const kept = async (): Promise<readonly string[]> =>
        (await world.ledger.findCandidates([world.logRecord('p1')])).unjoined.map(({ id }) => id)
      await join(null)
      await join(null)
      assert.deepEqual(await kept(), [record.id])
      await join(operation)
      assert.deepEqual(await kept(), [])
    },
  },
  {
    name: 'a late record of a change before the last accepted record changes nothing',
    run: async (world) => {
      const first = await overdueAndChanged(world)
      const early = world.now
      world.now += 60_000
      await world.confirmAll()
      await say(world, 'p1', first, 'confirmed', { activityAt: early })
      await world.finalize()
      await world.plan()
      assert.equal(await world.next(), null)
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
    },
  },
  {
    name: 'an operation that was sent twice stays a candidate until the log has two records of it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      await world.take(batch)
      const operation = operationOf(await world.accept(batch), 'p1')
      assert.deepEqual(await candidates(world, 'p1'), [`${operation} accepted 0/2`])
      await say(world, 'p1', operation, 'confirmed')
      assert.deepEqual(await candidates(world, 'p1'), [`${operation} answered 1/2`])
      await say(world, 'p1', operation, 'confirmed')
      assert.deepEqual(await candidates(world, 'p1'), [])
    },
  },
  {
    name: 'the time span in which a job echoes an attribute only grows',
    run: async (world) => {
      const learn = async (from: number, to: number, cycle: string): Promise<void> => {
        await world.correlate({ finalAt: world.now, echoes: [{ job: 'job', key: 'title', from, to, cycle }] })
      }
      await learn(20, 30, 'b')
      await learn(10, 25, 'a')
      await learn(40, 40, 'c')
      const { echoes } = await world.ledger.findCandidates([world.logRecord('p1')])
      assert.deepEqual(echoes, [{ job: 'job', key: 'title', from: 10, to: 40, cycle: 'c' }])
    },
  },
]
