import { isShallow, MAX_DEPTH } from '../json.ts'
import { BASELINE, type HrEvent, type Json, type JsonObject } from '../model.ts'
import { bare, own } from '../own.ts'
import type { RowRejectionCode } from '../reasons.ts'
import { EMPLOYEE_COLUMNS, employeeIdOf } from './event/employee-id.ts'
import { canonicalAttributes } from './event/worker.ts'
import type { Source } from './sources.ts'

const POWER_OF_TEN = /^\d(?:[.,]\d+)?E\+\d+$/

/** Where a file of full records comes from, and when it was true. */
export interface BaselineOrigin {
  /** The moment of the export: events recorded after it override the file. */
  readonly asOf: number
  readonly name: string
  readonly source: Source
}

/** Names what is wrong with a row, never a value of it. */
export interface RowRejection {
  readonly code: RowRejectionCode
  readonly description: string
}

/**
 * The baseline event of one row. The same employee, source and moment of export give the same
 * event, so an interrupted import can be repeated.
 */
export function baselineEvent(
  attributes: JsonObject,
  { asOf, name, source }: BaselineOrigin,
): HrEvent | RowRejection {
  const column = EMPLOYEE_COLUMNS.find((column) => own(attributes, column) !== undefined)
  const given = column === undefined ? undefined : attributes[column]
  const employee =
    typeof given === 'number' || typeof given === 'string' ? employeeIdOf(given, source.employeeId) : ''
  if (column === undefined || employee === '')
    return {
      code: 'FieldMissing',
      description: `${EMPLOYEE_COLUMNS.join(', ')}: none of them names the employee`,
    }
  if (employee.length > 1024 || /\p{Cc}/u.test(employee))
    return {
      code: 'FieldInvalid',
      description: `${column} is too long or has characters that are not allowed`,
    }
  if (POWER_OF_TEN.test(employee))
    return {
      code: 'FieldInvalid',
      description: `${column} is a power of ten, as spreadsheets write long numbers; format the column as text, and export again`,
    }
  if (!isShallow(attributes, MAX_DEPTH))
    return { code: 'TooDeep', description: `the row is nested deeper than ${MAX_DEPTH} levels` }
  const worker = nested(Object.entries(attributes).filter(([path]) => path !== column))
  if (typeof worker === 'string')
    return {
      code: 'FieldInvalid',
      description: `the attribute ${worker} is given twice, as a whole and in parts`,
    }
  const active = worker['active']
  if (active !== undefined && typeof active !== 'boolean')
    return { code: 'FieldInvalid', description: 'active is neither true nor false' }
  return {
    source: name,
    id: `baseline:${new Date(asOf).toISOString()}:${employee}`,
    type: BASELINE,
    employeeId: employee,
    recordedAt: asOf,
    effectiveAt: asOf,
    effectiveRaw: new Date(asOf).toISOString(),
    order: source.order === 'time' ? asOf : null,
    rank: source.rank,
    mode: 'snapshot',
    worker: canonicalAttributes(worker, source),
    rescinds: null,
    traceparent: null,
  }
}

type Tree = { [key: string]: Json | Tree }

/**
 * Dotted paths as nested objects; or the path that cannot be placed, because one path is a part of
 * another.
 */
function nested(entries: readonly (readonly [path: string, value: Json])[]): JsonObject | string {
  const root: Tree = bare()
  for (const [path, value] of entries) {
    const parts = path.split('.')
    const last = parts.pop() ?? ''
    let at: Tree = root
    for (const part of parts) {
      const below = (at[part] ??= bare<Json | Tree>())
      if (!isTree(below)) return path
      at = below
    }
    if (at[last] !== undefined) return path
    at[last] = value
  }
  return root
}

function isTree(value: Json | Tree): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A cell of a table: an empty one gives no attribute, `active` is true or false, everything else is
 * text.
 */
export function cellValue(column: string, text: string): Json | undefined {
  if (text === '') return undefined
  if (column !== 'active') return text
  const word = text.trim().toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : text
}
