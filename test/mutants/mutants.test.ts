import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MUTANT_LISTS, staleAmong, tasksOf } from './lists.ts'
import { runMutant } from './run-mutant.ts'

/** Starting another mutant after this time is left to `npm run mutants`. */
const TIME_BUDGET_MS = 18_000
const AT_ONCE = 2

void test('every mutant changes exactly one place of its file', () => {
  assert.deepEqual(staleAmong(tasksOf(null)), [])
})

void test('the suites notice a sample of the mutants', async (t) => {
  // One of each list in turn, so that every list has its share of the time.
  const lists = Object.keys(MUTANT_LISTS).map((name) => tasksOf(name))
  const longest = Math.max(...lists.map((tasks) => tasks.length))
  const queue = Array.from({ length: longest }, (_, index) => lists.flatMap((tasks) => tasks[index] ?? []))
    .flat()
    .values()
  const startedAt = performance.now()
  const survivors: string[] = []
  let count = 0
  async function runQueue(): Promise<void> {
    for (const task of queue) {
      if ((await runMutant(task)) === 'survived') survivors.push(`${task.list}: ${task.mutant.breaks}`)
      count += 1
      if (performance.now() - startedAt > TIME_BUDGET_MS) return
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runQueue))
  t.diagnostic(`${count} mutants tried`)
  assert.deepEqual(survivors, [])
})
