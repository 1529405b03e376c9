import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { committer } from '../../../src/core/intake/commit.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** How often the event loop gets a turn while so many messages of this length are read. */
async function turnsFor(count: number, characters: number): Promise<number> {
  let turns = 0
  const runtime = { ...virtualRuntime(), yieldToEventLoop: async () => void (turns += 1) }
  const ledger = { recordMessages: () => Promise.reject(new TypeError('not asked for')) }
  const settings = { quietMs: 0, maxWaitMs: 0, skewMs: 1_000 }
  const long = { ...cloudEvent, note: 'x'.repeat(characters) }
  const { read } = committer(ledger, () => DEFAULT_SOURCE, settings, runtime)
  const all = Array.from({ length: count }, (_, n) => message({ ...long, id: `e-${n}` }))
  const found = await read(all)
  assert.deepEqual(
    found.map(({ events }) => events[0]?.id),
    all.map((_, n) => `e-${n}`),
  )
  return turns
}

void describe('reading messages', () => {
  void it('gives the event loop a turn after so many of them, and after so much text', async () => {
    assert.equal(await turnsFor(10, 10), 0)
    assert.equal(await turnsFor(130, 10), 2)
    assert.equal(await turnsFor(10, 100_000), 4)
    assert.equal(await turnsFor(3, 1_000_000), 2)
  })
})
