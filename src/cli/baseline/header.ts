import { RollcallError } from '../../core/errors.ts'
import { EMPLOYEE_COLUMNS } from '../../core/intake/event/employee-id.ts'
import { nearest } from '../../config/nearest.ts'
import { shortened, visible } from '../../core/display/visible.ts'

/** What a header is compared with. */
export interface KnownColumns {
  /** Worker attributes that the mapping takes, by their dotted paths. */
  readonly attributes: readonly string[]
  /** Whether the mapping takes this attribute. */
  uses(path: string): boolean
  /** Whether a column that looks like a misspelt attribute is imported as it is. */
  readonly anyColumns: boolean
}

/**
 * The columns of a table. Throws `FileInvalid` for a header with which a whole import would go
 * wrong: without the employee, with a column twice, or with one that looks like a misspelt
 * attribute. The same file and moment cannot be imported again with other columns.
 */
export function columnsOf(record: readonly string[], file: string, known: KnownColumns): readonly string[] {
  const columns = record.map((column) => column.trim().normalize('NFC'))
  const refuse = (why: string): never => {
    throw new RollcallError('FileInvalid', `${file}: ${why}`)
  }
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (columns.includes(''))
    refuse(`column ${columns.indexOf('') + 1} of the header has no name; name it, or remove the column`)
  if (twice !== undefined) refuse(`the header has the column ${shown(twice)} twice; remove one of them`)
  const whole = columns.find((column) => columns.some((other) => other.startsWith(`${column}.`)))
  if (whole !== undefined)
    refuse(`the column ${shown(whole)} is also given in parts; remove it, or the parts`)
  if (!columns.some((column) => isEmployee(column))) refuse(withoutEmployee(columns, known))
  const misspelt = known.anyColumns ? [] : columns.flatMap((column) => hintFor(column, columns, known))
  if (misspelt.length > 0)
    refuse(`${misspelt.join('; ')} Rename the columns, or import them as they are with --any-columns`)
  return columns
}

const isEmployee = (column: string): boolean => EMPLOYEE_COLUMNS.some((name) => name === column)

/** `the mapping takes no username; did you mean userName?` */
function hintFor(column: string, columns: readonly string[], known: KnownColumns): readonly string[] {
  if (isEmployee(column) || known.uses(column)) return []
  const meant = nearest(column, known.attributes)
  return meant === null || columns.includes(meant)
    ? []
    : [`the mapping takes no ${shown(column)}; did you mean ${meant}?`]
}

/**
 * The names of columns are shown only when some of them are attributes: without a header, they are
 * the values of an employee.
 */
function withoutEmployee(columns: readonly string[], known: KnownColumns): string {
  const missing = `no column names the employee; name one column ${EMPLOYEE_COLUMNS.join(' or ')}`
  const meant = columns.find((column) => nearest(column, [...EMPLOYEE_COLUMNS, 'employeeId']) !== null)
  if (meant !== undefined) return `${missing}. Did you mean employee by ${shown(meant)}?`
  const isHeader = columns.some((column) => known.uses(column) || nearest(column, known.attributes) !== null)
  return isHeader
    ? `${missing}. The columns are ${columns
        .slice(0, MOST_SHOWN)
        .map((column) => shown(column))
        .join(', ')}${columns.length > MOST_SHOWN ? ', …' : ''}`
    : `${missing}. The first line has no column that the mapping takes; is it the header, and is --delimiter right?`
}
const MOST_SHOWN = 40

const shown = (column: string): string => visible(shortened(column, 60))
