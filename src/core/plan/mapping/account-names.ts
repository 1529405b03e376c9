import { isObject } from '../../json.ts'
import { employeeIdOf } from '../../intake/event/employee-id.ts'
import type { ScimUser } from '../../model.ts'

/**
 * The form in which user names and mail addresses are compared: as employee ids are written, and
 * without regard to case. Empty when nothing visible is left.
 */
export function accountNameOf(written: string): string {
  return employeeIdOf(written).toLowerCase()
}

/**
 * The user name and the mail addresses of a record, each once, in the form they are compared in.
 */
export function accountNames({ userName, emails }: ScimUser): readonly string[] {
  const entries = Array.isArray(emails) ? emails : []
  const written = [userName, ...entries.map((entry) => (isObject(entry) ? entry['value'] : undefined))]
  const names = written.flatMap((name) => (typeof name === 'string' ? accountNameOf(name) : []))
  return [...new Set(names)].filter((name) => name !== '')
}
