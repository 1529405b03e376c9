import { parentPort } from 'node:worker_threads'
import { type FlowOptions, runFlow } from './correlation-truth.ts'
import { forgetful, type JoinRule, latestRecordWins } from './wrong-joins.ts'

/** Joins by other rules, by name: functions do not pass between threads. */
const RULES = { latestRecordWins, forgetful } as const satisfies Record<string, JoinRule>
export interface Task {
  readonly options: FlowOptions
  readonly rule: keyof typeof RULES | null
}

/** Runs one flow after another. The test runner follows what happens in a test's own thread, which costs more than the flow itself. */
parentPort?.on('message', async ({ options, rule }: Task) => {
  parentPort?.postMessage(await runFlow(rule === null ? options : { ...options, join: RULES[rule] }))
})
