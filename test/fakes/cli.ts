import assert from 'node:assert/strict'
import { main } from '../../src/main.ts'
import { printTo } from '../../src/cli/support/output.ts'
import { COMPILE_CACHE } from './compile-cache.ts'
import type { Ran } from './rollcall.ts'

/** A terminal to run a command on; without one, its output is a file and there is no one to ask. */
export interface OnTerminal {
  /** What is typed at a question. `what is asked`: the word that it asks for. */
  readonly types?: string
  /** The width of stderr, on which lines can be rewritten. */
  readonly width?: number
}

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs a command in this process, with this environment and no other, and resolves with what it
 * printed. It costs a function call instead of a process, and differs only in what libraries print.
 * Commands run one after the other.
 */
export function command(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  terminal: OnTerminal = {},
): Promise<Ran & { readonly code: number }> {
  const ran = last.then(() => runHere(argv, environment, terminal))
  last = ran.catch(() => {})
  return ran
}

const asked = (types: string, question: string): string =>
  types === 'what is asked' ? (/Type (.+) to go on: $/.exec(question)?.[1] ?? '') : types

const stopListeners = (): readonly number[] =>
  ['SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name))

async function runHere(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  { types, width }: OnTerminal,
): Promise<Ran & { readonly code: number }> {
  let stdout = ''
  let stderr = ''
  using _printed = printTo({
    out: (text) => {
      stdout += text
      return true
    },
    err: (text) => {
      stderr += text
      return true
    },
    width,
    answer: types === undefined ? undefined : () => Promise.resolve(asked(types, stderr)),
  })
  const before = process.env
  const listening = stopListeners()
  process.env = { NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment }
  try {
    const code = await main(argv)
    assert.deepEqual(stopListeners(), listening, `${argv.join(' ')} still listens for signals`)
    return { code, stdout, stderr }
  } finally {
    process.env = before
  }
}
