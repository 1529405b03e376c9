import { parentPort, workerData } from 'node:worker_threads'
import { type FlowOptions, runFlow } from './correlation-truth.ts'
import { forgetful, type JoinRule, latestRecordWins } from './wrong-joins.ts'

/** Joins by other rules, by name: functions do not pass between threads. */
export const RULES = { latestRecordWins, forgetful } as const satisfies Record<string, JoinRule>
export interface Task {
  readonly options: FlowOptions
  readonly rule?: keyof typeof RULES
}

/** The test runner follows every asynchronous step of a test's own thread, which costs more than the flow itself. */
if (parentPort) {
  const { options, rule } = workerData as Task
  parentPort.postMessage(await runFlow(rule ? { ...options, join: RULES[rule] } : options))
}
