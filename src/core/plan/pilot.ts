import { z } from 'zod'
import { employeeIdOf, type EmployeeIdForm } from '../intake/event/employee-id.ts'
import type { Attribute } from '../model.ts'
import { AttributeValues, conditionsOf, fits, textOf } from './conditions.ts'

/** Who is sent to the directory while a tenant tries Rollcall. Everyone else is held. */
export const PilotSettings = z
  .strictObject({
    employees: z
      .array(z.union([z.string().min(1), z.number()]))
      .default([])
      .meta({
        description: 'Employee ids',
      }),
    where: AttributeValues.optional().meta({
      description:
        'Worker attribute, by its dotted path → a value or values. An employee belongs to it when every attribute has one of its values',
    }),
  })
  .refine(({ employees, where }) => employees.length > 0 || Object.keys(where ?? {}).length > 0, {
    message: 'must name employees or attributes; without pilot, every employee is sent',
  })
export type PilotSettings = z.output<typeof PilotSettings>

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
