import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadFigure, waitFigure, waitFigureOf } from '../../../src/core/history/figures.ts'
import { historyLoop } from '../../../src/core/history/loop.ts'
import { growthOf, levelsOf, sinceOf, SPANS, stepsOf, waitsOf } from '../../../src/core/history/series.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const points = (figure: string, ...values: readonly (readonly [at: number, value: number])[]) =>
  values.map(([at, value]) => ({ figure, at, value }))

void test('a total grows by the difference to the step before; gaps grow by nothing, and a total that shrank did not grow', () => {
  const kept = points('events', [0, 5], [10, 9], [30, 12], [40, 2], [50, 3])
  assert.deepEqual(growthOf(kept, 'events', [10, 20, 30, 40, 50]), [4, 0, 3, 0, 1])
  assert.deepEqual(growthOf(kept, 'events', [0, 10]), [null, 4], 'nothing is known before the first value')
  assert.deepEqual(growthOf(kept, 'events', [30]), [3], 'since the last value before')
  assert.deepEqual(growthOf(kept, 'finished', [0, 10]), [null, null])
})

void test('a span has its steps up to now, the oldest first, and is compared with the step before', () => {
  const now = 100 * MINUTE + 1
  const steps = stepsOf('hour', now)
  assert.equal(sinceOf('hour', now), 40 * MINUTE)
  assert.deepEqual([steps.length, steps[0], steps.at(-1)], [12, 45 * MINUTE, 100 * MINUTE])
})

void test('waits are given as the limits that half, and 95 %, of the outcomes stay within', () => {
  assert.equal(waitFigureOf(0), waitFigure(MINUTE))
  assert.equal(waitFigureOf(MINUTE), waitFigure(MINUTE), 'up to and with the limit')
  assert.equal(waitFigureOf(MINUTE + 1), waitFigure(2 * MINUTE))
  assert.equal(waitFigureOf(30 * 86_400_000), waitFigure(null))
  const kept = [
    ...points(waitFigure(MINUTE), [0, 0], [10, 6]),
    ...points(waitFigure(5 * MINUTE), [0, 0], [10, 3]),
    ...points(waitFigure(null), [0, 0], [10, 1]),
  ]
  assert.deepEqual(waitsOf(kept, [10]), { outcomes: 10, halfMs: MINUTE, mostMs: null })
  assert.deepEqual(waitsOf([], [10]), { outcomes: 0, halfMs: null, mostMs: null })
})

void test('a level is 0 where other figures were kept, and not known where none was', () => {
  const kept = [...points('events', [10, 1], [20, 1]), ...points('dead Conflict', [20, 4])]
  const names = { figure: 'dead Conflict', always: 'events' }
  assert.deepEqual(levelsOf(kept, names, [10, 20, 30]), [0, 4, null])
})

void test('half and 95 % are counted exactly: a limit that just reaches its share is enough', () => {
  const counted = (minutes: number, count: number) =>
    points(waitFigure(minutes * MINUTE), [0, 0], [10, count])
  const kept = [...counted(1, 10), ...counted(2, 9), ...counted(5, 1)]
  assert.deepEqual(waitsOf(kept, [10]), { outcomes: 20, halfMs: MINUTE, mostMs: 2 * MINUTE })
})

void test('figures are kept once a minute, for as long as the longest chart shows and the step before it', async () => {
  const runtime = virtualRuntime()
  const kept: number[] = []
  const service = historyLoop(
    {
      recordHistory: async ({ now, keptMs }) => {
        kept.push(now)
        assert.ok(keptMs >= SPANS.week.spanMs + SPANS.week.stepMs)
      },
    },
    runtime,
  )
  const running = service.run()
  await runtime.advance(2 * MINUTE)
  await service.stop()
  await running
  assert.deepEqual(
    kept,
    [0, 1, 2].map((minutes) => (kept[0] ?? 0) + minutes * MINUTE),
  )
})

void test('long codes of dead letters share a figure with those that begin alike, so that a figure has a bounded name', () => {
  assert.equal(deadFigure('Conflict'), 'dead Conflict')
  assert.equal(deadFigure('x'.repeat(500)), deadFigure('x'.repeat(501)))
})
