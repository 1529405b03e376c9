import { RollcallError } from '../../core/errors.ts'
import { findNamed } from '../../core/explain/find.ts'
import { employeeIdOf } from '../../core/intake/event/employee-id.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { shortened } from '../../core/display/visible.ts'
import { say } from './output.ts'

/**
 * An employee id from the command line in the form in which intake keeps ids: copied from a mail or
 * a sheet, it often has blanks or invisible characters around it. Throws `ArgumentInvalid` for an
 * id in which nothing is visible.
 */
export function employeeOf(text: string): string {
  const employeeId = employeeIdOf(text)
  if (employeeId === '')
    throw new RollcallError('ArgumentInvalid', 'name the employee by the id that HR uses')
  return employeeId
}

/**
 * The id of the employee that a text from the command line names: an employee id, or else an Entra
 * object id, a user name or a mail address, also a former one. A text that leads to no employee is
 * taken for an id. Throws `ArgumentInvalid` as `employeeOf` does, and `EmployeeAmbiguous` when
 * several employees have that name.
 */
export async function employeeNamed(ledger: Pick<Ledger, 'findEmployeeIds'>, text: string): Promise<string> {
  const written = employeeOf(text)
  const found = await findNamed(ledger, written)
  if (found !== written) say(`employee ${found}`)
  return found
}

/** The same for several, in the order in which they are named. */
export async function employeesNamed(
  ledger: Pick<Ledger, 'findEmployeeIds'>,
  texts: readonly string[],
): Promise<readonly string[]> {
  const employees: string[] = []
  for (const text of texts) employees.push(await employeeNamed(ledger, text))
  return employees
}

/** The same for an option that may be missing. */
export async function employeeNamedOrNull(
  ledger: Pick<Ledger, 'findEmployeeIds'>,
  text: string | undefined,
): Promise<string | null> {
  return text === undefined ? null : employeeNamed(ledger, text)
}

/**
 * How a message repeats what was typed. User names and mail addresses are personal data and are not
 * repeated.
 */
export function asTyped(text: string): string {
  return text.includes('@') ? 'the name that was given' : shortened(text)
}

/** The id of an option that may be missing. */
export function employeeOrNull(text: string | undefined): string | null {
  return text === undefined ? null : employeeOf(text)
}

/**
 * The end of a message that an employee is not known: the known ids that nearly match; empty when
 * there are none.
 */
export async function nearlyMatching(ledger: Pick<Ledger, 'findNearMatches'>, text: string): Promise<string> {
  const candidates = await ledger.findNearMatches(employeeIdOf(text))
  return candidates.length === 0 ? '' : `; known ids that nearly match: ${candidates.join(', ')}`
}
