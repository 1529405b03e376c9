import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openCasesPage } from '../../../src/core/leavers/open-cases.ts'
import type { LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import { day } from '../../fakes/events.ts'

/** A leaving in a refused message; an id that nearly matches makes another cause of it. */
function refusedCase(id: number, candidates: readonly string[]): LeaverView {
  const at = { effectiveAt: day(1), recordedAt: day(1), receivedAt: day(1), openedAt: day(1) }
  const event = { source: '/hr/acme', id: `e-${id}` }
  const leaverCase = { ...at, id, employeeId: `p${id}`, event, resends: 0, refused: true }
  const directory = { disabled: false, since: null }
  const emergency = { disabledAt: null, wait: null }
  return { leaverCase, employee: null, candidates, directory, emergency, brake: null, last: null }
}

void it('a page of open cases has those with one cause, or all, and says where the next begins', async () => {
  const leavers = [refusedCase(1, []), refusedCase(2, ['P2']), refusedCase(3, [])]
  const ledger = { listOpenLeavers: async () => ({ leavers, next: null }) }
  const pageOf = async (cause: 'refused' | 'id-nearly-matches' | null, limit: number): Promise<unknown> => {
    const { cases, next, capped } = await openCasesPage(ledger, {
      now: day(2),
      employeeId: null,
      cause,
      limit,
    })
    assert.equal(capped, false)
    return [cases.map(({ leaverCase }) => leaverCase.id), next]
  }
  assert.deepEqual(await pageOf(null, 10), [[1, 2, 3], null])
  assert.deepEqual(await pageOf('refused', 10), [[1, 3], null])
  assert.deepEqual(await pageOf('id-nearly-matches', 10), [[2], null])
  assert.deepEqual(await pageOf(null, 2), [[1, 2], 2])
})

void it('a page ends early once 2,000 cases were looked at without filling it', async () => {
  const leavers = Array.from({ length: 2_001 }, (_, index) => refusedCase(index + 1, []))
  const pageOf = async (count: number): Promise<unknown> => {
    const ledger = { listOpenLeavers: async () => ({ leavers: leavers.slice(0, count), next: null }) }
    const query = { now: day(2), employeeId: null, cause: 'failed', limit: 10 } as const
    const { cases, next, capped } = await openCasesPage(ledger, query)
    return [cases.length, next, capped]
  }
  assert.deepEqual(await pageOf(2_000), [0, null, false])
  assert.deepEqual(await pageOf(2_001), [0, 2_000, true])
})
