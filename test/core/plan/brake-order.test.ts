import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { BrakedQuery } from '../../../src/core/ledger/port/plan.ts'
import { previewOrder } from '../../../src/core/plan/brake-order.ts'

const IDS = { held: ['h1', 'h2'], refused: ['r1', 'r2'] } as const

void it('the preview of an order counts those it covers, names the others, and says whether the brake judges anew', async () => {
  const ledger = {
    listBraked: async ({ state }: Pick<BrakedQuery, 'state'>) => {
      const employees = IDS[state].map((employeeId) => ({ employeeId, since: 1, leftAt: null }))
      return { employees, next: null }
    },
  }
  const preview = async (ids: readonly string[], ...states: readonly BrakedQuery['state'][]) => {
    const { employees, notBraked, stillHeld, judged } = await previewOrder(ledger, ids, states)
    return [employees, notBraked, stillHeld, judged]
  }
  assert.deepEqual(await preview(['h1', 'r1', 'x', 'x'], 'held'), [1, ['r1', 'x'], 1, false])
  assert.deepEqual(await preview(['h1', 'r1', 'x'], 'held', 'refused'), [2, ['x'], 1, false])
  assert.deepEqual(await preview(['h1', 'h2'], 'held'), [2, [], 0, true])
})
