import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Batch } from '../../../src/core/ledger/port/submit.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'
import { closeAfter } from '../support/close-after.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

/** In memory only: to use a day's calls up takes PostgreSQL too long. */
void describe('the quota of a day', () => {
  void it('keeps its last calls for batches with a leaver, where it has many', async (t) => {
    const { ledger } = await openMemoryLedger()
    closeAfter(t, () => ledger.close())
    const world = new World(ledger)
    const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 200 }
    const planned = async (id: string): Promise<Batch> => {
      await world.record(joiner(id, id))
      await world.plan()
      return world.needBatch()
    }
    const batch = await planned('a')
    await world.take(batch, { ...limits, perDay: 1 })
    for (let used = 1; used < 199; used++) await world.take(batch, limits)
    assert.equal((await world.slot(batch, limits)).kind, 'wait')
    await world.record(leaver('l', 'gone'))
    const urgent = await planned('b')
    assert.equal((await world.slot(urgent, limits)).kind, 'taken')
    assert.equal((await world.slot(urgent, limits)).kind, 'wait')
  })
})
