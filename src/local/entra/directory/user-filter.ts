import type { Directory, DirectoryUser } from './directory.ts'
import { proxyAddressesOf } from './graph-user.ts'

/** The users whose property has one of these values. */
export interface Filter {
  readonly property: (typeof FILTERED)[number] | 'proxyAddresses'
  readonly values: readonly string[]
}
const FILTERED = ['id', 'employeeId', 'userPrincipalName'] as const

export function matching({ property, values }: Filter, directory: Directory): readonly DirectoryUser[] {
  switch (property) {
    case 'id':
      return values.flatMap((id) => directory.byObjectId(id) ?? [])
    case 'proxyAddresses':
      return [...directory.all()].filter((user) => hasAddress(user, values))
    case 'employeeId':
    case 'userPrincipalName':
      return values.flatMap((value) => directory.byAttribute(property, value))
  }
}

const MOST_VALUES = 15

/** Compared without regard to case, as the directory compares texts [I]. */
function hasAddress({ target }: DirectoryUser, values: readonly string[]): boolean {
  const wanted = new Set(values.map((value) => value.toLowerCase()))
  return proxyAddressesOf(target).some((address) => wanted.has(address.toLowerCase()))
}

const TEXT = "'((?:[^']|'')*)'"
const ADDRESS = `proxyAddresses/any\\(p:p eq ${TEXT}\\)`
const ADDRESSES = new RegExp(`^${ADDRESS}(?: or ${ADDRESS})*$`)

/**
 * The forms that are understood, with at most 15 values: `employeeId in ('1','2')`, and
 * `proxyAddresses/any(p:p eq '1') or proxyAddresses/any(p:p eq '2')`.
 */
export function filterOf(written: string | null): Filter | null | 'invalid' {
  if (written === null) return null
  if (ADDRESSES.test(written)) {
    const values = textsIn(written)
    return values.length > MOST_VALUES ? 'invalid' : { property: 'proxyAddresses', values }
  }
  const [, name, list] = /^(\w+) in \(((?:'(?:[^']|'')*'(?:, ?)?)+)\)$/.exec(written) ?? []
  const property = FILTERED.find((one) => one === name)
  const values = textsIn(list ?? '')
  const isRead = property !== undefined && values.length > 0 && values.length <= MOST_VALUES
  return isRead ? { property, values } : 'invalid'
}

function textsIn(written: string): readonly string[] {
  return [...written.matchAll(new RegExp(TEXT, 'g'))].map(([, text = '']) => text.replaceAll("''", "'"))
}
