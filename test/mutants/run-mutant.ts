import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TEST_FAILED } from './first-failure.ts'
import type { Task } from './lists.ts'

/** `killed`: a test failed, or the suite did not end in time. `survived`: every test passed. */
export type Result = 'killed' | 'survived'

/** When a run is given up; the mutant then counts as noticed. */
export interface RunLimits {
  readonly cpuSeconds: number
  readonly wallMs: number
  /** For one test. */
  readonly testMs: number
}
const LIMITS: RunLimits = { cpuSeconds: 60, wallMs: 60_000, testMs: 12_000 }
const here = (file: string): string => pathToFileURL(join(import.meta.dirname, file)).href

/**
 * Runs the suites of one mutant in a process of its own. Rejects if the process ends in a way that
 * no test explains.
 */
export function runMutant(
  { mutant, suites }: Omit<Task, 'list'>,
  limits: RunLimits = LIMITS,
): Promise<Result> {
  // A mutant has one run only, so it gets more cases than the gate tries each time.
  const env: NodeJS.ProcessEnv = { RUNS: '0.1', ...process.env, MUTANT: JSON.stringify(mutant) }
  // The suite must run against the double, and the runner must not believe that it is part of
  // another run.
  delete env['SERVICEBUS_CONFORMANCE_CONNECTION_STRING']
  delete env['SERVICEBUS_PARTITIONED_CONNECTION_STRING']
  delete env['NODE_TEST_CONTEXT']
  const child = spawn(
    'sh',
    [
      '-c',
      `ulimit -t ${limits.cpuSeconds}; exec "$0" "$@"`,
      process.execPath,
      '--import',
      here('apply.ts'),
      '--import',
      here('../seed.mjs'),
      '--test',
      '--test-isolation=none',
      `--test-timeout=${limits.testMs}`,
      '--test-force-exit',
      `--test-reporter=${here('first-failure.ts')}`,
      ...suites,
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  return new Promise((resolve, reject) => {
    // A mutant may block the event loop, so that not even the timeout of a test fires.
    const limit = setTimeout(() => child.kill('SIGKILL'), limits.wallMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      if (code === 0) resolve('survived')
      else if (code === TEST_FAILED || signal === 'SIGKILL' || signal === 'SIGXCPU') resolve('killed')
      else reject(new Error(`The suite ended with code ${code}: ${errors}`))
    })
  })
}
