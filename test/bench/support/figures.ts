/** What one round of a benchmark found. */
export interface Round {
  readonly figures: Readonly<Record<string, number>>
  /** What the figures depend on, such as how durable a commit is. */
  readonly settings: Readonly<Record<string, string | number>>
  /** What is not as it should be at the end. With anything in it, the figures do not count. */
  readonly wrong: readonly string[]
}

/** Marks the line of a script's output that holds its round. */
const MARK = 'round '

/**
 * Prints a round as the last line of a script, for `run.ts`. The script fails when anything is
 * wrong.
 */
export function printRound({ figures, settings, wrong }: Round): void {
  const rounded = Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  )
  process.stdout.write(`${MARK}${JSON.stringify({ figures: rounded, settings, wrong } satisfies Round)}\n`)
  if (wrong.length > 0) process.exitCode = 1
}

/** The round in the output of a script; `null` when it printed none. */
export function readRound(output: string): Round | null {
  const line = output.split('\n').findLast((one) => one.startsWith(MARK))
  return line === undefined ? null : (JSON.parse(line.slice(MARK.length)) as Round)
}

/** What is wrong when a count is not the one expected. */
export function expect(what: string, found: number, expected: number): readonly string[] {
  return found === expected ? [] : [`${what}: ${found} instead of ${expected}`]
}

export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Of at least one value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  }
}
