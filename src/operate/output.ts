import Table from 'cli-table3'

export type Format = 'table' | 'json'

/** Data goes to stdout, everything said along the way to stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** No lines: columns are enough, and a terminal's copy and paste stays readable. */
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
  const table = new Table({
    head: [...head],
    chars: { ...PLAIN, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => [...row]))
  process.stdout.write(`${table.toString()}\n`)
}

/** One line that is written over on a terminal, and a line now and then elsewhere. */
export function progress(everyMs = 5_000): { show(text: string): void; end(): void } {
  const terminal = process.stderr.isTTY
  let lastAt = 0
  let shown = false
  return {
    show: (text) => {
      const now = Date.now()
      if (!terminal && now - lastAt < everyMs) return
      lastAt = now
      shown = true
      process.stderr.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`)
    },
    end: () => {
      if (terminal && shown) process.stderr.write('\n')
    },
  }
}

export function ago(at: number | null, from: number | null): string {
  if (at === null) return ''
  if (from === null) return new Date(at).toISOString()
  return `${new Date(at).toISOString()}  ${at < from ? '-' : '+'}${span(Math.abs(at - from))}`
}

function span(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [length, unit] = units.find(([length]) => ms >= 2 * length) ?? [1_000, 's']
  return `${(ms / length).toFixed(1)} ${unit}`
}
