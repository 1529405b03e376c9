import { RollcallError } from '../../core/errors.ts'
import { employeeIdOf } from '../../core/intake/event/employee-id.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { shortened } from '../../core/visible.ts'
import { say } from './output.ts'

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

/**
 * The id of the employee that a text from the command line names: an employee id, or else an Entra
 * object id, a user name or a mail address, also a former one. A text that leads to no employee is
 * taken for an id. Throws `ArgumentInvalid` as `employeeOf` does, and `EmployeeAmbiguous` when
 * several employees have that name.
 */
export async function employeeNamed(ledger: Pick<Ledger, 'findEmployeeIds'>, text: string): Promise<string> {
  const written = employeeOf(text)
  const [found, ...others] = await ledger.findEmployeeIds(written)
  if (found === undefined) return written
  if (others.length > 0) throw ambiguous([found, ...others])
  if (found !== written) say(`employee ${found}`)
  return found
}

/** The same for an option that may be missing. */
export async function employeeNamedOrNull(
  ledger: Pick<Ledger, 'findEmployeeIds'>,
  text: string | undefined,
): Promise<string | null> {
  return text === undefined ? null : employeeNamed(ledger, text)
}

export function ambiguous(employeeIds: readonly string[]): RollcallError {
  return new RollcallError(
    'EmployeeAmbiguous',
    `${employeeIds.length} employees have this user name, mail address or object id: ${employeeIds.join(', ')}; name one of them by its id`,
  )
}

/** How a message repeats what was typed. User names and mail addresses are personal data and are not repeated. */
export function asTyped(text: string): string {
  return text.includes('@') ? 'the name that was given' : shortened(text)
}

/** The id of an option that may be missing. */
export function employeeOrNull(text: string | undefined): string | null {
  return text === undefined ? null : employeeOf(text)
}

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
 * The end of a message that an employee is not known: the known ids that nearly match; empty when
 * there are none.
 */
export async function nearlyMatching(ledger: Pick<Ledger, 'findNearMatches'>, text: string): Promise<string> {
  const candidates = await ledger.findNearMatches(employeeIdOf(text))
  return candidates.length === 0 ? '' : `; known ids that nearly match: ${candidates.join(', ')}`
}
