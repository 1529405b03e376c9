import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { Column } from '../rows.ts'
import { count } from '../options/options.ts'

/** The options of every command that lists rows. */
export interface ListOptions {
  readonly limit?: number | undefined
  readonly page?: number | undefined
  readonly sort?: Sort | undefined
}
export interface Sort {
  readonly column: string
  readonly descending: boolean
}

export const limitOption = () => new Option('--limit <n>', 'at most this many').argParser(count)

/** How many rows a page has without `--limit`. */
export const PAGE_ROWS = 50

export const pageOption = () =>
  new Option('--page <n>', `the page with this number, of --limit rows (default: ${PAGE_ROWS})`).argParser(
    count,
  )

/** `--sort COLUMN` by a column of the table; `-COLUMN` with the largest or latest first. */
export function sortOption<T>(columns: readonly Column<T>[]) {
  const names = columns.map(([name]) => optionName(name))
  return new Option('--sort <column>', 'sort by this column; with - before it, the largest first')
    .choices(names)
    .argParser((text): Sort => {
      const descending = text.startsWith('-')
      const column = descending ? text.slice(1) : text
      if (!names.includes(column)) throw new InvalidArgumentError(`Allowed choices are ${names.join(', ')}.`)
      return { column, descending }
    })
}

/** A column on the command line: its name without blanks. */
export const optionName = (column: string): string => column.replaceAll(' ', '-')
