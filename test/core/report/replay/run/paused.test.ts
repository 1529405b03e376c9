import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplayRun } from '../../../../../src/core/ledger/port/replays.ts'
import { untilPaused } from '../../../../../src/core/report/replay/run/paused.ts'
import { virtualRuntime } from '../../../../fakes/virtual-runtime.ts'
import { RUN } from './run.ts'

void test('a run that is paused elsewhere stops within a second, also when the ledger did not answer before', async () => {
  const runtime = virtualRuntime()
  let paused: ReplayRun['paused'] = null
  let answers = false
  const ledger = {
    listReplays: async () => {
      if (!answers) throw new Error('the ledger is away')
      return [{ ...RUN, paused }]
    },
  }
  const stopped = untilPaused(RUN, { ledger, runtime }, async (signal) => {
    await runtime.sleep(60_000, signal)
    return signal.aborted
  })
  await runtime.advance(5_000)
  answers = true
  paused = { at: 1, actor: 'bob', justification: 'too fast' }
  await runtime.advance(1_000)
  assert.equal(await stopped, true)
  assert.equal(runtime.sleeping, 0)
})

void test('a run that has ended is not looked at any longer', async () => {
  const runtime = virtualRuntime()
  let looked = 0
  const ledger = { listReplays: async () => ((looked += 1), [RUN]) }
  assert.equal(await untilPaused(RUN, { ledger, runtime }, async () => 'done'), 'done')
  await runtime.advance(5_000)
  assert.equal(looked, 0)
})
