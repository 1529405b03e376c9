import { setFlagsFromString } from 'node:v8'
import { visible } from '../../core/display/visible.ts'
import { jsonText, printPart } from './output.ts'

/** The format of rows. They are written one by one, so that memory holds only one. */
export type RowFormat = 'table' | 'json' | 'ndjson'

/**
 * A column and its width in characters. The last column has width 0 and is as wide as its content.
 * `value` is what the column is sorted by where that is not its text.
 */
export type Column<T> = readonly [
  name: string,
  width: number | (() => number),
  of: (row: T) => string,
  value?: (row: T) => number | null,
]

export interface RowWriter<T> {
  row(row: T): Promise<void>
  /** Ends a JSON list, or prints the header of an empty table. */
  end(): Promise<void>
}

/** Writes rows to stdout, and waits for a slow reader. `readable` makes the JSON of a row. */
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
      const widths = columns.map(([, width]) => (typeof width === 'function' ? width() : width))
      const line = (cells: readonly string[]): string =>
        `${cells
          .map((cell, index) => visible(cell).padEnd(widths[index] ?? 0))
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

/**
 * For a command that reads much more than it keeps: V8 collects garbage instead of growing the
 * heap, which halves memory.
 */
export function keepSmall(): void {
  setFlagsFromString('--optimize-for-size')
}
