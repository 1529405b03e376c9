import assert from 'node:assert/strict'
import { joiner, type LedgerCase, messageOf } from './world.ts'

/** What the ledger promises of employees that a person wants sent now. */
export const sendOrderCases: readonly LedgerCase[] = [
  {
    name: 'an employee is planned at once on request, also behind a backlog, and what did not change is not sent',
    run: async (world) => {
      const order = {
        employees: ['p1', 'unknown'],
        again: false,
        actor: 'ann',
        justification: 'starts today',
      }
      await world.intake([messageOf(1, joiner('hire', 'p1'), joiner('other', 'p2'))], {
        quietMs: 30_000,
        maxWaitMs: 300_000,
        backlog: true,
      })
      assert.deepEqual(await world.plan(), [])
      assert.deepEqual(await world.ledger.orderSending(order, world.now), ['p1'])
      assert.deepEqual(await world.plan(), ['p1'])
      const sent = await world.accept(await world.needBatch())
      assert.deepEqual([...sent.operations.keys()], ['p1'])
      await world.ledger.orderSending(order, world.now)
      assert.deepEqual(await world.plan(), [], 'the operation is unanswered')
      await world.answer(sent)
      await world.finalize()
      world.now += 300_000
      await world.ledger.orderSending(order, world.now)
      assert.ok((await world.plan()).includes('p1'))
      assert.deepEqual([...(await world.accept(await world.needBatch())).operations.keys()], ['p2'])
      const query = { since: null, about: 'p1', action: 'employee', next: null, limit: 10 }
      const { entries } = await world.ledger.listAudit(query)
      assert.deepEqual(
        entries.map(({ actor, action, justification }) => `${actor} ${action} ${justification}`),
        Array<string>(3).fill('ann employee.provision starts today'),
      )
    },
  },
  {
    name: 'a record that the directory has, or refused for good, is sent once more on request, and a block stays in force',
    run: async (world) => {
      const order = { employees: ['p1'], again: true, actor: 'ann', justification: 'edited by hand' }
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.plan()
      assert.equal(await world.next(), null)
      await world.ledger.orderSending(order, world.now)
      const again = await world.send()
      await world.answer(again, 'failed', { status: 'failure', code: 'InvalidValue' })
      await world.finalize()
      await world.plan()
      assert.equal(await world.next(), null)
      await world.ledger.orderSending(order, world.now)
      await world.confirmAll()
      const blocking = { employeeId: 'p1', until: null, actor: 'ann', justification: 'ticket 7' }
      await world.ledger.blockEmployees([blocking], world.now)
      await world.confirmAll()
      await world.ledger.orderSending(order, world.now)
      const { batch } = await world.send()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
      await world.balanced()
    },
  },
  {
    name: 'an erasure takes the employee out of the audit entries of such requests',
    run: async (world) => {
      const order = { employees: ['p1'], again: true, actor: 'ann', justification: 'edited by hand' }
      await world.record(joiner('hire', 'p1'))
      await world.ledger.orderSending(order, world.now)
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      const { entries } = await world.ledger.listAudit({ since: null, about: 'p1', next: null, limit: 10 })
      assert.deepEqual(entries, [])
    },
  },
]
