import { RollcallError } from '../errors.ts'
import { employeeIdOf } from '../intake/event/employee-id.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * What `find` finds under a reference: as it is written, because event ids may hold any character;
 * then in the form of employee ids; then under the employee whose user name or mail address it is.
 * Throws `EmployeeAmbiguous` when several employees have that name or Entra object.
 */
export async function findByReference<T>(
  ledger: Pick<Ledger, 'findEmployeeIds'>,
  reference: string,
  find: (reference: string) => Promise<T>,
  isFound: (found: T) => boolean,
): Promise<T> {
  const employeeIds = await ledger.findEmployeeIds(reference)
  if (employeeIds.length > 1) throw ambiguous(employeeIds)
  let found = await find(reference)
  for (const employeeId of new Set([employeeIdOf(reference), ...employeeIds]))
    if (!isFound(found) && employeeId !== reference && employeeId !== '') found = await find(employeeId)
  return found
}

/**
 * The id of the employee that a text names: an employee id, or else an Entra object id, a user name
 * or a mail address, also a former one. A text that leads to no employee is taken for an id; it is
 * empty where nothing in it is visible. Throws `EmployeeAmbiguous`.
 */
export async function findNamed(ledger: Pick<Ledger, 'findEmployeeIds'>, text: string): Promise<string> {
  const written = employeeIdOf(text)
  const [found, ...others] = await ledger.findEmployeeIds(written)
  if (found === undefined) return written
  if (others.length > 0) throw ambiguous([found, ...others])
  return found
}

function ambiguous(employeeIds: readonly string[]): RollcallError {
  return new RollcallError(
    'EmployeeAmbiguous',
    `${employeeIds.length} employees have this user name, mail address or object id: ${employeeIds.join(', ')}; name one of them by its id`,
  )
}
