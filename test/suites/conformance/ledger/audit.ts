import assert from 'node:assert/strict'
import type { AuditEntry, AuditQuery } from '../../../../src/core/ledger/port/inspect.ts'
import { failAll } from './dead-letters.ts'
import { hrEvent, joiner, type LedgerCase, type World } from './world.ts'

const BY = { actor: 'ann', justification: 'asked to' } as const
const FILTER = { code: null, type: null, employeeId: null, since: null, until: null }

async function auditOf(
  world: World,
  about: string | null,
  since: number | null = null,
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = []
  let next: number | null = null
  do {
    const page = await world.ledger.listAudit({ about, since, next, limit: 2 })
    entries.push(...page.entries)
    next = page.next
  } while (next !== null && entries.length < 50)
  return entries
}

/** What the ledger promises of what people do. */
export const auditCases: readonly LedgerCase[] = [
  {
    name: 'the audit trail lists who did what, to what and why, in order, for one thing or for all',
    run: async (world) => {
      for (const [index, employeeId] of ['p1', 'p2', 'p3'].entries()) {
        await world.record(joiner(`hire-${employeeId}`, employeeId))
        await world.confirmAll()
        await world.record(hrEvent(`bad-${employeeId}`, employeeId, { title: 'x' }, { order: index + 1 }))
        await failAll(world)
      }
      const { deadLetters } = await world.ledger.listDeadLetters({
        filter: FILTER,
        archived: true,
        next: null,
        limit: 10,
      })
      const [first, second, third] = deadLetters.map(({ seq, revision }) => ({ seq, revision }))
      assert.ok(first && second && third)
      await world.ledger.endDeadLetters(
        { seqs: [first.seq], how: 'archive', terminations: false, ...BY },
        world.now,
      )
      world.now += 1_000
      const since = world.now
      await world.ledger.endDeadLetters(
        { seqs: [second.seq], how: 'discard', terminations: false, ...BY },
        world.now,
      )
      await world.ledger.recordDiscardedMessages('hr-events', ['7'], BY.actor, BY.justification, world.now)
      const run = await world.ledger.freezeReplay(
        {
          name: 'a run',
          selection: 'all',
          ...BY,
          targets: [
            { store: 'ledger', ...third },
            { store: 'bus', entity: 'q', sequence: '3', stale: false },
          ],
        },
        world.now,
      )
      await world.ledger.eraseEmployee({ employeeId: 'p2', ...BY }, world.now + 1)

      const all = await auditOf(world, null)
      assert.deepEqual(
        all.map(({ action }) => action),
        ['dead-letter.archive', 'dead-letter.discard', 'dead-letter.discard', 'replay', 'erase'],
      )
      assert.deepEqual(
        all.map(({ count }) => count),
        [1, 1, 1, 2, 1],
        'a replay counts its parts',
      )
      assert.ok(all.every(({ actor, justification }) => actor === 'ann' && justification === 'asked to'))
      assert.deepEqual(await auditOf(world, null, since), all.slice(1))
      assert.deepEqual(await auditOf(world, `dl-${first.seq}`), all.slice(0, 1))
      assert.deepEqual(await auditOf(world, 'hr-events#7'), all.slice(2, 3))
      assert.deepEqual(await auditOf(world, `replay ${run.id}`), all.slice(3, 4))
      assert.deepEqual(await auditOf(world, 'replay 999'), [])
      const found = async (query: Partial<AuditQuery>): Promise<readonly AuditEntry[]> =>
        (await world.ledger.listAudit({ about: null, since: null, next: null, limit: 100, ...query })).entries
      assert.deepEqual(await found({ until: since }), all.slice(0, 1))
      assert.deepEqual(await found({ until: since, since }), [])
      const newest = all.slice(1).toReversed()
      assert.deepEqual(await found({ since, newest: true }), newest)
      const page = await world.ledger.listAudit({ about: null, since, newest: true, next: null, limit: 2 })
      assert.deepEqual(page.entries, newest.slice(0, 2))
      assert.deepEqual(await found({ since, newest: true, next: page.next }), newest.slice(2))
      assert.deepEqual(await found({ actor: 'ann' }), all)
      assert.deepEqual(await found({ actor: 'bob' }), [])
      assert.deepEqual(await found({ action: 'dead-letter' }), all.slice(0, 3))
      assert.deepEqual(await found({ action: 'dead-letter.discard' }), all.slice(1, 3))
      assert.deepEqual(await found({ action: 'dead' }), [])
      assert.deepEqual(await found({ employeeId: 'p1' }), all.slice(0, 1))
      assert.deepEqual(await found({ employeeId: 'p3' }), all.slice(3, 4), 'a replay of an event')
      assert.deepEqual(await found({ employeeId: 'p2' }), all.slice(4), 'an erasure, by its hash')
      assert.deepEqual(await found({ employeeId: 'p9' }), [])
      assert.doesNotMatch(JSON.stringify(all.at(-1)), /p2/)
    },
  },
  {
    name: 'actions are found by the name of the actor, with and without the verified identity behind it',
    run: async (world) => {
      const actors = ['Ann 😀', 'Ann 😀 (7c0e)', 'Ann 😀 Lee (7c0e)', 'Anna (7c0e)', 'A__ 😀 (7c0e)']
      for (const actor of actors)
        await world.ledger.recordDisclosure({ actor, justification: 'x', employees: ['p1'] }, world.now)
      const found = async (actor: string): Promise<readonly string[]> => {
        const query = { about: null, since: null, next: null, limit: 100, actor }
        const { entries } = await world.ledger.listAudit(query)
        return entries.map((entry) => entry.actor)
      }
      assert.deepEqual(await found('Ann 😀'), actors.slice(0, 2))
      assert.deepEqual(await found('Ann 😀 (7c0e)'), actors.slice(1, 2))
      assert.deepEqual(await found('A__ 😀'), actors.slice(4))
      assert.deepEqual(await found('Ann'), [])
    },
  },
]
