import assert from 'node:assert/strict'
import { cutOf } from '../../../../src/core/plan/retain/retain.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, type LedgerCase, type World } from './world.ts'

const BY = { actor: 'ann', justification: 'asked to' } as const

/** Hired as ada@example.com with a mail address of another form, and renamed since. */
async function renamed(world: World): Promise<void> {
  await world.record(
    joiner('e1', 'p1', { userName: 'Ada@Example.com', emails: { work: 'Ada.L@example.com' } }),
  )
  await world.confirmAll()
  await world.record(hrEvent('e2', 'p1', { userName: 'ada.king@example.com' }, { order: 2 }))
  await world.confirmAll()
}

/** What the ledger promises about finding employees by the names that operators have at hand. */
export const nameCases: readonly LedgerCase[] = [
  {
    name: 'an employee is found by id, Entra object, user name and mail address in any case, also by a former name',
    run: async (world) => {
      await world.record(joiner('e0', 'p2'))
      await renamed(world)
      await world.record(hrEvent('e3', 'p1', { title: 'Head' }, { order: 3 }))
      await world.answer(await world.send(), 'confirmed', { objectId: 'object-1' })
      for (const text of [
        'p1',
        'object-1',
        'ada@example.com',
        ' ADA@EXAMPLE.COM ',
        'ada.l@example.com',
        'Ada.King@example.com',
      ])
        assert.deepEqual(await world.ledger.findEmployeeIds(text), ['p1'], text)
      for (const text of ['', 'ada', 'p', 'ada@example.org', '%@example.com', 'op-1'])
        assert.deepEqual(await world.ledger.findEmployeeIds(text), [], text)
    },
  },
  {
    name: 'a name that several employees had leads to all of them, and an employee id only to its own employee',
    run: async (world) => {
      await renamed(world)
      await world.record(
        joiner('e4', 'p0', { userName: 'ada@example.com' }),
        joiner('e5', 'ada.king@example.com'),
      )
      await world.plan()
      assert.deepEqual(await world.ledger.findEmployeeIds('ada@example.com'), ['p0', 'p1'])
      assert.deepEqual(await world.ledger.findEmployeeIds('ada.king@example.com'), ['ada.king@example.com'])
    },
  },
  {
    name: 'each of several names leads to the employees who have or had it, and to no others',
    run: async (world) => {
      await renamed(world)
      await world.record(joiner('e4', 'p0', { userName: 'ada@example.com' }))
      await world.plan()
      const names = ['ada@example.com', 'ada.king@example.com', 'nobody@example.com', 'ada@example.com']
      const holders = await world.ledger.findNameHolders(names)
      assert.deepEqual(holders.map(({ name, employeeId }) => `${name} ${employeeId}`).sort(), [
        'ada.king@example.com p1',
        'ada@example.com p0',
        'ada@example.com p1',
      ])
      assert.deepEqual(await world.ledger.findNameHolders([]), [])
    },
  },
  {
    name: 'a name is known once its plan is committed, and not if the plan is dropped',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const due = await world.due()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }, { order: 2 }))
      const settings = { windowMs: 1, absolute: 9, percent: 100, floor: 9 }
      assert.equal((await world.ledger.commitPlan(world.decide(due), settings, world.now)).stale, 1)
      assert.deepEqual(await world.ledger.findEmployeeIds('p1@example.com'), [])
      await world.plan()
      assert.deepEqual(await world.ledger.findEmployeeIds('p1@example.com'), ['p1'])
    },
  },
  {
    name: 'an erasure removes the names of the employee, and only those',
    run: async (world) => {
      await renamed(world)
      await world.record(joiner('e6', 'p3', { userName: 'ada@example.com' }))
      await world.plan()
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...BY }, world.now)
      assert.deepEqual(await world.ledger.findEmployeeIds('ada@example.com'), ['p3'])
      assert.deepEqual(await world.ledger.findEmployeeIds('ada.king@example.com'), [])
    },
  },
  {
    name: 'retention removes a former name together with the last record that had it',
    run: async (world) => {
      await renamed(world)
      await world.publishAll()
      const settledBefore = world.now + DAY_MS
      const { employees } = await world.ledger.listRetention({ after: null, limit: 9, settledBefore })
      const [page] = employees
      assert.ok(page)
      const cut =
        cutOf(page.employee.events, new Set(page.settled), world.now) ?? assert.fail('something is old')
      const { revision } = page.employee
      await world.ledger.foldEvents([{ employeeId: 'p1', revision, ...cut }], settledBefore, world.now)
      assert.deepEqual(await world.ledger.findEmployeeIds('ada@example.com'), [])
      assert.deepEqual(await world.ledger.findEmployeeIds('ada.king@example.com'), ['p1'])
      assert.deepEqual(await world.ledger.findEmployeeIds('ada.l@example.com'), ['p1'])
    },
  },
]
