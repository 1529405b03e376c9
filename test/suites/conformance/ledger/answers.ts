import assert from 'node:assert/strict'
import { hrEvent, joiner, leaver, type LedgerCase } from './world.ts'

/** What an answer leaves for the next plan. */
export const answerCases: readonly LedgerCase[] = [
  {
    name: 'an event that the log has answered keeps its answer, whatever is planned before the quiet time ends',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'a' }))
      await world.answer(await world.send())
      await world.record(hrEvent('e2', 'p1', { title: 'a' }, { order: 1 }))
      await world.plan()
      await world.finalize()
      assert.deepEqual(await world.outcomes(), ['e2:1:unchanged', 'e1:1:confirmed'])
    },
  },
  {
    name: 'the resend of the end state after an overtake does not change the outcome of the confirmed termination',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = await world.send()
      await world.record(leaver('e2', 'p1'))
      const second = await world.send()
      await world.answer(first)
      await world.answer(second)
      await world.answer(await world.send(), 'unchanged', { code: 'RedundantExport', status: 'skipped' })
      await world.finalize()
      assert.equal((await world.states('p1'))['e2'], 'confirmed')
    },
  },
  {
    name: 'a leaver that the directory holds as active never ends as unchanged without a log record: it is resent, and then dead-lettered',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(leaver('e3', 'p1'))
      for (const offer of [1, 2, 3]) {
        await world.record(hrEvent(`n${offer}`, 'p2', { title: `t${offer}` }, { order: offer }))
        const sent = await world.send()
        const neighbour = sent.operations.get('p2') ?? assert.fail('p2 was sent')
        await world.answer({ ...sent, operations: new Map([['p2', neighbour]]) })
        world.now += 1
        assert.deepEqual(await world.expire(3), {
          resent: offer < 3 ? 1 : 0,
          givenUp: offer < 3 ? 0 : 1,
          unchanged: 0,
        })
      }
      assert.equal((await world.states('p1'))['e3'], 'dead-lettered')
    },
  },
  {
    name: 'while the service retries an operation, an equal record is sent, not assumed to be accepted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'a' }))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: null }, { order: 1 }))
      await world.answer(await world.send(), 'escrowed', {
        status: 'failure',
        code: 'Timeout',
        willRetry: true,
      })
      await world.record(hrEvent('e3', 'p1', { title: 'a' }, { order: 2 }))
      await world.plan()
      assert.equal((await world.needBatch()).operations.length, 1)
    },
  },
  {
    name: 'when a retry of the service succeeds, later events are compared with its record',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'a' }))
      const sent = await world.send()
      await world.answer(sent, 'escrowed', { status: 'failure', code: 'Timeout', willRetry: true })
      await world.answer(sent, 'confirmed', { escrowRetry: true, imported: false })
      assert.deepEqual(
        (await world.due()).map(({ employeeId }) => employeeId),
        ['p1'],
      )
      await world.plan()
      await world.finalize()
      assert.deepEqual(await world.outcomes(), ['e1:1:confirmed'])
      assert.equal(await world.next(), null)
    },
  },
]
