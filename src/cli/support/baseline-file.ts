import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { numberedLines } from '../../compose/files.ts'
import { RollcallError } from '../../core/errors.ts'
import { cellValue, EMPLOYEE_COLUMNS } from '../../core/intake/baseline.ts'
import type { Json, JsonObject } from '../../core/model.ts'
import { bare } from '../../core/own.ts'
import { shortened } from '../../core/visible.ts'

/**
 * One row of a file of full records: its attributes by dotted path, or why it cannot be read. `row`
 * is its line; the header is line 1.
 */
export type FileRow =
  | { readonly row: number; readonly attributes: JsonObject }
  | { readonly row: number; readonly code: string; readonly description: string }

/**
 * Yields the rows of a file in its order. Memory does not grow with the file. Throws
 * `ArgumentInvalid` unless the file is CSV or JSON lines, and `FileInvalid` for an unusable header.
 */
export function readBaseline(file: string): AsyncIterable<FileRow> {
  if (file.endsWith('.csv')) return readCsv(file)
  if (file.endsWith('.jsonl')) return readJsonLines(file)
  throw new RollcallError(
    'ArgumentInvalid',
    `${file} is neither .csv nor .jsonl; import reads CSV with a header, or JSON lines`,
  )
}

async function* readCsv(file: string): AsyncGenerator<FileRow> {
  const unreadable: FileRow[] = []
  const input = createReadStream(file)
  const parser = input.pipe(
    parse({
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        unreadable.push({
          row: Number(error?.lines ?? 0),
          code: error?.code ?? 'Unreadable',
          description: 'the row is not CSV: check its quotes',
        })
        return undefined
      },
    }),
  )
  // A pipe does not forward errors.
  input.on('error', (error) => parser.destroy(error))
  let columns: readonly string[] | null = null
  for await (const parsed of parser) {
    yield* unreadable.splice(0)
    const { record, info } = parsed as {
      readonly record: readonly string[]
      readonly info: { readonly lines: number }
    }
    if (columns === null) columns = headerOf(record, file)
    else if (record.length !== columns.length)
      yield {
        row: info.lines,
        code: 'ColumnCount',
        description: `it has ${record.length} cells, the header ${columns.length}`,
      }
    else yield { row: info.lines, attributes: attributesOf(columns, record) }
  }
  yield* unreadable
  if (columns === null)
    throw new RollcallError('FileInvalid', `${file} is empty; its first line names the columns`)
}

function headerOf(record: readonly string[], file: string): readonly string[] {
  const columns = record.map((column) => column.trim())
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (columns.includes('') || twice !== undefined)
    throw new RollcallError(
      'FileInvalid',
      `${file}: the header has ${twice === undefined ? 'a column without a name' : `the column ${shortened(twice)} twice`}`,
    )
  const whole = columns.find((column) => columns.some((other) => other.startsWith(`${column}.`)))
  if (whole !== undefined)
    throw new RollcallError('FileInvalid', `${file}: the column ${shortened(whole)} is also given in parts`)
  if (!columns.some((column) => EMPLOYEE_COLUMNS.some((name) => name === column)))
    throw new RollcallError(
      'FileInvalid',
      `${file}: no column names the employee; name one column ${EMPLOYEE_COLUMNS.join(' or ')}`,
    )
  return columns
}

function attributesOf(columns: readonly string[], record: readonly string[]): JsonObject {
  const attributes = bare<Json>()
  for (const [index, column] of columns.entries()) {
    const value = cellValue(column, record[index] ?? '')
    if (value !== undefined) attributes[column] = value
  }
  return attributes
}

async function* readJsonLines(file: string): AsyncGenerator<FileRow> {
  for await (const { line: row, text } of numberedLines(file)) {
    const value = parseJson(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      yield { row, code: 'NotAnObject', description: 'the line is not a JSON object' }
    else yield { row, attributes: value as JsonObject }
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
