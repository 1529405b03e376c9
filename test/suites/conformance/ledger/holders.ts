import assert from 'node:assert/strict'
import type { AccountKeys } from '../../../../src/core/ledger/port/directory.ts'
import { confirm, employ, MINUTE } from './directory.ts'
import { confirmAt, movedToSouth, plan } from './two-destinations.ts'
import { hrEvent, leaver, type LedgerCase } from './world.ts'

/** What the ledger promises of who holds an account. */
export const holderCases: readonly LedgerCase[] = [
  {
    name: 'who holds an account says whether a leaving is on record that no activation followed, and whether something is under way',
    run: async (world) => {
      const holder = async (id: string) => {
        const keys = { objectId: `object of ${id}`, employeeId: id, userName: null }
        const [found] = await world.ledger.findAccountHolders([keys], world.now)
        return found && { leaver: found.isLeaver, accepted: found.accepted?.active, busy: found.underWay }
      }
      await employ(world, 'stays', 'leaves')
      assert.deepEqual(await holder('stays'), { leaver: false, accepted: true, busy: false })
      await world.record(leaver('leave', 'leaves'), leaver('leave of nobody', 'unknown'))
      assert.deepEqual(await holder('leaves'), { leaver: false, accepted: true, busy: true })
      assert.deepEqual(await holder('unknown'), { leaver: true, accepted: undefined, busy: true })
      const sent = await world.send()
      assert.equal((await holder('leaves'))?.busy, true)
      await world.answerEach(sent)
      await world.finalize()
      assert.deepEqual(await holder('leaves'), { leaver: true, accepted: false, busy: false })
    },
  },
  {
    name: 'something is under way from an event or a moment that has come until the last answer is final',
    run: async (world) => {
      await employ(world, 'p1')
      const busy = async (now = world.now) => {
        const keys = { objectId: 'object of p1', employeeId: null, userName: null }
        const [found] = await world.ledger.findAccountHolders([keys], now)
        return found?.underWay
      }
      const at = world.now + MINUTE
      await world.record(hrEvent('later', 'p1', { title: 'Lead' }, { effectiveAt: at }))
      assert.equal(await busy(), true, 'it is not planned')
      await world.plan()
      assert.deepEqual([await busy(), await busy(at - 1), await busy(at)], [false, false, true])
      world.now = at
      await world.plan()
      assert.equal(await busy(), true, 'it is not sent')
      const sent = await world.send()
      assert.equal(await busy(), true, 'it is not answered')
      await world.answer(sent, 'escrowed', { status: 'failure' })
      assert.equal(await busy(), true, 'the service retries it')
    },
  },
  {
    name: 'where it is not known what the directory holds, only an open case says that the employee leaves',
    run: async (world) => {
      await employ(world, 'stays', 'leaves')
      const isLeaver = async (id: string) => {
        const keys = { objectId: `object of ${id}`, employeeId: null, userName: null }
        const [found] = await world.ledger.findAccountHolders([keys], world.now)
        return found?.isLeaver
      }
      await world.record(leaver('leave', 'leaves'))
      await world.correlate({ finalAt: world.now, changedElsewhere: ['stays', 'leaves'] })
      assert.deepEqual([await isLeaver('stays'), await isLeaver('leaves')], [false, true])
      const { leavers } = await world.ledger.listOpenLeavers({
        dueBy: null,
        employeeId: 'leaves',
        next: null,
        limit: 9,
      })
      const ids = leavers.map(({ leaverCase }) => leaverCase.id)
      await world.ledger.acknowledgeLeavers({ ids, actor: 'ada', justification: 'known' }, world.now)
      assert.equal(await isLeaver('leaves'), false)
    },
  },
  {
    name: 'accounts that should be active are listed a page at a time',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      const page = async (after: string | null, limit: number) => {
        const { holders, next } = await world.ledger.listActiveHolders({ after, now: world.now, limit })
        return [holders.map(({ employeeId }) => employeeId), next]
      }
      assert.deepEqual(await page(null, 2), [['p1', 'p2'], 'p2'])
      assert.deepEqual(await page('p2', 2), [['p3'], null])
      assert.deepEqual(await page('p2', 1), [['p3'], 'p3'])
      assert.deepEqual(await page('p3', 1), [[], null])
    },
  },
  {
    name: 'a user name tells who holds an account only where neither its object id nor its employee id does',
    run: async (world) => {
      await employ(world, 'p1', 'p2')
      const found = async (more: Partial<AccountKeys>): Promise<readonly string[]> => {
        const keys = { objectId: 'unknown', employeeId: null, userName: null, ...more }
        const holders = await world.ledger.findAccountHolders([keys], world.now)
        return holders.map(({ employeeId }) => employeeId)
      }
      const userName = 'P1@example.com'
      assert.deepEqual(await found({ userName }), ['p1'])
      assert.deepEqual(await found({ userName, employeeId: 'unknown' }), ['p1'])
      assert.deepEqual(await found({ userName, employeeId: 'p2' }), ['p2'])
      assert.deepEqual(await found({ userName, objectId: 'object of p2' }), ['p2'])
      assert.deepEqual(await found({}), [])
    },
  },
  {
    name: 'the accounts that should be active are those that the directory accepted as active, and that are known still',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      const active = async (): Promise<readonly string[]> => {
        const { holders } = await world.ledger.listActiveHolders({ after: null, now: world.now, limit: 9 })
        return holders.map(({ employeeId }) => employeeId)
      }
      assert.deepEqual(await active(), ['p1', 'p2', 'p3'])
      await world.record(leaver('leave', 'p1'))
      await confirm(world)
      assert.deepEqual(await active(), ['p2', 'p3'])
      const employees = [{ employeeId: 'p2', enabled: false }]
      const order = { employees, actor: 'ada', justification: 'a repair' }
      await world.ledger.repairAccounts(order, world.now)
      assert.deepEqual(await active(), ['p3'])
    },
  },
  {
    name: 'of an employee whose account is in another tenant, a directory learns only of what was left in it',
    run: async (world) => {
      await movedToSouth(world)
      await world.record(leaver('leave', 'p1'))
      await plan(world)
      await confirmAt(world, 'south')
      const keys = [{ objectId: 'p1 at north', employeeId: 'p1', userName: null }]
      const [holder] = await world.ledger.findAccountHolders(keys, world.now, ['north'])
      const { revision: _revision, underWay: _underWay, left = [], ...rest } = holder ?? assert.fail('p1')
      assert.deepEqual(rest, {
        employeeId: 'p1',
        elsewhere: true,
        objectId: null,
        accepted: null,
        isLeaver: false,
        disabledElsewhereAt: null,
      })
      assert.deepEqual(
        left.map(({ objectId }) => objectId),
        ['p1 at north'],
      )
      const [there] = await world.ledger.findAccountHolders(keys, world.now, ['south'])
      assert.deepEqual([there?.objectId, there?.isLeaver, there?.left], ['p1 at south', true, undefined])
    },
  },
]
