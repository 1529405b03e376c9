import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from './compile-cache.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** As `rollcall.mjs` is started. */
export const OPTIONS = ['--max-semi-space-size=8']

/** The command as a process of its own, with this environment and no other. */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): ChildProcess {
  return spawn(process.execPath, [...OPTIONS, MAIN, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end; one that lasts longer than `withinMs` is killed and has no code. */
export async function rollcall(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  withinMs = 60_000,
): Promise<Ran> {
  const child = start(args, environment)
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'exit') as Promise<[number | null]>,
  ])
  clearTimeout(timer)
  return { code, stdout, stderr }
}

/** The port on which a started `run` answers probes. */
export function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error('no stderr'))
    /** Lines that are not of its log, such as those of an error that nothing caught. */
    const others: string[] = []
    createInterface(child.stderr)
      .on('line', (line) => {
        const said = logLine(line)
        if (said === null) others.push(line)
        else if (said.event === 'probes.listening' && said.port !== undefined) resolve(said.port)
      })
      .on('close', () => reject(new Error(['it ended before it listened', ...others].join('\n'))))
  })
}

function logLine(line: string): { readonly event: string; readonly port?: number } | null {
  try {
    return JSON.parse(line) as { readonly event: string; readonly port?: number }
  } catch {
    return null
  }
}
