import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import type { TraceOperation } from '../../src/core/ledger/port/views/trace.ts'
import { start } from './rollcall.ts'

/** Several `rollcall run` on one ledger. */
export interface Fleet {
  readonly size: number
  /** Ends one without a word and puts another in its place. */
  kill(index: number): Promise<void>
  /** Asks one to end and puts another in its place, and says with which code it ended. */
  restart(index: number): Promise<number | null>
  /** Lets one stand still, and go on. */
  freeze(index: number): void
  thaw(index: number): void
  /** Asks all of them to end, and says with which codes they did. */
  stop(): Promise<readonly (number | null)[]>
  /** Also when a test fails half-way. */
  abandon(): void
  /** What they said on stderr. */
  said(): string
}

const MOST_STARTS = 20
const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null

/** `loops` has one entry for each process: what it runs, or `null` for everything. */
export function startFleet(
  loops: readonly (string | null)[],
  environment: Readonly<Record<string, string>>,
): Fleet {
  const said: string[] = []
  let ending = false
  let starts = 0
  const begin = (index: number): ChildProcess => {
    const only = loops[index] ?? null
    const child = start(['run', ...(only === null ? [] : ['--loops', only])], {
      ...environment,
      INSTANCE: `instance-${index}`,
    })
    child.stdout?.resume()
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    // An instance that starts while the database is unreachable ends, and is restarted.
    child.once('exit', (code) => {
      if (code !== null && code !== 0 && !ending && children[index] === child && (starts += 1) < MOST_STARTS)
        children[index] = begin(index)
    })
    return child
  }
  const children: ChildProcess[] = []
  for (const index of loops.keys()) children[index] = begin(index)
  const at = (index: number): ChildProcess => {
    const child = children[index]
    if (!child) throw new Error(`there is no process ${index}`)
    return child
  }
  return {
    size: loops.length,
    kill: async (index) => {
      const child = at(index)
      if (isRunning(child)) {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
      children[index] = begin(index)
    },
    restart: async (index) => {
      const child = at(index)
      const ended = once(child, 'exit') as Promise<[number | null]>
      child.kill('SIGTERM')
      const [code] = await ended
      children[index] = begin(index)
      return code
    },
    freeze: (index) => void at(index).kill('SIGSTOP'),
    thaw: (index) => void at(index).kill('SIGCONT'),
    stop: () => {
      ending = true
      return Promise.all(
        children.map(async (child) => {
          if (!isRunning(child)) return child.exitCode
          const ended = once(child, 'exit') as Promise<[number | null]>
          child.kill('SIGTERM')
          return (await ended)[0]
        }),
      )
    },
    abandon: () => {
      ending = true
      for (const child of children) child.kill('SIGKILL')
    },
    said: () => said.join('').slice(-4_000),
  }
}

/**
 * Operations that were sent while an earlier one of their employee was unanswered. Only a
 * termination may be.
 */
export async function inFlightTwice(ledger: Ledger, employees: Iterable<string>): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const employeeId of employees) {
    const operations = (await ledger.readTrace(employeeId))?.operations ?? []
    const sent = operations.filter(({ batch }) => batch?.submittedAt != null)
    sent.sort((a, b) => submittedAt(a) - submittedAt(b))
    for (const [index, operation] of sent.entries()) {
      const before = sent[index - 1]
      if (!before || operation.lane === 'leaver') continue
      const answered = before.answeredAt ?? before.finishedAt ?? Number.POSITIVE_INFINITY
      if (answered > submittedAt(operation))
        wrong.push(
          `${employeeId}: ${operation.id} ${operation.lane} before the answer to ${before.id} ${before.lane}`,
        )
    }
  }
  return wrong
}

const submittedAt = ({ batch }: TraceOperation): number => batch?.submittedAt ?? 0
