import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retentionLoop } from '../../src/core/plan/retain/loop.ts'
import { DAY_MS } from '../../src/core/runtime.ts'
import { virtualRuntime } from '../fakes/virtual-runtime.ts'
import { runUntilEnd } from '../fakes/run-until-end.ts'

void test('retention ages out slice by slice after it went through all employees, and rests when there are no more', async (t) => {
  const runtime = virtualRuntime()
  const done: string[] = []
  const slices = [500, 500, 120]
  const service = retentionLoop(
    {
      listRetention: async () => {
        done.push('page')
        return { employees: [], last: null }
      },
      foldEvents: async () => ({ folded: 0 }),
      forgetReplayEdits: async () => 0,
      removeAged: async ({ before, limit }) => {
        assert.equal(before, runtime.now() - 400 * DAY_MS)
        assert.equal(limit, 500)
        const removed = slices.shift() ?? 0
        done.push(`aged ${removed}`)
        return { removed, more: removed === limit }
      },
    },
    { afterMs: 400 * DAY_MS, employeesAtOnce: 100, rowsAtOnce: 500, pauseMs: 200, everyMs: 3_600_000 },
    runtime,
  )
  runUntilEnd(t, service)
  await runtime.advance(600)
  assert.deepEqual(done, ['page', 'aged 500', 'aged 500', 'aged 120'])
  await runtime.advance(3_599_000)
  assert.equal(done.length, 4)
  await runtime.advance(1_300)
  assert.deepEqual(done.slice(4), ['page', 'aged 0'])
})
