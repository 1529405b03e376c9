import assert from 'node:assert/strict'
import { operationOf, say } from './joins.ts'
import { hrEvent, joiner, type LedgerCase, T0, type World } from './world.ts'

/** `state reported/submitted` of the operations that a log record of this employee may be about. */
async function candidates(world: World, employeeId: string): Promise<readonly string[]> {
  const { operations } = await world.ledger.findCandidates([world.logRecord(employeeId)])
  return operations.map(
    ({ state, timesReported, timesSubmitted }) => `${state} ${timesReported}/${timesSubmitted}`,
  )
}

const FAILURE = { status: 'failure', code: 'InvalidValue' } as const

/** Which operations a log record may be about, and what is known of the others. */
export const candidateCases: readonly LedgerCase[] = [
  {
    name: 'a log record may be about an operation that was submitted and has no success yet, and about none that was never submitted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      assert.deepEqual(await candidates(world, 'p1'), [], 'pending')
      const batch = await world.needBatch()
      assert.deepEqual(await candidates(world, 'p1'), [], 'in a batch that was not sent')
      const { call } = await world.take(batch)
      assert.deepEqual(await candidates(world, 'p1'), ['batched 0/1'], 'the answer may be lost')
      await world.ledger.recordBatchAnswer(
        batch.id,
        { kind: 'accepted', call, acceptedAt: world.now, requestId: null },
        world.now,
      )
      const operation = batch.operations[0]?.id ?? ''
      assert.deepEqual(await candidates(world, 'p1'), ['accepted 0/1'])
      await say(world, 'p1', operation, 'escrowed', { ...FAILURE, willRetry: true })
      assert.deepEqual(await candidates(world, 'p1'), ['escrowed 1/1'], 'the service retries it')
      await say(world, 'p1', operation, 'confirmed', { escrowRetry: true })
      assert.deepEqual(await candidates(world, 'p1'), [], 'answered')
      await world.finalize()
      assert.deepEqual(await candidates(world, 'p1'), [], 'final')
    },
  },
  {
    name: 'a log record may be about an operation that failed, since its last failure that is not a retry of the service',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const operation = operationOf(await world.send(), 'p1')
      const failedAt = async (): Promise<number | null | undefined> =>
        (await world.ledger.findCandidates([world.logRecord('p1')])).operations[0]?.failedAt
      assert.equal(await failedAt(), null)
      await say(world, 'p1', operation, 'failed', { ...FAILURE, activityAt: T0 + 1_000, changeId: 'c' })
      assert.deepEqual(await candidates(world, 'p1'), ['answered 1/1'])
      await say(world, 'p1', operation, null, { ...FAILURE, activityAt: T0 + 2_000, changeId: 'c' })
      await say(world, 'p1', operation, null, { status: 'skipped', activityAt: T0 + 3_000, changeId: 'c' })
      const retried = { ...FAILURE, activityAt: T0 + 4_000, escrowRetry: true }
      await say(world, 'p1', operation, null, retried)
      assert.equal(await failedAt(), T0 + 2_000)
      assert.deepEqual(await candidates(world, 'p1'), ['answered 1/1'], 'records of one change count once')
      await world.finalize()
      assert.deepEqual(await candidates(world, 'p1'), ['failed 1/1'])
      assert.equal(await failedAt(), T0 + 2_000)
    },
  },
  {
    name: 'a record that was given up as unchanged may still be answered; one that the log called redundant may not',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      for (const title of ['a', 'b']) {
        await world.record(hrEvent(`n-${title}`, 'p2', { title }, { order: title.charCodeAt(0) }))
        const sent = await world.send()
        const code = { code: 'RedundantExport', status: 'skipped' } as const
        await say(world, 'p2', operationOf(sent, 'p2'), 'unchanged', code)
        world.now += 1
        await world.expire(3)
        await world.finalize()
      }
      assert.deepEqual(await world.states('p1'), { e1: 'unchanged' })
      assert.deepEqual((await candidates(world, 'p1')).toSorted(), ['unanswered 0/1', 'unanswered 0/1'])
      assert.deepEqual(await candidates(world, 'p2'), [])
    },
  },
  {
    name: 'an operation that failed because the directory lacks the employee may still be answered; one that then turned out to be redundant may not',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const sent = await world.send()
      const missing = { status: 'failure', code: 'MandatoryFieldsMissing' } as const
      await say(world, 'p1', operationOf(sent, 'p1'), 'unchanged', missing)
      await say(world, 'p2', operationOf(sent, 'p2'), 'failed', FAILURE)
      const redundant = { status: 'skipped', code: 'RedundantExport' } as const
      await say(world, 'p2', operationOf(sent, 'p2'), 'unchanged', redundant)
      await world.finalize()
      assert.deepEqual(await candidates(world, 'p1'), ['unchanged 1/1'])
      assert.deepEqual(await candidates(world, 'p2'), [])
    },
  },
  {
    name: 'the times of an accepted operation are those of the service, and none is submitted after it was accepted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.plan()
      const times = async (employeeId: string) =>
        (await world.ledger.findCandidates([world.logRecord(employeeId)])).operations.map(
          ({ submittedAt, acceptedAt }) => [submittedAt - T0, acceptedAt - T0],
        )
      const accept = async (aheadMs: number): Promise<string> => {
        const batch = await world.needBatch({ maxOperations: 1 })
        const { call } = await world.take(batch)
        assert.deepEqual(await times(batch.operations[0]?.employeeId ?? ''), [
          [world.now - T0, world.now - T0],
        ])
        world.now += 2_000
        const acceptedAt = world.now + aheadMs
        await world.ledger.recordBatchAnswer(
          batch.id,
          { kind: 'accepted', call, acceptedAt, requestId: null },
          world.now,
        )
        return batch.operations[0]?.employeeId ?? ''
      }
      assert.deepEqual(await times(await accept(5_000)), [[5_000, 7_000]], 'five seconds ahead of ours')
      world.now += 8_000
      const batch = await world.needBatch({ maxOperations: 1 })
      const { call } = await world.take(batch)
      world.now -= 1_000
      await world.ledger.recordBatchAnswer(
        batch.id,
        { kind: 'accepted', call, acceptedAt: world.now, requestId: null },
        world.now,
      )
      const set = await times(batch.operations[0]?.employeeId ?? '')
      assert.deepEqual(set, [[9_000, 9_000]], 'our clock was set back meanwhile')
    },
  },
  {
    name: 'the last accepted record is dated by the first record that says the directory holds it, and is none once that is unknown',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const sent = await world.send()
      const operation = operationOf(sent, 'p1')
      await say(world, 'p2', operationOf(sent, 'p2'), 'confirmed')
      await say(world, 'p1', operation, null, { ...FAILURE, activityAt: T0 + 1_000 })
      await say(world, 'p1', operation, 'confirmed', { activityAt: T0 + 2_000 })
      await say(world, 'p1', operation, null, { activityAt: T0 + 3_000 })
      const accepted = async () =>
        (await world.ledger.findCandidates([world.logRecord('p1')])).lastAccepted.get('p1')
      assert.equal((await accepted())?.at, T0 + 2_000)
      await world.correlate({ changedElsewhere: ['p1'], foreign: 1 })
      assert.equal(await accepted(), undefined)
    },
  },
  {
    name: 'records that wait for their operation are those of the same job and employee',
    run: async (world) => {
      const of = (employeeId: string, jobId: string) => world.logRecord(employeeId, { jobId })
      const kept = [of('p1', 'job'), of('p1', 'other'), of('p2', 'job')]
      await world.correlate({ joins: kept.map((record) => ({ record, operation: null, interim: null })) })
      const { unjoined, known, byChange } = await world.ledger.findCandidates([of('p1', 'job')])
      assert.deepEqual(unjoined, kept.slice(0, 1))
      assert.deepEqual([[...known], byChange.size], [[kept[0]?.id], 0])
    },
  },
]
