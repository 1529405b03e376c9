import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROKEN_PROMISES } from '../suites/simulation/mutants.ts'
import { MUTANT_LISTS, staleAmong, tasksIn, tasksOf } from './lists.ts'
import { runMutant } from './run-mutant.ts'

/**
 * So many mutants of each list are tried here, of those that a suite notices soon;
 * `npm run mutants` tries all.
 */
const SAMPLE: Readonly<Record<string, number>> = { core: 3, entra: 1, 'service-bus': 1 }
const AT_ONCE = 2

void test('every mutant changes exactly one place of its file', () => {
  assert.deepEqual(staleAmong([...tasksOf(null), ...tasksIn('simulation', BROKEN_PROMISES)]), [])
})

void test('the suites notice a sample of the mutants', async () => {
  const queue = Object.keys(MUTANT_LISTS)
    .flatMap((name) => tasksOf(name).slice(0, SAMPLE[name] ?? 0))
    .values()
  const survivors: string[] = []
  async function runQueue(): Promise<void> {
    for (const task of queue) {
      if ((await runMutant(task)) === 'survived') survivors.push(`${task.list}: ${task.mutant.breaks}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runQueue))
  assert.deepEqual(survivors, [])
})
