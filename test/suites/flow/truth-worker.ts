import { parentPort } from 'node:worker_threads'
import { type FlowOptions, type FlowResult, runFlow } from './correlation-truth.ts'
import { forgetful, type JoinRule, latestRecordWins } from './wrong-joins.ts'

/** Joins by other rules, by name: functions do not pass between threads. */
const RULES = { latestRecordWins, forgetful } as const satisfies Record<string, JoinRule>
export interface Task {
  readonly options: FlowOptions
  readonly rule: keyof typeof RULES | null
}

/**
 * Runs a flow. The test runner follows what happens in a test's own thread, which costs more than
 * the flow itself.
 */
async function run({ options, rule }: Task): Promise<FlowResult> {
  return await runFlow(rule === null ? options : { ...options, join: RULES[rule] })
}

parentPort?.on('message', (task: Task) => void run(task).then((result) => parentPort?.postMessage(result)))
