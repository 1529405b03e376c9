import { spawn } from 'node:child_process'
import { mutants } from './list.ts'

/**
 * Breaks the double in many ways, one at a time, and shows that the conformance suite notices each: `node test/local/service-bus/mutants/run.ts`.
 * About two minutes; exits with 1 when a mutant survives or its text is no longer in the sources.
 */
const suite = new URL('../conformance.test.ts', import.meta.url).pathname
const apply = new URL('apply.ts', import.meta.url).href

async function runSuite(index: number): Promise<{ readonly failed: number; readonly stale: boolean }> {
  const env: NodeJS.ProcessEnv = { ...process.env, SERVICE_BUS_MUTANT: String(index) }
  delete env['SERVICEBUS_CONFORMANCE_CONNECTION_STRING']
  // Without it the runner thinks it is inside another run and reports in another way.
  delete env['NODE_TEST_CONTEXT']
  const child = spawn(
    process.execPath,
    ['--import', apply, '--test', '--test-reporter=tap', '--test-timeout=12000', suite],
    { env },
  )
  // A case that hangs keeps the process alive behind its own timeout.
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(limit)
  return {
    failed: output.match(/^ {4}not ok /gm)?.length ?? 0,
    stale: output.includes("the mutant's text is not in"),
  }
}

let survivors = 0
const queue = mutants.entries()
async function worker(): Promise<void> {
  for (const [index, mutant] of queue) {
    const { failed, stale } = await runSuite(index)
    const verdict = stale ? 'STALE' : failed > 0 ? `noticed by ${failed}` : 'SURVIVED'
    if (stale || failed === 0) survivors += 1
    process.stdout.write(`${verdict.padEnd(14)} ${mutant.breaks}\n`)
  }
}
await Promise.all([worker(), worker()])
process.exitCode = survivors === 0 ? 0 : 1
