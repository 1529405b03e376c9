import { type Row, textOf, type Value, valueOf } from './row.ts'
import type { DirectoryUser } from './directory.ts'

/** A user as Microsoft Graph writes it. A property without a value is null. */
export type GraphUser = Readonly<Record<string, unknown>>

/**
 * How each property is read from the directory's attributes
 * (https://learn.microsoft.com/en-us/graph/api/resources/user). Attributes that the directory keeps
 * under another name are those that the default mapping of a job writes.
 */
const PROPERTIES: Readonly<Record<string, (user: DirectoryUser) => unknown>> = {
  id: ({ objectId }) => objectId,
  accountEnabled: ({ active }) => active,
  userType: ({ target }) => textOf(target, 'userType') ?? 'Member',
  businessPhones: ({ target }) => [textOf(target, 'telephoneNumber') ?? []].flat(),
  employeeOrgData: ({ target }) => orgData(target),
  proxyAddresses: ({ target }) => proxyAddressesOf(target),
  ...Object.fromEntries(
    [
      'city',
      'companyName',
      'country',
      'department',
      'displayName',
      'employeeId',
      'employeeType',
      'givenName',
      'jobTitle',
      'mail',
      'mailNickname',
      'mobilePhone',
      'onPremisesSyncEnabled',
      'postalCode',
      'preferredLanguage',
      'state',
      'streetAddress',
      'surname',
      'usageLocation',
      'userPrincipalName',
    ].map((name) => [name, ({ target }: DirectoryUser): unknown => textOf(target, name) ?? null]),
  ),
}

function orgData(target: Row): unknown {
  const [costCenter, division] = ['costCenter', 'division'].map(
    (name) => textOf(target, `employeeOrgData.${name}`) ?? null,
  )
  return costCenter === null && division === null ? null : { costCenter, division }
}

/** The mail addresses of a user; the prefix of the primary one is in upper case. */
export function proxyAddressesOf(target: Row): readonly string[] {
  const value = valueOf(target, 'proxyAddresses')
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** What a request without `$select` gets. */
export const DEFAULTS: readonly string[] = [
  'businessPhones',
  'displayName',
  'givenName',
  'id',
  'jobTitle',
  'mail',
  'mobilePhone',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
]

/** The properties that a `$select` asks for, or the name of one that users do not have. */
export function selectedBy(select: string | null): readonly string[] | { readonly unknown: string } {
  if (select === null || select.trim() === '') return DEFAULTS
  const names = select.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !Object.hasOwn(PROPERTIES, name))
  return unknown === undefined ? ['id', ...names.filter((name) => name !== 'id')] : { unknown }
}

export function graphUser(user: DirectoryUser, names: readonly string[]): GraphUser {
  return Object.fromEntries(names.map((name) => [name, PROPERTIES[name]?.(user) ?? null]))
}

/** The directory's attributes after a change that is written as Microsoft Graph writes a user. */
export function changedBy(change: GraphUser, before: ReadonlyMap<string, Value>): Map<string, Value> {
  const target = new Map(before)
  for (const [name, value] of Object.entries(change)) {
    const key = name === 'businessPhones' ? 'telephoneNumber' : name
    if (name === 'proxyAddresses' && Array.isArray(value)) {
      target.set(
        key,
        value.filter((one) => typeof one === 'string'),
      )
      continue
    }
    const given: unknown = Array.isArray(value) ? value[0] : value
    if (typeof given === 'string' || typeof given === 'boolean') target.set(key, given)
    else target.delete(key)
  }
  return target
}
