import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { Batch, BatchQuery, SubmitLedger } from '../../../src/core/ledger/port/submit.ts'
import { sharingClaims } from '../../../src/core/provision/share-claims.ts'

const QUERY: BatchQuery = {
  now: 0,
  owner: 'one',
  leaseMs: 1,
  maxOperations: 50,
  maxBytes: 1,
  fillMs: 0,
  limits: { perWindow: Infinity, windowMs: 5_000, perDay: Infinity },
}
const batch = (id: string): Batch => ({ id, attempts: 0, operations: [] })

/** A ledger with these batches, and what was asked of it in order. */
function ledgerWith(...batches: readonly string[]) {
  const waiting = [...batches]
  const asked: string[] = []
  const claimBatch: SubmitLedger['claimBatch'] = async () => {
    const id = waiting.shift() ?? null
    asked.push(id ?? 'none')
    // As from another thread.
    await yieldToEventLoop()
    return id === null ? null : batch(id)
  }
  return { asked, ledger: sharingClaims({ claimBatch }, { yieldToEventLoop }) }
}

void describe('loops that ask for a batch at the same time', () => {
  void test('share the answer that there is none', async () => {
    const { asked, ledger } = ledgerWith()
    const found = await Promise.all([1, 2, 3, 4].map(() => ledger.claimBatch(QUERY)))
    assert.deepEqual(found, [null, null, null, null])
    assert.deepEqual(asked, ['none'])
  })

  void test('get a batch each while there are some, and one asks once too often', async () => {
    const { asked, ledger } = ledgerWith('batch-1', 'batch-2')
    const found = await Promise.all([1, 2, 3, 4].map(() => ledger.claimBatch(QUERY)))
    assert.deepEqual(new Set(found.map((one) => one?.id)), new Set(['batch-1', 'batch-2', undefined]))
    assert.deepEqual(asked, ['batch-1', 'batch-2', 'none'])
  })

  void test('the first does what it does with its batch before the second asks', async () => {
    const { asked, ledger } = ledgerWith('batch-1', 'batch-2')
    const first = ledger.claimBatch(QUERY).then(async (claimed) => {
      await Promise.resolve()
      asked.push(`slot of ${claimed?.id}`)
    })
    await Promise.all([first, ledger.claimBatch(QUERY)])
    assert.deepEqual(asked, ['batch-1', 'slot of batch-1', 'batch-2'])
  })

  void test('fail together, and ask again the next time', async () => {
    let times = 0
    const claimBatch: SubmitLedger['claimBatch'] = async () => {
      times += 1
      throw new TypeError('the ledger is away')
    }
    const ledger = sharingClaims({ claimBatch }, { yieldToEventLoop })
    const all = await Promise.allSettled([1, 2, 3].map(() => ledger.claimBatch(QUERY)))
    assert.deepEqual([all.map(({ status }) => status), times], [['rejected', 'rejected', 'rejected'], 1])
    await assert.rejects(ledger.claimBatch(QUERY), /away/)
    assert.equal(times, 2)
  })
})
