import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { staleAmong, tasksOf } from './lists.ts'
import { runRandom, runThese } from './random/run.ts'
import { changesAt } from './random/sample.ts'
import { runMutant } from './run-mutant.ts'

/**
 * `npm run mutants [-- LIST]` breaks the code in every listed way, one at a time, and shows whether
 * the tests notice. `npm run mutants -- --random N --seed S` breaks core and ledger in N random
 * places instead, `--at FILE:LINE` in every way at that place. Exits with 1 if a mutant survives or
 * is stale.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
    at: { type: 'string', multiple: true },
  },
})
const write = (line: string): void => void process.stdout.write(`${line}\n`)

const survived =
  values.at !== undefined
    ? await runThese(changesAt(values.at), write)
    : values.random === undefined
      ? await runLists(positionals[0] ?? null)
      : await runRandom(Number(values.random), Number(values.seed), write)
process.exitCode = survived === 0 ? 0 : 1

async function runLists(name: string | null): Promise<number> {
  const tasks = tasksOf(name)
  const stale = staleAmong(tasks)
  for (const text of stale) write(`STALE     ${text}`)

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
      write(`${label.padEnd(9)} ${task.list}: ${task.mutant.breaks}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, runQueue))
  write(`${tasks.length - survivors} of ${tasks.length} killed, ${stale.length} stale`)
  return survivors + stale.length
}
