import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Mutant } from '../../mutant.ts'
import type { Answer } from './protocol.ts'

/** Loads of changed files stay in memory. */
const MOST_MUTANTS = 150

/** How a mutant was noticed; `unfit` when the tests cannot be run in this way. */
export type Verdict = { readonly noticedBy: string | null } | { readonly unfit: string }

/** A process that keeps the tests loaded, and runs those that execute a changed place. */
export class WarmProcess {
  #child: ChildProcess | null = null
  #count = 0

  async try(mutant: Mutant, suites: readonly string[]): Promise<Verdict> {
    if (suites.length === 0) return { noticedBy: null }
    if (this.#count >= MOST_MUTANTS) this.end()
    this.#child ??= startProcess()
    this.#count += 1
    const child = this.#child
    const verdict = await verdictOf(child, (): void => {
      child.send({ id: this.#count, mutant, suites })
    })
    if (child.killed || child.exitCode !== null) this.end()
    return verdict
  }

  end(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
    this.#count = 0
  }
}

function startProcess(): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), [], {
    // What optimised code executes is missing in the coverage.
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=3000',
      '--no-opt',
      '--no-maglev',
    ],
    env: { RUNS: '0.1', ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

function verdictOf(child: ChildProcess, ask: () => void): Promise<Verdict> {
  return new Promise((resolve) => {
    let limit: NodeJS.Timeout | undefined
    let errors = ''
    const done = (verdict: Verdict): void => {
      clearTimeout(limit)
      child.removeAllListeners()
      child.stderr?.removeAllListeners()
      resolve(verdict)
    }
    child.stderr?.on('data', (text: Buffer) => (errors += text.toString()))
    child.once('exit', () => done({ noticedBy: `the process ends: ${errors.slice(-200)}` }))
    child.on('message', (answer: Answer) => {
      if (answer.type === 'done') done({ noticedBy: answer.noticedBy })
      else if (answer.type === 'unfit') done({ unfit: answer.why })
      else {
        clearTimeout(limit)
        limit = setTimeout(() => {
          child.kill('SIGKILL')
          done({ noticedBy: 'it does not end' })
        }, answer.ms)
      }
    })
    ask()
  })
}
