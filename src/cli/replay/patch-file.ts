import { parse } from 'csv-parse/sync'
import { readOptionFile } from '../../compose/option-file.ts'
import { RollcallError } from '../../core/errors.ts'
import { compileExpression } from '../../core/expression/compile.ts'
import type { Evaluator } from '../../core/expression/evaluator.ts'
import { isShallow, MAX_DEPTH } from '../../core/json.ts'
import type { Json } from '../../core/model.ts'
import type { Editor } from '../../core/report/dead-letters/selection/edit.ts'
import { expressionPatching } from '../../core/report/replay/patch/expression-patch.ts'
import { mergePatching } from '../../core/report/replay/patch/merge-patch.ts'
import { type PatchRow, tablePatching } from '../../core/report/replay/patch/table-patch.ts'
import { shortened, visible } from '../../core/display/visible.ts'
import { formOf } from '../baseline/delimiter.ts'
import { say } from '../support/output.ts'

/**
 * Reads what `--patch` says: a file of one JSONata expression (`.jsonata`), a table (`.csv`), or a
 * JSON Merge Patch, in the option itself or in a file named after `@`. Throws `ArgumentInvalid`,
 * `FileUnreadable`, and `FileInvalid` for a table that cannot be used.
 */
export function readPatch(given: string, evaluator: Evaluator): Editor {
  const file = given.replace(/^@/, '')
  if (/\.jsonata$/i.test(file)) return expressionPatching(readExpression(file), evaluator)
  if (/\.csv$/i.test(file)) return tablePatching(readTable(file), sayUnused)
  return mergePatching(readMergePatch(given))
}

function readExpression(file: string) {
  try {
    return compileExpression(readOptionFile('--patch', file))
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ExpressionInvalid') throw error
    throw new RollcallError('ArgumentInvalid', `--patch: ${visible(file)} ${error.message}`, { cause: error })
  }
}

function readMergePatch(text: string): Json {
  const json = text.startsWith('@') ? readOptionFile('--patch', text.slice(1)) : text
  let patch: Json
  try {
    patch = JSON.parse(json) as Json
  } catch (error) {
    throw new RollcallError(
      'ArgumentInvalid',
      '--patch needs a JSON Merge Patch, @ and the name of a file that contains one, or the name of a .jsonata or .csv file',
      { cause: error },
    )
  }
  if (!isShallow(patch, MAX_DEPTH))
    throw new RollcallError('ArgumentInvalid', `--patch is nested deeper than ${MAX_DEPTH} levels`)
  return patch
}

/** Columns that name what a row is about. Every other column is a path. */
const NAMING: readonly string[] = ['id', 'source', 'employee']

function readTable(file: string): readonly PatchRow[] {
  const text = readOptionFile('--patch', file)
  const refuse = (why: string): never => {
    throw new RollcallError('FileInvalid', `${visible(file)}: ${why}`)
  }
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

const MOST_LINES = 20

function sayUnused(lines: readonly number[]): void {
  if (lines.length === 0) return
  const shown = lines.slice(0, MOST_LINES).join(', ')
  say(
    `no selected dead letter is about these lines of the file: ${shown}${lines.length > MOST_LINES ? ', …' : ''}`,
  )
}
