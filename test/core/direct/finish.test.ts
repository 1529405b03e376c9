import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { directLoop } from '../../../src/core/direct/loop.ts'
import type { Batch } from '../../../src/core/ledger/port/submit.ts'
import { FakeAccounts } from '../../fakes/direct-accounts.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const NOT_HERE = (): never => assert.fail('nothing is written here')

/** A loop whose ledger has these batches, which another instance takes, and ends so many operations. */
async function scene(t: TestContext, given: { batches?: number; ended?: readonly number[] }) {
  const [claimed, finished]: [number[], number[]] = [[], []]
  const ended = [...(given.ended ?? [])]
  let batches = given.batches ?? 0
  let settled = 0
  const runtime = virtualRuntime()
  const startedAt = runtime.now()
  const batch: Batch = { id: 'b', attempts: 0, operations: [] }
  const service = directLoop('direct', {
    destination: 'main',
    ledger: {
      claimBatch: async ({ now }) => (claimed.push(now - startedAt), batches-- > 0 ? batch : null),
      takeSlot: async () => ({ kind: 'lost' }),
      finalizeOperations: async (now) => (finished.push(now - startedAt), ended.shift() ?? 0),
      recordBatchAnswer: NOT_HERE,
      setHold: NOT_HERE,
      beginDirectWrite: NOT_HERE,
      endDirectWrite: NOT_HERE,
    },
    accounts: new FakeAccounts(),
    settings: {
      owner: 'one',
      maxOperations: 20,
      atOnce: 4,
      leaseMs: 2 * MINUTE,
      pollMs: 1_000,
      finishMs: MINUTE,
      limits: { perWindow: 1, windowMs: 1, perDay: 1 },
      budget: { day: 1, month: 1 },
      microUsdPerCall: 1,
      budgetMs: MINUTE,
      retryMs: 1,
      retryCapMs: 1,
      throttledMs: 1,
      fullMs: 1,
      circuitMs: 1,
      accessMs: 1,
    },
    runtime,
    onSettled: () => void (settled += 1),
  })
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
  })
  return { runtime, claimed, finished, settled: () => settled }
}

void it('batches follow each other at once, and without one the ledger is asked after a rest', async (t) => {
  const { runtime, claimed } = await scene(t, { batches: 2 })
  await runtime.advance(1_500)
  assert.deepEqual(claimed, [0, 0, 0, 1_000])
})

void it('operations that a crash left answered are looked for at the start and once in a while', async (t) => {
  const { runtime, finished } = await scene(t, {})
  await runtime.advance(2 * MINUTE + 500)
  assert.deepEqual(finished, [0, MINUTE, 2 * MINUTE])
})

void it('planning and publishing are woken when an operation was ended, however many, and only then', async (t) => {
  const none = await scene(t, { ended: [0] })
  await none.runtime.settle()
  assert.equal(none.settled(), 0)
  const one = await scene(t, { ended: [1] })
  await one.runtime.settle()
  assert.equal(one.settled(), 1)
  const many = await scene(t, { ended: [500, 0, 1] })
  await many.runtime.settle()
  assert.equal(many.settled(), 1)
  assert.equal(many.finished.length, 2)
})
