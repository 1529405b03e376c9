import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Telemetry } from '../../../../src/core/runtime.ts'
import { retentionLoop } from '../../../../src/core/plan/retain/loop.ts'
import { employee, personEvent, WORKER } from '../../../fakes/people.ts'
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

void test('of a slice, the employees of whom something goes are folded at once, and what goes is counted', async () => {
  const runtime = virtualRuntime()
  const old = personEvent(1, { worker: WORKER, effectiveAt: runtime.now() - 1, state: 'confirmed' })
  const slices = [
    [{ employee: employee([old], { employeeId: '1', revision: 4 }), settled: [1] }],
    [{ employee: employee([old], { employeeId: '2' }), settled: [] }],
  ]
  const asked: (string | null)[] = []
  const folded: unknown[] = []
  const counted: unknown[] = []
  const count: Telemetry['count'] = (name, value) => void counted.push([name, value])
  const service = retentionLoop(
    {
      listRetention: async ({ after }) => {
        asked.push(after)
        const employees = slices.shift()
        return employees ? { employees, last: `last ${asked.length}` } : { employees: [], last: null }
      },
      foldEvents: async (cuts) => {
        folded.push(cuts.map(({ employeeId, revision, gone }) => [employeeId, revision, gone]))
        return { folded: 1 }
      },
      forgetReplayEdits: async () => 0,
      removeAged: async () => ({ removed: 1, more: false }),
    },
    { afterMs: 10_000, employeesAtOnce: 1, rowsAtOnce: 7, pauseMs: 1_000, everyMs: 60_000 },
    { ...runtime, telemetry: { ...runtime.telemetry, count } },
  )
  const running = service.run()
  await runtime.advance(4_000)
  assert.deepEqual(asked, [null, 'last 1', 'last 2'])
  assert.deepEqual(folded, [[['1', 4, [1]]]])
  assert.deepEqual(counted, [
    ['rollcall.retention.folded', 1],
    ['rollcall.retention.aged', 1],
  ])
  await service.stop()
  await running
})
