import { RollcallError } from '../../core/errors.ts'
import type { Notice } from '../../core/ledger/port/intake.ts'
import { isLoopbackHttp } from '../loopback.ts'

type Placeholder = 'employee' | 'id' | 'type' | 'source'
const PLACEHOLDER = /\{(employee|id|type|source)\}/g
const STEP = /^(?:\.|%2e){1,2}$/i
const pathOf = (address: string): readonly string[] => (address.split(/[?#]/, 1)[0] ?? '').split(/[/\\]/)

/**
 * The address for one notice. `null` for a name that cannot stand in it: an empty one, half of a
 * surrogate pair, and one that makes a segment of the path `.` or `..`, which every URL parser
 * resolves, also where it is encoded: the request, and its secret, would go to another resource.
 */
export function addressFor(
  template: string,
  notice: Pick<Notice, 'employeeId' | 'id' | 'type' | 'source'>,
): string | null {
  const values: Readonly<Record<Placeholder, string>> = { ...notice, employee: notice.employeeId }
  const names = Array.from(template.matchAll(PLACEHOLDER), ([, name]) => values[name as Placeholder])
  if (names.some((name) => name === '' || !name.isWellFormed())) return null
  const address = template.replaceAll(PLACEHOLDER, (_whole, name: Placeholder) =>
    encodeURIComponent(values[name]),
  )
  const steps = (text: string): number => pathOf(text).filter((segment) => STEP.test(segment)).length
  return steps(address) > steps(template) ? null : address
}

/**
 * The address of a next page as an answer gives it, absolute or relative to `page`. `null` unless
 * it has the same origin: the headers of a request hold secrets, and an answer must not choose who
 * gets them.
 */
export function nextAddress(given: string, page: string): string | null {
  const parsed = URL.parse(given, page)
  if (parsed === null || parsed.origin !== new URL(page).origin) return null
  return parsed.username === '' && parsed.password === '' ? parsed.href : null
}

/**
 * Whether a request to this address keeps its secrets: https, or with `allowHttp` also http on
 * loopback.
 */
export function isSecure(address: string, allowHttp: boolean): boolean {
  const parsed = URL.parse(address)
  return parsed?.protocol === 'https:' || (allowHttp && isLoopbackHttp(parsed))
}

/**
 * Throws `ConfigInvalid` for an address template that cannot be used. `what` names it in the
 * message.
 */
export function checkAddress(
  template: string,
  { what, allowHttp }: { readonly what: string; readonly allowHttp: boolean },
): void {
  const refuse = (why: string): never => {
    throw new RollcallError('ConfigInvalid', `the address of ${what} ${why}`)
  }
  const example = addressFor(template, { employeeId: '1', id: '1', type: 't', source: 's' })
  if (example === null || !isSecure(example, allowHttp))
    refuse('is not an https address; plain http is for loopback, with allowHttp')
  // A name in the host would choose who is sent the headers.
  if (/^[^/]*\/\/[^/?#\\]*\{/.test(template)) refuse('names its host by a placeholder; write the host out')
  if (!template.includes('{employee}')) refuse('does not name {employee}')
}
