import { availableParallelism } from 'node:os'
import { staleAmong, tasksOf } from './lists.ts'
import { runMutant } from './run-mutant.ts'

/**
 * `npm run mutants [-- LIST]`: breaks the code in every listed way, one at a time, and shows
 * whether the tests notice. Exits with 1 if a mutant survives or is stale.
 */
const tasks = tasksOf(process.argv[2] ?? null)
const stale = staleAmong(tasks)
for (const text of stale) process.stdout.write(`STALE     ${text}\n`)

// A suite that fails without any mutant would call every mutant killed.
for (const list of new Set(tasks.map((task) => task.list))) {
  const [task] = tasksOf(list)
  if (task === undefined) continue
  const unchanged = { ...task, mutant: { ...task.mutant, replace: task.mutant.find } }
  if ((await runMutant(unchanged)) === 'killed') throw new Error(`${list}: the tests fail without a mutant`)
}

let survivors = 0
const queue = tasks.values()
async function runQueue(): Promise<void> {
  for (const task of queue) {
    const result = await runMutant(task)
    if (result === 'survived') survivors += 1
    const label = result === 'survived' ? 'SURVIVED' : result
    process.stdout.write(`${label.padEnd(9)} ${task.list}: ${task.mutant.breaks}\n`)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, runQueue))
process.stdout.write(`${tasks.length - survivors} of ${tasks.length} killed, ${stale.length} stale\n`)
process.exitCode = survivors + stale.length === 0 ? 0 : 1
