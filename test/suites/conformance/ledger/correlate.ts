import assert from 'node:assert/strict'
import { operationOf, say } from './joins.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type Sent, T0 } from './world.ts'

const RETRIED = { status: 'failure', code: 'Timeout', willRetry: true } as const

/** What a page of the log changes, and what silence does. */
export const correlateCases: readonly LedgerCase[] = [
  {
    name: 'an attribute was last echoed in the cycle that is read last, also when two cycles have the same moment',
    run: async (world) => {
      const learn = (from: number, to: number, cycle: string) =>
        world.correlate({ echoes: [{ job: 'job', key: 'title', from, to, cycle }] })
      await learn(20, 30, 'a')
      await learn(25, 30, 'b')
      await learn(10, 29, 'c')
      const other = { job: 'other', key: 'title', from: 1, to: 2, cycle: 'd' }
      await world.correlate({ echoes: [other] })
      const of = async (jobId: string) =>
        (await world.ledger.findCandidates([world.logRecord('p1', { jobId })])).echoes
      assert.deepEqual(await of('job'), [{ job: 'job', key: 'title', from: 10, to: 30, cycle: 'b' }])
      assert.deepEqual(await of('other'), [other])
    },
  },
  {
    name: 'a manager is missing when the record of the employee says so, until a follow-up succeeds',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3', 'p4']
      await world.record(...ids.map((id) => joiner(`e-${id}`, id, { managerId: 'boss' })))
      const sent = await world.send()
      const of = (id: string): string => operationOf(sent, id)
      const unresolved = { unresolved: true, changeId: 'one change' }
      await say(world, 'p1', of('p1'), 'confirmed', unresolved)
      await say(world, 'p1', of('p1'), null, { imported: false, status: 'failure' })
      await say(world, 'p2', of('p2'), 'confirmed', unresolved)
      await say(world, 'p2', of('p2'), null, { imported: false })
      await say(world, 'p3', of('p3'), 'confirmed')
      await say(world, 'p3', of('p3'), null, { imported: false, unresolved: true, status: 'failure' })
      await say(world, 'p4', of('p4'), 'confirmed', unresolved)
      await say(world, 'p4', of('p4'), null)
      await world.finalize()
      await world.record(joiner('e-boss', 'boss'))
      await world.confirmAll()
      assert.deepEqual((await world.plan()).toSorted(), ['p1', 'p4'])
    },
  },
  {
    name: 'of two operations that one page answers, the newer has the last accepted record, whatever their order on the page',
    run: async (world) => {
      for (const employeeId of ['p1', 'p2']) {
        await world.record(joiner(`in-${employeeId}`, employeeId))
        const first = await world.send()
        await world.record(leaver(`out-${employeeId}`, employeeId))
        const both = [await world.send(), first]
        const joins = (employeeId === 'p1' ? both : both.toReversed()).map((sent) => ({
          record: world.logRecord(employeeId),
          operation: operationOf(sent, employeeId),
          interim: 'confirmed' as const,
        }))
        await world.correlate({ joins })
        await world.finalize()
        await world.due()
        assert.equal((await world.ledger.readAccess(employeeId, world.now))?.accepted?.active, false)
        await world.confirmAll()
      }
    },
  },
  {
    name: 'after an overtake the end state is resent once, also when the log has both operations in their order',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const first = await world.send()
      await world.record(leaver('out', 'p1'))
      const second = await world.send()
      await world.answer(first, 'confirmed', { activityAt: T0 + 1_000 })
      assert.deepEqual(await world.due(), [], 'an answer is missing')
      await world.answer(second, 'confirmed', { activityAt: T0 + 5_000 })
      await world.finalize()
      const third = await world.send()
      assert.deepEqual([...third.operations.keys()], ['p1'])
      await world.answer(third, 'confirmed', { activityAt: T0 + 9_000 })
      await world.finalize()
      assert.deepEqual(await world.due(), [])
    },
  },
  {
    name: 'an account is known by the records of its own operations, and stays known when a later one does not name it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const operation = operationOf(await world.send(), 'p1')
      const foreign = world.logRecord('p1', { objectId: 'foreign' })
      await world.correlate({ joins: [{ record: foreign, operation: null, interim: null }] })
      assert.equal(await world.ledger.findLinkedEmployee([]), null)
      await say(world, 'p1', operation, 'confirmed', { objectId: 'own' })
      await say(world, 'p1', operation, null, { objectId: null })
      assert.equal((await world.ledger.readAccess('p1', world.now))?.objectId, 'own')
    },
  },
  {
    name: 'the oldest unanswered operation counts from when it was submitted, by the earlier clock',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'), joiner('e3', 'p3'))
      await world.plan()
      const submit = async (aheadMs: number): Promise<Sent> => {
        const batch = await world.needBatch({ maxOperations: 1 })
        const { call, operations } = await world.take(batch)
        const accepted = { kind: 'accepted', call, acceptedAt: world.now + aheadMs, requestId: null } as const
        await world.ledger.recordBatchAnswer(batch.id, accepted, world.now)
        return { batch, operations: new Map(operations.map(({ employeeId, id }) => [employeeId, id])) }
      }
      const oldest = async (): Promise<number> => ((await world.ledger.readOldestUnanswered()) ?? 0) - T0
      const first = await submit(500)
      world.now += 10_000
      const second = await submit(-700)
      assert.equal(await oldest(), 0)
      await world.answer(first)
      assert.equal(await oldest(), 9_300, 'the clock of the service is behind')
      world.now += 10_000
      await world.take(await world.needBatch())
      assert.equal(await oldest(), 9_300)
      await world.answer(second)
      assert.equal(await oldest(), 20_000, 'its answer may be lost')
    },
  },
  {
    name: 'an operation that the service retries has failed when it was accepted before the limit, the oldest first',
    run: async (world) => {
      for (const id of ['p1', 'p2', 'p3']) {
        await world.record(joiner(`e-${id}`, id))
        await world.answer(await world.send(), 'escrowed', RETRIED)
        world.now += 1_000
      }
      const expire = (before: number, limit: number) =>
        world.ledger.expireEscrowedOperations(before, world.now, limit)
      assert.equal(await expire(T0, 9), 0, 'not one that was accepted at that moment')
      assert.equal(await expire(T0 + 1_001, 1), 1)
      const states = async () => (await world.ledger.readCounts()).stateCounts.operations
      assert.deepEqual([(await states()).failed, (await states()).escrowed], [1, 2])
      await world.plan()
      assert.deepEqual(await world.states('p1'), { 'e-p1': 'dead-lettered' })
      assert.equal(await expire(T0 + 1_001, 9), 1)
      assert.deepEqual([(await states()).failed, (await states()).escrowed], [2, 1])
    },
  },
  {
    name: 'what was accepted before the job restarted is sent again and costs no resend; a start that is known or older changes nothing',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.send()
      const restart = (at: number) => world.ledger.recordJobRestart(at, world.now)
      assert.equal(await restart(T0 + 5), 0, 'the first that is known')
      assert.equal(await restart(T0 + 5), 0)
      assert.equal(await restart(T0 + 4), 0)
      world.now += 10
      await world.record(joiner('e2', 'p2'))
      await world.send()
      assert.equal(await restart(T0 + 10), 1, 'not what was accepted at that moment')
      assert.deepEqual(await world.plan(), ['p1'])
      await world.accept(await world.needBatch())
      const overdue = await world.ledger.findOverdueOperations(world.now + 1, 9)
      const resends = Object.fromEntries(overdue.map(({ employeeId, resends: count }) => [employeeId, count]))
      assert.deepEqual(resends, { p1: 0, p2: 0 })
    },
  },
  {
    name: 'overdue operations come oldest first, as many as asked for, with how often each was resent',
    run: async (world) => {
      for (const id of ['p1', 'p2']) {
        await world.record(joiner(`e-${id}`, id))
        await world.send()
        world.now += 1_000
      }
      const overdue = async (before: number, limit: number) =>
        (await world.ledger.findOverdueOperations(before, limit)).map(
          ({ employeeId, acceptedAt, resends }) => `${employeeId} ${acceptedAt - T0} ${resends}`,
        )
      assert.deepEqual(await overdue(T0, 9), [])
      assert.deepEqual(await overdue(world.now, 1), ['p1 0 0'])
      await world.expire(3, 1)
      await world.send()
      assert.deepEqual(await overdue(world.now + 1, 9), ['p2 1000 0', 'p1 2000 1'])
    },
  },
  {
    name: 'incomplete events die with the oldest employees first, as many employees as asked for, and once',
    run: async (world) => {
      for (const id of ['p1', 'p2']) {
        await world.record(hrEvent(`e-${id}`, id, { title: 'x' }))
        await world.plan()
        world.now += 1_000
      }
      const expire = (limit: number) => world.ledger.expireIncompleteEvents(world.now, world.now, limit)
      assert.equal(await expire(1), 1)
      assert.deepEqual(
        [await world.states('p1'), await world.states('p2')],
        [{ 'e-p1': 'dead-lettered' }, { 'e-p2': 'incomplete' }],
      )
      assert.deepEqual([await expire(9), await expire(9)], [1, 0])
    },
  },
  {
    name: 'a report that was sent no later than its manager became known is resent; one that was sent later is not',
    run: async (world) => {
      const report = (id: string) => joiner(`e-${id}`, id, { managerId: 'boss' })
      await world.record(joiner('e-boss', 'boss'), report('p1'))
      const sent = await world.send()
      await say(world, 'boss', operationOf(sent, 'boss'), 'confirmed')
      await say(world, 'p1', operationOf(sent, 'p1'), 'confirmed', { unresolved: true })
      await world.finalize()
      const again = await world.send()
      assert.deepEqual([...again.operations.keys()], ['p1'])
      await world.answer(again)
      await world.record(report('p2'))
      await world.answer(await world.send(), 'confirmed', { unresolved: true })
      await world.finalize()
      assert.deepEqual(await world.plan(), [])
    },
  },
  {
    name: 'a change of an active employee, or a leaver whom the directory never had, ends as unchanged when the log twice answers all others of the call',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('name', 'p1', { nickName: 'x' }, { order: 1 }), leaver('out', 'p3'))
      for (const title of ['a', 'b']) {
        await world.record(hrEvent(title, 'p2', { title }, { order: title.charCodeAt(0) }))
        const sent = await world.send()
        assert.deepEqual([...sent.operations.keys()].toSorted(), ['p1', 'p2', 'p3'])
        await say(world, 'p2', operationOf(sent, 'p2'), 'confirmed')
        world.now += 1
        await world.expire(3)
      }
      assert.deepEqual(
        [(await world.states('p1'))['name'], (await world.states('p3'))['out']],
        ['unchanged', 'unchanged'],
      )
    },
  },
]
