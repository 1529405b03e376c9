import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline/promises'
import type Table from 'cli-table3'
import { masked } from '../../core/display/mask.ts'
import { shortened, visible, visibleJson, visibleYaml } from '../../core/display/visible.ts'

/**
 * Everything that commands print. Control characters, direction marks and invisible characters from
 * outside are printed as escapes, so that one name cannot look like another. Nothing has a colour.
 */

export type Format = 'table' | 'json'

export interface Terminal {
  /** False when the reader is slower: wait for the drain. */
  out(text: string): boolean
  err(text: string): boolean
  /**
   * The width in characters when stderr is a terminal whose lines can be rewritten; otherwise not
   * set.
   */
  readonly width?: number | undefined
  /** What the user types; not set without a terminal to ask on. */
  readonly answer?: (() => Promise<string>) | undefined
}
const plainTerminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ...abilities(),
}
let terminal = plainTerminal

/** A dumb terminal, as in an editor, shows escapes instead of rewriting the line. */
function abilities(): Pick<Terminal, 'width' | 'answer'> {
  return {
    ...(process.stderr.isTTY && process.env['TERM'] !== 'dumb'
      ? { width: process.stderr.columns || 80 }
      : {}),
    ...(process.stdin.isTTY ? { answer: typed } : {}),
  }
}

async function typed(): Promise<string> {
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}

/** Redirects what is printed until it is disposed of. */
export function printTo(other: Terminal): Disposable {
  const before = terminal
  terminal = other
  return { [Symbol.dispose]: () => void (terminal = before) }
}

/** The width of lines that can be rewritten; `null` where what is printed stays as it is. */
export const rewritableWidth = (): number | null => terminal.width ?? null

/**
 * From here on only this module prints. Output of libraries and of Node to stdout and stderr is
 * dropped: with `AZURE_LOG_LEVEL`, `DEBUG` or `NODE_DEBUG` in the environment it contains
 * connection strings, tokens and personal data, and a warning may quote a URL with its password.
 * The log has its own stream.
 */
export function keepTerminal(): void {
  const out = process.stdout.write.bind(process.stdout)
  const err = process.stderr.write.bind(process.stderr)
  terminal = { out: (text) => out(text), err: (text) => err(text), ...abilities() }
  process.stdout.write = dropped
  process.stderr.write = dropped
  process.removeAllListeners('warning')
  process.on('warning', () => {})
  // The reader closed the pipe, as `head` does: the process ends as if by SIGPIPE.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(141)
  })
}

function dropped(_text: unknown, encoding?: unknown, done?: unknown): boolean {
  const told = typeof encoding === 'function' ? encoding : done
  if (typeof told === 'function') queueMicrotask(() => void told())
  return true
}

const LONGEST_LINE = 10_000

/** Messages for the user go to stderr, one per line. Secrets are masked in every message. */
export function say(...lines: readonly string[]): void {
  clearStatus()
  terminal.err(joined(lines.map((line) => masked(shortened(line, LONGEST_LINE)))))
}

/**
 * Asks, and resolves with what is typed behind the question; `null` without a terminal to ask on.
 */
export async function ask(question: string): Promise<string | null> {
  if (terminal.answer === undefined) return null
  clearStatus()
  terminal.err(visible(question))
  return terminal.answer()
}

let statusShown = false

/** Shows one line on a terminal until the next output, or the next such line, replaces it. */
export function showStatus(text: string): void {
  const width = rewritableWidth()
  if (width === null) return
  statusShown = true
  terminal.err(`\r\u001b[2K${visible(text).slice(0, Math.max(1, width - 1))}`)
}

export function clearStatus(): void {
  if (statusShown) terminal.err('\r\u001b[2K')
  statusShown = false
}

function toStdout(text: string): boolean {
  clearStatus()
  return terminal.out(text)
}

/** Data goes to stdout: lines of text. */
export function printLines(...lines: readonly string[]): void {
  toStdout(joined(lines))
}

let jsonInLines = false

/**
 * From here on `printJson` prints a line for each value of a list, and one line for anything else.
 */
export function printJsonInLines(on: boolean): void {
  jsonInLines = on
}

export function printJson(value: unknown): void {
  if (!jsonInLines) toStdout(`${jsonText(value, 2)}\n`)
  else for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) printJsonLine(one)
}

/** One line of JSON. */
export function printJsonLine(value: unknown): void {
  toStdout(`${jsonText(value)}\n`)
}

/** JSON of one value. Escapes keep it valid JSON. */
export function jsonText(value: unknown, indent?: number): string {
  return visibleJson(JSON.stringify(value, null, indent))
}

/** YAML whose texts with hidden characters are in double quotes. */
export function printYaml(yaml: string): void {
  toStdout(visibleYaml(yaml))
}

/** A piece of a longer output whose characters are escaped already. Waits for a slow reader. */
export async function printPart(text: string): Promise<void> {
  if (text !== '' && !toStdout(text)) await once(process.stdout, 'drain')
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${visible(line)}\n`).join('')

/** Tables have no lines: columns are enough, and copied text stays readable. */
const PLAIN = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((part) => [part, '']),
)

let tableType: typeof Table | null = null

export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cell = (one: string | number): string | number => (typeof one === 'string' ? visible(one) : one)
  // Loaded here, because `--help` prints no table.
  tableType ??= createRequire(import.meta.url)('cli-table3') as typeof Table
  const table = new tableType({
    head: head.map(visible),
    chars: { ...PLAIN, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => row.map(cell)))
  toStdout(`${table.toString()}\n`)
}
