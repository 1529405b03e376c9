import { RollcallError } from '../errors.ts'
import type { Attribute, Json, ScimUser } from '../model.ts'
import { CORE_USER, ENTERPRISE_USER, parseScimPath, type ScimDraft, type ScimPath, setScim } from './scim.ts'

/** One line of a mapping: the worker attribute `from` goes to the SCIM place `to`. */
export interface Rule {
  readonly from: string
  readonly to: string
}

/** Worker attributes as HR names them (`hr-events`), and where they go. `hireDate` and `terminationDate` have no place in the standard schemas. */
export const DEFAULT_RULES: readonly Rule[] = [
  { from: 'userName', to: 'userName' },
  { from: 'name.givenName', to: 'name.givenName' },
  { from: 'name.middleName', to: 'name.middleName' },
  { from: 'name.familyName', to: 'name.familyName' },
  { from: 'name.formatted', to: 'name.formatted' },
  { from: 'displayName', to: 'displayName' },
  { from: 'nickName', to: 'nickName' },
  { from: 'title', to: 'title' },
  { from: 'userType', to: 'userType' },
  { from: 'preferredLanguage', to: 'preferredLanguage' },
  { from: 'locale', to: 'locale' },
  { from: 'timezone', to: 'timezone' },
  { from: 'emails.work', to: 'emails[type eq "work"].value' },
  { from: 'phones.work', to: 'phoneNumbers[type eq "work"].value' },
  { from: 'address.work.streetAddress', to: 'addresses[type eq "work"].streetAddress' },
  { from: 'address.work.locality', to: 'addresses[type eq "work"].locality' },
  { from: 'address.work.region', to: 'addresses[type eq "work"].region' },
  { from: 'address.work.postalCode', to: 'addresses[type eq "work"].postalCode' },
  { from: 'address.work.country', to: 'addresses[type eq "work"].country' },
  { from: 'active', to: 'active' },
  { from: 'employeeNumber', to: `${ENTERPRISE_USER}:employeeNumber` },
  { from: 'costCenter', to: `${ENTERPRISE_USER}:costCenter` },
  { from: 'organization', to: `${ENTERPRISE_USER}:organization` },
  { from: 'division', to: `${ENTERPRISE_USER}:division` },
  { from: 'department', to: `${ENTERPRISE_USER}:department` },
  { from: 'managerId', to: `${ENTERPRISE_USER}:manager.value` },
]

export interface MappedRecord {
  /** Whole and valid SCIM; cleared attributes are explicit `null`. */
  readonly record: ScimUser
  /** Required attributes that nothing has set yet, as the mapping names their source. */
  readonly missing: readonly string[]
}

export interface Mapping {
  /** True when the value of this worker attribute can reach the directory. */
  uses(path: string): boolean
  /** The complete record of one employee. The same attributes give the same bytes once serialised. */
  map(employee: string, attributes: ReadonlyMap<string, Attribute>): MappedRecord
}

/** Compiles rules. Throws `MappingInvalid`, naming the line, for a target that is no SCIM place. */
export function compileMapping(rules: readonly Rule[] = DEFAULT_RULES, required: readonly string[] = ['userName', 'active']): Mapping {
  const compiled = rules.map(({ from, to }): { from: string; to: ScimPath } => {
    const path = parseScimPath(to)
    if (!path)
      throw new RollcallError(
        'MappingInvalid',
        `mapping "${from}" → "${to}": the target is no SCIM attribute; write for example name.givenName or emails[type eq "work"].value`,
      )
    return { from, to: path }
  })
  const used = new Set(rules.map(({ from }) => from))
  const urns = new Set([CORE_USER, ENTERPRISE_USER, ...compiled.flatMap(({ to }) => (to.urn === null ? [] : [to.urn]))])
  return {
    uses: (path) => used.has(path),
    map: (employee, attributes) => {
      const draft: ScimDraft = { schemas: [...urns], externalId: employee }
      for (const { from, to } of compiled) {
        const attribute = attributes.get(from)
        // Nothing in a required place is no record the service takes; a leaver's goes out without it.
        if (attribute && !(required.includes(from) && isNothing(attribute.value))) setScim(draft, to, scimValue(to, attribute.value))
      }
      return { record: draft, missing: required.filter((path) => isNothing(attributes.get(path)?.value)) }
    },
  }
}

/** The service clears on an empty text as it does on `null`. */
function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === ''
}

/** Entra takes text for everything but `active`. */
function scimValue(to: ScimPath, value: Json): Json {
  return typeof value === 'number' || (typeof value === 'boolean' && to.text !== 'active') ? String(value) : value
}
