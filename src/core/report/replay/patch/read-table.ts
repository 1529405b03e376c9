import { parse } from 'csv-parse/sync'
import { formOf } from '../../../intake/table-form.ts'
import { shortened, visible } from '../../../display/visible.ts'
import type { PatchRow } from './table-patch.ts'

/** Columns that name what a row is about. Every other column is a path. */
const NAMING: readonly string[] = ['id', 'source', 'employee']

/**
 * The rows of a table of patches: a header, and one line for each event or employee. `refuse` is
 * called with what is wrong with the table, which names columns and lines and never values.
 */
export function readPatchTable(text: string, refuse: (why: string) => never): readonly PatchRow[] {
  const [header, ...lines] = recordsOf(text, refuse)
  const columns = header?.record.map((column) => column.trim()) ?? []
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (columns.includes('')) refuse(`column ${columns.indexOf('') + 1} of the header has no name`)
  if (twice !== undefined) refuse(`the header has the column ${visible(shortened(twice, 60))} twice`)
  if (columns.includes('id') === columns.includes('employee'))
    refuse('the header needs one column that says what a row is about: id (of the event) or employee')
  if (columns.includes('source') && !columns.includes('id'))
    refuse('the column source only goes with the column id')
  if (columns.every((column) => NAMING.includes(column)))
    refuse('the header has no column with a new value, such as userName')
  const rows = lines.map(({ record, info }) => {
    if (record.length !== columns.length)
      refuse(`line ${info.lines} has ${record.length} cells, and the header has ${columns.length}`)
    return rowOf(columns, record, info.lines)
  })
  for (const row of rows)
    if ((row.id ?? row.employee) === null) refuse(`line ${row.line} does not say what it is about`)
  refuseTwice(rows, refuse)
  return rows
}

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

function recordsOf(text: string, refuse: (why: string) => never): readonly CsvRecord[] {
  const bare = text.replace(/^\uFEFF/, '')
  if (bare.includes('\uFFFD')) refuse('it is not UTF-8; save it as UTF-8 (in Excel: "CSV UTF-8")')
  const { delimiter, preamble } = formOf(bare)
  try {
    return parse(bare.slice(preamble.length), {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as readonly CsvRecord[]
  } catch {
    // The message of the parser quotes the line.
    return refuse('it is not CSV; close every quote, and write a quote in a value twice')
  }
}

function rowOf(columns: readonly string[], record: readonly string[], line: number): PatchRow {
  const named = (column: string): string | null => record[columns.indexOf(column)]?.trim() || null
  return {
    line,
    id: named('id'),
    source: named('source'),
    employee: named('employee'),
    cells: columns.flatMap((path, index) => {
      const text = record[index] ?? ''
      return NAMING.includes(path) || text === '' ? [] : [{ path, text }]
    }),
  }
}

function refuseTwice(rows: readonly PatchRow[], refuse: (why: string) => never): void {
  const lines = new Map<string, number>()
  for (const { id, source, employee, line } of rows) {
    const key = JSON.stringify([id, source, employee])
    const before = lines.get(key)
    if (before !== undefined) refuse(`lines ${before} and ${line} are about the same`)
    lines.set(key, line)
  }
}
