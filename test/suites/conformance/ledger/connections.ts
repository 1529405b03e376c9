import assert from 'node:assert/strict'
import type { Link } from '../../../../src/core/connections/connection.ts'
import type { Expired } from '../../../../src/core/ledger/port/report.ts'
import { hrEvent, joiner, type LedgerCase, type World } from './world.ts'

/**
 * The log answers the neighbour of the same call and not p1, and that ends; this is what the service
 * said about the employees.
 */
async function silentBeside(
  world: World,
  title: string,
  links: Readonly<Record<string, Link>>,
): Promise<Expired> {
  await world.record(hrEvent(`n-${title}`, 'p2', { title }, { order: Number(title) }))
  const sent = await world.send()
  const neighbour = sent.operations.get('p2') ?? assert.fail('p2 was sent')
  await world.answer({ ...sent, operations: new Map([['p2', neighbour]]) })
  world.now += 1
  return world.expire(3, 10, world.now, new Map(Object.entries(links)))
}

async function ended(world: World): Promise<string> {
  const rows = await world.ledger.listUnpublishedOutcomes(100)
  return rows
    .filter(({ eventId }) => eventId === 'e1')
    .map(({ state, reason, detail }) => `${state} ${reason}: ${detail}`)
    .join()
}

/** What the service says about an employee, when the log says nothing of an operation. */
export const connectionCases: readonly LedgerCase[] = [
  {
    name: 'a record without an answer is not taken for one that changed nothing when the job knows no account, and says so',
    run: async (world) => {
      await world.record(joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(joiner('e1', 'p1'))
      assert.equal((await silentBeside(world, '1', {})).resent, 1)
      assert.equal((await silentBeside(world, '2', { p1: 'unlinked' })).resent, 1)
      assert.equal((await silentBeside(world, '3', { p1: 'unlinked' })).givenUp, 1)
      assert.equal(await ended(world), 'dead-lettered NoOutcome: the job has no account for the employee')
    },
  },
  {
    name: 'a connection ends no event better than silence does, and is named beside the reason',
    run: async (world) => {
      await world.record(joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(joiner('e1', 'p1'))
      await silentBeside(world, '1', { p1: 'linked' })
      assert.equal((await silentBeside(world, '2', { p1: 'linked' })).unchanged, 1)
      assert.equal(await ended(world), 'unchanged NoRecord: the job has an account for the employee')
    },
  },
  {
    name: 'an employee whose account the log has named is found to test the question with, and none of those asked about',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const sent = await world.send()
      assert.equal(await world.ledger.findLinkedEmployee([]), null)
      await world.answerEach(sent)
      assert.equal(await world.ledger.findLinkedEmployee(['p1']), 'p2')
      assert.equal(await world.ledger.findLinkedEmployee(['p2']), 'p1')
      assert.equal(await world.ledger.findLinkedEmployee(['p1', 'p2', 'p3']), null)
      await world.record(hrEvent('e3', 'p1', { title: 'x' }, { order: 1 }))
      await world.finalize()
      await world.send()
      assert.deepEqual(
        (await world.ledger.findOverdueOperations(world.now + 1, 10)).map(({ employeeId, resends }) => [
          employeeId,
          resends,
        ]),
        [['p1', 0]],
      )
    },
  },
]
