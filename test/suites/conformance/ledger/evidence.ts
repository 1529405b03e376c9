import assert from 'node:assert/strict'
import { anInstance } from '../../../fakes/instances.ts'
import { call as emergencyCall, DISABLED } from './emergency.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, type World } from './world.ts'

const ANN = { actor: 'ann', justification: 'ticket 7' }

/** `about: justification` of the audit entries of an action. */
async function audited(world: World, action: string): Promise<readonly string[]> {
  const query = { since: null, about: null, action, next: null, limit: 100 }
  const { entries } = await world.ledger.listAudit(query)
  return entries.map(({ about, justification }) => `${about}: ${justification}`)
}

/** What the ledger promises of reports about a period, and of an access request. */
export const evidenceCases: readonly LedgerCase[] = [
  {
    name: 'the leaver cases of a period are those that were open in it, a page at a time, with how they ended',
    run: async (world) => {
      const hired = ['p1', 'p2', 'p3'].map((id) => joiner(`hire-${id}`, id))
      await world.record(...hired)
      await world.confirmAll()
      await world.record(leaver('out-1', 'p1'))
      await world.confirmAll()
      await world.tend()
      world.now = T0 + 60_000
      await world.record(leaver('out-2', 'p2'), leaver('out-3', 'p3'))
      const { leavers } = await world.ledger.listOpenLeavers({
        dueBy: null,
        employeeId: 'p3',
        next: null,
        limit: 1,
      })
      await world.ledger.acknowledgeLeavers(
        { ids: leavers.map(({ leaverCase: { id } }) => id), ...ANN },
        T0 + 70_000,
      )
      const within = async (from: number, to: number): Promise<readonly string[]> => {
        const found: string[] = []
        let next: number | null = null
        do {
          const page = await world.ledger.listLeaversIn({ from, to, next, limit: 1 })
          found.push(...page.leavers.map(({ employeeId, ended }) => `${employeeId} ${ended?.as ?? 'open'}`))
          next = page.next
        } while (next !== null && found.length < 50)
        return found
      }
      assert.deepEqual(await within(T0, T0 + 30_000), ['p1 proven'])
      assert.deepEqual(await within(T0 + 60_000, T0 + 70_000), ['p2 open', 'p3 acknowledged'])
      assert.deepEqual(await within(T0 + 80_000, T0 + 90_000), ['p2 open'])
    },
  },
  {
    name: 'the audit trail has each edited dead letter of a replay',
    run: async (world) => {
      const part = { store: 'bus', entity: 'hr-events', stale: false } as const
      const targets = [
        { ...part, sequence: '7', body: '{}', employees: ['p1'] },
        { ...part, sequence: '8' },
        { ...part, sequence: '9', stale: true, body: '{}' },
        { store: 'ledger', seq: 3, revision: 1, body: '{}', employees: ['p1'] } as const,
      ]
      await world.ledger.freezeReplay({ name: 'r-1', selection: '{}', targets, ...ANN }, world.now)
      assert.deepEqual(await audited(world, 'replay.edit'), ['hr-events#7: ticket 7', 'dl-3: ticket 7'])
    },
  },
  {
    name: 'the audit trail has an instance that starts with another configuration than the last one, once',
    run: async (world) => {
      const announce = (id: string, startedAt: number, more: object = {}): Promise<void> =>
        world.ledger.announceInstance({ ...anInstance(id, { startedAt, seenAt: startedAt }), ...more })
      const { limits } = anInstance('any')
      await announce('i-1', T0)
      await announce('i-2', T0 + 1)
      assert.deepEqual(await audited(world, 'configuration'), [])
      const other = { configHash: 'c2', limits: { ...limits, batchOperations: 20 } }
      await announce('i-3', T0 + 2, other)
      await announce('i-3', T0 + 2, { ...other, seenAt: T0 + 9 })
      await announce('i-4', T0 + 3, { ...other, version: '1.3.0' })
      assert.deepEqual(await audited(world, 'configuration'), [
        'i-3: BATCH_OPERATIONS from 50 to 20',
        'i-4: release from 1.2.3 to 1.3.0',
      ])
    },
  },
  {
    name: 'what is held about an employee has every table, nothing of others, and after an erasure only hashes',
    run: async (world) => {
      await world.record(joiner('hire-1', 'p1'), joiner('hire-2', 'p2', { managerId: 'p1' }))
      await world.confirmAll()
      await world.ledger.blockEmployees([{ employeeId: 'p1', until: null, ...ANN }], world.now)
      const { tables } = (await world.ledger.readHoldings('p1')) ?? assert.fail('something is held')
      assert.deepEqual(
        Object.entries(tables).flatMap(([table, { length }]) => (length === 0 ? [] : [`${table} ${length}`])),
        [
          'employees 1',
          'events 1',
          'operations 1',
          'records 1',
          'log_records 1',
          'outbox 1',
          'account_names 1',
          'blocks 1',
          'audit 1',
        ],
      )
      assert.equal(await world.ledger.readHoldings('p9'), null)
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...ANN }, world.now)
      const left = (await world.ledger.readHoldings('p1')) ?? assert.fail('hashes are held')
      const kept = Object.entries(left.tables).flatMap(([table, { length }]) => (length === 0 ? [] : [table]))
      assert.deepEqual(kept, ['blocks', 'audit'])
      assert.doesNotMatch(JSON.stringify(left.tables), /p1|hire-1/)
    },
  },
  {
    name: 'an erasure removes the employee id from every table, and nothing of another employee',
    run: async (world) => {
      const both = ['p1', 'p2']
      await world.record(...both.map((id) => joiner(`hire-${id}`, id)))
      await world.answerEach(await world.send())
      await world.finalize()
      await world.record(...both.map((id) => hrEvent(`move-${id}`, id, { title: 'Lead' }, { order: 1 })))
      await world.confirmAll()
      await retain(world)
      const again = both.map((employeeId) => ({ employeeId, dueAt: world.now, tries: 1 }))
      await world.ledger.recordNaming({ done: [], again })
      await world.record(...both.map((id) => leaver(`end of ${id}`, id)))
      await world.plan()
      for (const id of both) await emergencyCall(world, id, DISABLED)
      const disabled = both.map((id) => ({ employeeId: id, at: world.now, change: `change ${id}` }))
      const foreign = both.map((id) => ({ record: world.logRecord(id), operation: null, interim: null }))
      await world.correlate({ joins: foreign, elsewhere: { disabled, enabled: [] } })
      const filled = async (id: string) =>
        Object.entries((await world.ledger.readHoldings(id))?.tables ?? {}).flatMap(([table, rows]) =>
          rows.length === 0 ? [] : [table],
        )
      const before = await world.ledger.readHoldings('p2')
      assert.deepEqual(await filled('p1'), [
        'employees',
        'events',
        'folds',
        'operations',
        'records',
        'log_records',
        'unnamed_accounts',
        'leaver_cases',
        'emergency_calls',
        'findings',
        'foreign_deactivations',
        'deactivations',
        'account_names',
      ])
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...ANN }, world.now)
      assert.deepEqual(await filled('p1'), ['audit'])
      assert.deepEqual(await world.ledger.readHoldings('p2'), before)
    },
  },
]
