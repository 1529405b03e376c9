import { employeeIdOf, type EmployeeIdForm } from '../intake/event/employee-id.ts'
import type { Attribute } from '../model.ts'
import { conditionsOf, fits, textOf } from './conditions.ts'
import type { PilotSettings } from './settings.ts'

/** The employees that may be sent. */
export interface Pilot {
  /** The same settings have the same mark, others another; never 0. */
  readonly mark: number
  /**
   * Whether the employee belongs to the pilot. Comparisons are exact; a missing attribute never
   * fits.
   */
  includes(employeeId: string, attributes: ReadonlyMap<string, Attribute>): boolean
}

/** The mark of a connector that sends every employee. */
export const NO_PILOT = 0

/** Hexadecimal digits of a digest that a number holds exactly. */
const MARK_DIGITS = 12

/** The same text has the same mark, others another; never 0. */
export function markOf(text: string, digest: (text: string) => string): number {
  return Number.parseInt(digest(text).slice(0, MARK_DIGITS), 16) || 1
}

/** `forms` are the forms of employee ids that the sources declare: an id counts in each of them. */
export function pilotOf(
  { employees, where = {} }: PilotSettings,
  forms: readonly EmployeeIdForm[],
  digest: (text: string) => string,
): Pilot {
  const ids = new Set(
    employees.flatMap((id) => [employeeIdOf(id), ...forms.map((form) => employeeIdOf(id, form))]),
  )
  const conditions = conditionsOf(where)
  const text = JSON.stringify([[...ids].sort(), textOf(conditions)])
  return {
    mark: markOf(text, digest),
    includes: (employeeId, attributes) =>
      ids.has(employeeId) || (conditions.length > 0 && fits(conditions, attributes)),
  }
}
