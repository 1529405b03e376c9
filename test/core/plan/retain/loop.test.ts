import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retentionLoop } from '../../../../src/core/plan/retain/loop.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

void test('a round ends with the edits of replays and then, in slices, with old rows', async () => {
  const runtime = virtualRuntime()
  const start = runtime.now()
  const done: string[] = []
  const left = [true, false]
  const since = (at: number): string => `${(at - start) / 1_000}`
  const service = retentionLoop(
    {
      listRetention: async ({ settledBefore }) => {
        done.push(`employees ${since(settledBefore)}`)
        return { employees: [], last: null }
      },
      foldEvents: async () => assert.fail('nothing is folded'),
      forgetReplayEdits: async (before, now) => {
        done.push(`edits ${since(before)} ${since(now)}`)
        return 0
      },
      removeAged: async ({ before, limit }) => {
        done.push(`rows ${since(before)}, ${limit} at once`)
        return { removed: 0, more: left.shift() ?? false }
      },
    },
    { afterMs: 10_000, employeesAtOnce: 5, rowsAtOnce: 7, pauseMs: 1_000, everyMs: 60_000 },
    runtime,
  )
  const running = service.run()
  await runtime.advance(62_000)
  assert.deepEqual(done, [
    'employees -10',
    'edits -10 0',
    'rows -9, 7 at once',
    'rows -8, 7 at once',
    'employees 52',
    'edits 52 62',
  ])
  await service.stop()
  await running
})
