import { writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { Worker } from 'node:worker_threads'
import { evaluateWritten, type Written } from '../../core/expression/evaluate.ts'
import type { Json } from '../../core/model.ts'
import { type Batch, type Reply, SHARED, type Task } from './protocol.ts'
import type { WatchdogOptions } from './watchdog.ts'

/**
 * The process that evaluates expressions. It holds no secret, opens nothing, and keeps nothing
 * between two batches; a thread of its own watches the evaluating one and ends the process.
 */
const [limitMs = 0, residentMb = 0] = process.argv.slice(2).map(Number)
const shared = new Int32Array(new SharedArrayBuffer(SHARED.words * Int32Array.BYTES_PER_ELEMENT))
let evaluations = 0

// A terminal's Ctrl-C and some supervisors signal whole groups. The parent decides when this
// process is done with.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit(0))
try {
  // When a container runs out of memory, this is the process to end.
  writeFileSync('/proc/self/oom_score_adj', '1000')
} catch {
  // Not Linux, or not allowed.
}

const watchdog = new Worker(new URL('./watchdog.ts', import.meta.url), {
  workerData: { shared, limitMs, residentMb } satisfies WatchdogOptions,
})
watchdog.once('error', () => process.exit(1))
watchdog.once('online', () => {
  say({ kind: 'ready' })
  // At once, because this process is killed in the end.
  flushCompileCache()
})

process.on('message', ({ tasks }: Batch) => void answer(tasks))

async function answer(tasks: readonly Task[]): Promise<void> {
  const answers: (readonly Written[])[] = []
  for (const [index, task] of tasks.entries()) answers.push(await evaluateTask(task, index))
  Atomics.store(shared, SHARED.evaluation, 0)
  say({ kind: 'answers', answers })
}

async function evaluateTask({ expressions, input, bindings }: Task, task: number): Promise<Written[]> {
  const answers: Written[] = []
  // Parsing counts towards the first expression.
  watch(task, 0)
  const parsed = JSON.parse(input) as Json
  for (const [expression, text] of expressions.entries()) {
    if (expression > 0) watch(task, expression)
    answers.push(await evaluateWritten(text, parsed, bindings))
  }
  return answers
}

function watch(task: number, expression: number): void {
  evaluations = (evaluations % 0x3fff_ffff) + 1
  shared[SHARED.task] = task
  shared[SHARED.expression] = expression
  const before = Atomics.exchange(shared, SHARED.evaluation, evaluations)
  if (before === 0) Atomics.notify(shared, SHARED.evaluation)
}

function say(reply: Reply): void {
  process.send?.(reply)
}
