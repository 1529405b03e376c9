import { say } from '../output.ts'
import { progress } from '../screen/progress.ts'
import { type Column, type RowFormat, rowWriter } from '../rows.ts'
import { type ListOptions, optionName, PAGE_ROWS, type Sort } from './options.ts'

export interface List<T> {
  readonly columns: readonly Column<T>[]
  /** The JSON of a row. */
  readonly readable: (row: T) => object
  readonly options: ListOptions & { readonly output: RowFormat }
}

/**
 * Prints a list with `--limit`, `--page` and `--sort`, a row as soon as it is read. Only sorting
 * keeps rows: those up to the end of the page, or all without a limit. Returns how many rows were
 * printed. Says how to see the next page when there is one.
 */
export async function printList<T>(
  rows: AsyncIterable<T> | Iterable<T>,
  { columns, readable, options }: List<T>,
): Promise<number> {
  const { page = 1, sort, output } = options
  const limit = options.limit ?? (options.page === undefined ? Infinity : PAGE_ROWS)
  const skipped = page === 1 ? 0 : (page - 1) * limit
  const write = rowWriter(output, columns, readable)
  const ordered = sort ? await sorted(rows, comparing(columns, sort), skipped + limit + 1) : rows
  let [read, printed, more] = [0, 0, false]
  for await (const row of ordered) {
    read += 1
    if (read <= skipped) continue
    more = printed >= limit
    if (more) break
    await write.row(row)
    printed += 1
  }
  await write.end()
  if (more)
    say(`more rows follow: --page ${page + 1}${options.limit === undefined ? '' : ` --limit ${limit}`}`)
  return printed
}

/** The rows whose moment is `since` or later; all for `null`. */
export async function* rowsSince<T>(
  rows: AsyncIterable<T> | Iterable<T>,
  since: number | null,
  of: (row: T) => number,
): AsyncGenerator<T> {
  for await (const row of rows) if (since === null || of(row) >= since) yield row
}

type Compare<T> = (one: T, other: T) => number

/**
 * By the text of the column, in which numbers count as numbers. A column with a value of its own
 * sorts by that.
 */
function comparing<T>(columns: readonly Column<T>[], { column, descending }: Sort): Compare<T> {
  const [, , text, value] = columns.find(([name]) => optionName(name) === column) ?? ['', 0, () => '']
  const { compare } = new Intl.Collator('en', { numeric: true })
  const sign = descending ? -1 : 1
  if (value === undefined) return (one, other) => sign * compare(text(one), text(other))
  // A row without a value comes last in both directions.
  const last = sign * Infinity
  return (one, other) => {
    const [left, right] = [value(one) ?? last, value(other) ?? last]
    return left === right ? 0 : sign * (left < right ? -1 : 1)
  }
}

/** The first `most` rows in order. Holds at most twice as many. */
async function sorted<T>(
  rows: AsyncIterable<T> | Iterable<T>,
  compare: Compare<T>,
  most: number,
): Promise<readonly T[]> {
  const line = progress('rows read to sort them')
  const kept: T[] = []
  let read = 0
  for await (const row of rows) {
    read += 1
    line.at(read)
    if (kept.push(row) < 2 * most) continue
    kept.sort(compare)
    kept.length = most
  }
  line.end()
  return kept.sort(compare)
}
