import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { RollcallError } from '../../core/errors.ts'
import { cellValue } from '../../core/intake/baseline.ts'
import type { Json, JsonObject } from '../../core/model.ts'
import { isObject, MAX_DEPTH } from '../../core/json.ts'
import { bare } from '../../core/own.ts'
import { readJson } from '../../core/parse-json.ts'
import { formOf } from '../../core/intake/table-form.ts'
import { columnsOf, type KnownColumns } from './header.ts'
import { utf8Blocks } from './utf8.ts'

/**
 * One row of a file of full records: its attributes by dotted path, or why it cannot be read. `row`
 * is its line; the header is line 1.
 */
export type FileRow =
  | { readonly row: number; readonly attributes: JsonObject }
  | { readonly row: number; readonly code: UnreadableRowCode; readonly description: string }

/** Why a row cannot be read. */
type UnreadableRowCode =
  | 'ColumnCount'
  | 'DuplicateKey'
  | 'NotAnObject'
  | 'QuoteNotClosed'
  | 'TextBehindQuote'
  | 'TooDeep'

export interface BaselineFile {
  readonly file: string
  /** `null`: taken from the header. */
  readonly delimiter: string | null
  readonly known: KnownColumns
}

/** More than any employee has. A quote that is not closed would take the whole file for one row. */
const LONGEST_ROW = 1_000_000

/**
 * Yields the rows of a file in its order. Memory does not grow with the file. Throws
 * `ArgumentInvalid` unless the file is CSV, TSV or JSON lines, and `FileInvalid` for an unusable
 * header and for bytes that are not UTF-8.
 */
export function readBaseline(baseline: BaselineFile): AsyncIterable<FileRow> {
  const { file, delimiter } = baseline
  if (/\.csv$/i.test(file)) return readTable(baseline)
  if (/\.tsv$/i.test(file)) return readTable({ ...baseline, delimiter: delimiter ?? '\t' })
  if (/\.jsonl$/i.test(file)) return readJsonLines(file)
  throw new RollcallError(
    'ArgumentInvalid',
    `${file} is not a .csv, .tsv or .jsonl file; import reads tables with a header, or JSON lines`,
  )
}

async function* readTable({ file, delimiter, known }: BaselineFile): AsyncGenerator<FileRow> {
  const blocks = utf8Blocks(file)
  const { value: beginning = '' } = await blocks.next()
  const form = formOf(beginning)
  const linesBefore = form.preamble === '' ? 0 : 1
  const { records, unreadable } = parsedRecords(
    following(beginning.slice(form.preamble.length), blocks),
    delimiter ?? form.delimiter,
  )
  let columns: readonly string[] | null = null
  for await (const { record, info } of records) {
    yield* unreadable.splice(0).map((lines) => unreadableRow(lines, { file, linesBefore }))
    const row = info.lines + linesBefore
    if (columns === null) columns = columnsOf(record, file, known)
    else if (record.length !== columns.length)
      yield {
        row,
        code: 'ColumnCount',
        description: `it has ${record.length} cells, and the header has ${columns.length}; quote cells that contain the delimiter`,
      }
    else yield { row, attributes: attributesOf(columns, record) }
  }
  yield* unreadable.map((lines) => unreadableRow(lines, { file, linesBefore }))
  if (columns === null)
    throw new RollcallError('FileInvalid', `${file} is empty; its first line names the columns`)
}

async function* following(first: string, blocks: AsyncIterable<string>): AsyncGenerator<string> {
  yield first
  yield* blocks
}

/** Lines that the parser could not read as rows. */
interface UnreadableLines {
  readonly code: string
  readonly first: number
  readonly last: number
}
interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * The records of a table, and between them the lines that are not CSV: those up to the record that
 * comes next.
 */
function parsedRecords(
  text: AsyncIterable<string>,
  delimiter: string,
): { readonly records: AsyncIterable<ParsedRecord>; readonly unreadable: UnreadableLines[] } {
  const unreadable: UnreadableLines[] = []
  let lastLine = 0
  const input = Readable.from(text)
  const parser = input.pipe(
    parse({
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: LONGEST_ROW,
      on_record: (record, { lines }) => {
        lastLine = lines
        return record
      },
      on_skip: (error) => {
        const last = Number(error?.['lines'] ?? lastLine + 1)
        unreadable.push({ code: error?.code ?? 'Unreadable', first: lastLine + 1, last })
        lastLine = last
        return undefined
      },
    }),
  )
  // A pipe does not pass on errors.
  input.on('error', (error) => parser.destroy(error))
  return { records: parser as AsyncIterable<ParsedRecord>, unreadable }
}

/**
 * Throws `FileInvalid` for a row that is too long: the parser gives up there, and the rest of the
 * file is lost.
 */
function unreadableRow(
  { code, first, last }: UnreadableLines,
  { file, linesBefore }: { readonly file: string; readonly linesBefore: number },
): FileRow {
  const row = first + linesBefore
  if (code === 'CSV_MAX_RECORD_SIZE')
    throw new RollcallError(
      'FileInvalid',
      `${file}: the row that begins in line ${row} has more than ${LONGEST_ROW} characters; close its quotes, and import the file again`,
    )
  const lost = last > first ? `; lines ${row} to ${last + linesBefore} were not read` : ''
  const mend = 'write a quote in a value twice, and import the file again'
  return code === 'CSV_QUOTE_NOT_CLOSED'
    ? { row, code: 'QuoteNotClosed', description: `a quote is not closed${lost}; ${mend}` }
    : {
        row,
        code: 'TextBehindQuote',
        description: `something stands behind a closing quote${lost}; ${mend}`,
      }
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
  let row = 0
  for await (const block of utf8Blocks(file))
    for (const line of block.replace(/\r?\n$/, '').split('\n')) {
      row += 1
      if (line.trim() === '') continue
      yield { row, ...attributesOrWhy(line) }
    }
}

function attributesOrWhy(
  line: string,
): { readonly attributes: JsonObject } | { readonly code: UnreadableRowCode; readonly description: string } {
  const read = readJson(line)
  switch (read.kind) {
    case 'json':
      return isObject(read.value)
        ? { attributes: read.value }
        : { code: 'NotAnObject', description: 'the line is not a JSON object' }
    case 'invalid':
      return { code: 'NotAnObject', description: 'the line is not JSON; give each employee one line' }
    case 'too-deep':
      return { code: 'TooDeep', description: `the row is nested deeper than ${MAX_DEPTH} levels` }
    case 'duplicate-key':
      return {
        code: 'DuplicateKey',
        description: `${read.field} is there twice in one object; write each key once`,
      }
  }
}
