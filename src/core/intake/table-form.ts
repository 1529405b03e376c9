import { EMPLOYEE_COLUMNS } from './event/employee-id.ts'

/** The delimiters that a table may have without being asked about it, by name. */
export const DELIMITERS: ReadonlyMap<string, string> = new Map([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['pipe', '|'],
])
const USUAL = [...DELIMITERS.values()]

/** How a table separates its cells, and what stands before its header. */
export interface TableForm {
  readonly delimiter: string
  /** The line `sep=;`, which tells Excel the delimiter. */
  readonly preamble: string
}

/**
 * Reads the form of a table off its beginning: from `sep=`, else the delimiter with which the
 * header names the employee, else the one that makes the most columns.
 */
export function formOf(beginning: string): TableForm {
  const [preamble = '', said] = /^"?sep=(.)"?\r?\n/i.exec(beginning) ?? []
  if (said !== undefined) return { delimiter: said, preamble }
  const [header = ''] = /^[^\r\n]*/.exec(beginning.trimStart()) ?? []
  const columns = (one: string): readonly string[] => cellsOf(header, one)
  const names = new Set<string>(EMPLOYEE_COLUMNS)
  const naming = USUAL.find((one) => columns(one).some((cell) => names.has(cell)))
  const most = USUAL.toSorted((a, b) => columns(b).length - columns(a).length)[0]
  return { delimiter: naming ?? most ?? ',', preamble: '' }
}

function cellsOf(line: string, delimiter: string): readonly string[] {
  const outside = line.replaceAll(/"(?:[^"]|"")*"/g, (quoted) => quoted.replaceAll(delimiter, ' '))
  return outside.split(delimiter).map((cell) => cell.trim().replaceAll(/^"|"$/g, '').trim())
}
