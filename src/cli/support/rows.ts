import { setFlagsFromString } from 'node:v8'
import { RollcallError } from '../../core/errors.ts'
import { effectiveInstant } from '../../core/intake/dates.ts'
import { visible } from '../../core/visible.ts'
import { jsonText, printPart } from './output.ts'

/** Rows that are written as they come: memory holds one. */
export type RowFormat = 'table' | 'json' | 'ndjson'

/** A column of fixed width; 0 for the last, which takes what it needs. */
export type Column<T> = readonly [name: string, width: number, of: (row: T) => string]

export interface RowWriter<T> {
  row(row: T): Promise<void>
  /** Ends a list of JSON; says the names of the columns of an empty table. */
  end(): Promise<void>
}

/** Writes to stdout, and waits when the reader is slower. `readable` is a row for scripts. */
export function rowWriter<T>(
  format: RowFormat,
  columns: readonly Column<T>[],
  readable: (row: T) => object,
): RowWriter<T> {
  let count = 0
  switch (format) {
    case 'ndjson':
      return { row: (row) => printPart(`${jsonText(readable(row))}\n`), end: async () => {} }
    case 'json':
      return {
        row: (row) => printPart(`${count++ === 0 ? '[\n' : ',\n'} ${jsonText(readable(row))}`),
        end: () => printPart(count === 0 ? '[]\n' : '\n]\n'),
      }
    case 'table': {
      const line = (cells: readonly string[]): string =>
        `${cells
          .map((cell, index) => visible(cell).padEnd(columns[index]?.[1] ?? 0))
          .join('  ')
          .trimEnd()}\n`
      const head = line(columns.map(([name]) => name))
      return {
        row: (row) => printPart((count++ === 0 ? head : '') + line(columns.map(([, , of]) => of(row)))),
        end: () => printPart(count === 0 ? head : ''),
      }
    }
  }
}

/** Throws `ArgumentInvalid`, naming the option. */
export function instantOf(option: string, text: string): number {
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? effectiveInstant(text, 'UTC') : null
  if (at === null)
    throw new RollcallError(
      'ArgumentInvalid',
      `${option} takes a day or an instant, as in 2026-11-02 or 2026-11-02T08:00:00Z`,
    )
  return at
}

export function iso(at: number): string
export function iso(at: number | null): string | null
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** For a command that reads far more than it keeps: the heap is swept rather than grown, which halves what the process takes. */
export function keepSmall(): void {
  setFlagsFromString('--optimize-for-size')
}
