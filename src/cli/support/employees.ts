import { RollcallError } from '../../core/errors.ts'
import { employeeIdOf } from '../../core/intake/event/employee-id.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'

/**
 * An employee id from the command line in the form in which intake keeps ids: copied from a mail or
 * a sheet, it often has blanks or invisible characters around it. Throws `ArgumentInvalid` for an id
 * in which nothing is visible.
 */
export function employeeOf(text: string): string {
  const employeeId = employeeIdOf(text)
  if (employeeId === '')
    throw new RollcallError('ArgumentInvalid', 'name the employee by the id that HR uses')
  return employeeId
}

/** The id of an option that may be missing. */
export function employeeOrNull(text: string | undefined): string | null {
  return text === undefined ? null : employeeOf(text)
}

/**
 * What `find` finds under a reference that can be an employee id: as it is written, because event
 * ids may hold any character, and then in the form of employee ids.
 */
export async function findByReference<T>(
  reference: string,
  find: (reference: string) => Promise<T>,
  isFound: (found: T) => boolean,
): Promise<T> {
  const found = await find(reference)
  const employeeId = employeeIdOf(reference)
  return isFound(found) || employeeId === reference || employeeId === '' ? found : find(employeeId)
}

/**
 * The end of a message that an employee is not known: the known ids that nearly match; empty when
 * there are none.
 */
export async function nearlyMatching(ledger: Pick<Ledger, 'findNearMatches'>, text: string): Promise<string> {
  const candidates = await ledger.findNearMatches(employeeIdOf(text))
  return candidates.length === 0 ? '' : `; known ids that nearly match: ${candidates.join(', ')}`
}
