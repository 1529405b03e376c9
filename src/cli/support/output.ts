import { once } from 'node:events'
import Table from 'cli-table3'
import { masked } from '../../core/mask.ts'
import { shortened, visible, visibleJson, visibleYaml } from '../../core/visible.ts'

/**
 * Everything that commands print. Control characters, direction marks and invisible characters from
 * outside are printed as escapes, so that one name cannot look like another.
 */

export type Format = 'table' | 'json'

export interface Terminal {
  /** False when the reader is slower: wait for the drain. */
  out(text: string): boolean
  err(text: string): boolean
}
const plainTerminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}
let terminal = plainTerminal

/** Redirects what is printed until it is disposed of. */
export function printTo(other: Terminal): Disposable {
  const before = terminal
  terminal = other
  return { [Symbol.dispose]: () => void (terminal = before) }
}

/**
 * From here on only this module prints. Output of libraries and of Node to stdout and stderr is
 * dropped: with `AZURE_LOG_LEVEL`, `DEBUG` or `NODE_DEBUG` in the environment it contains
 * connection strings, tokens and personal data, and a warning may quote a URL with its password.
 * The log has its own stream.
 */
export function keepTerminal(): void {
  const out = process.stdout.write.bind(process.stdout)
  const err = process.stderr.write.bind(process.stderr)
  terminal = { out: (text) => out(text), err: (text) => err(text) }
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
  terminal.err(joined(lines.map((line) => masked(shortened(line, LONGEST_LINE)))))
}

/** A question; the answer is typed behind it. */
export function ask(question: string): void {
  terminal.err(visible(question))
}

/** Data goes to stdout: lines of text. */
export function printLines(...lines: readonly string[]): void {
  terminal.out(joined(lines))
}

export function printJson(value: unknown): void {
  terminal.out(`${jsonText(value, 2)}\n`)
}

/** One line of JSON. */
export function printJsonLine(value: unknown): void {
  terminal.out(`${jsonText(value)}\n`)
}

/** JSON of one value. Escapes keep it valid JSON. */
export function jsonText(value: unknown, indent?: number): string {
  return visibleJson(JSON.stringify(value, null, indent))
}

/** YAML whose texts with hidden characters are in double quotes. */
export function printYaml(yaml: string): void {
  terminal.out(visibleYaml(yaml))
}

/** A piece of a longer output whose characters are escaped already. Waits for a slow reader. */
export async function printPart(text: string): Promise<void> {
  if (text !== '' && !terminal.out(text)) await once(process.stdout, 'drain')
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

export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cell = (one: string | number): string | number => (typeof one === 'string' ? visible(one) : one)
  const table = new Table({
    head: head.map(visible),
    chars: { ...PLAIN, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => row.map(cell)))
  terminal.out(`${table.toString()}\n`)
}

/**
 * A progress line that overwrites itself on a terminal. Elsewhere it is a new line every `everyMs`.
 */
export function progress(everyMs = 5_000): { show(text: string): void; end(): void } {
  const onTerminal = process.stderr.isTTY
  let lastAt = 0
  let shown = false
  return {
    show: (text) => {
      const now = Date.now()
      if (!onTerminal && now - lastAt < everyMs) return
      lastAt = now
      shown = true
      terminal.err(onTerminal ? `\r\u001b[2K${visible(text)}` : `${visible(text)}\n`)
    },
    end: () => {
      if (onTerminal && shown) terminal.err('\n')
    },
  }
}

export function ago(at: number | null, from: number | null): string {
  if (at === null) return ''
  if (from === null) return new Date(at).toISOString()
  return `${new Date(at).toISOString()}  ${at < from ? '-' : '+'}${span(Math.abs(at - from))}`
}

/** A duration with its unit: `1.5 h`. */
export function span(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [length, unit] = units.find(([length]) => ms >= 2 * length) ?? [1_000, 's']
  return `${(ms / length).toFixed(1)} ${unit}`
}
