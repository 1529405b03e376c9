import { entriesOf, type Row, type Value, valueOf } from './row.ts'
import { ENTERPRISE_USER, MANAGER } from './scim.ts'
import type { Settings } from './settings.ts'

interface Direct {
  readonly target: string
  readonly source: string
}

const work = (list: string, part: string): string => `${list}[type eq "work"].${part}`

/**
 * From SCIM to the directory's attributes. The pairs up to `telephoneNumber` are those of the real records; the rest have the nearest
 * attribute of a Microsoft Graph user.
 */
const direct: readonly Direct[] = [
  { target: 'streetAddress', source: work('addresses', 'streetAddress') },
  { target: 'state', source: work('addresses', 'region') },
  { target: 'postalCode', source: work('addresses', 'postalCode') },
  { target: 'country', source: work('addresses', 'country') },
  { target: 'department', source: `${ENTERPRISE_USER}:department` },
  { target: 'employeeId', source: 'externalId' },
  { target: 'displayName', source: 'displayName' },
  { target: 'givenName', source: 'name.givenName' },
  { target: 'jobTitle', source: 'title' },
  { target: 'mail', source: work('emails', 'value') },
  { target: 'preferredLanguage', source: 'preferredLanguage' },
  { target: 'surname', source: 'name.familyName' },
  { target: 'telephoneNumber', source: work('phoneNumbers', 'value') },
  { target: 'city', source: work('addresses', 'locality') },
  { target: 'employeeType', source: 'userType' },
  { target: 'companyName', source: `${ENTERPRISE_USER}:organization` },
  { target: 'employeeOrgData.costCenter', source: `${ENTERPRISE_USER}:costCenter` },
  { target: 'employeeOrgData.division', source: `${ENTERPRISE_USER}:division` },
]

const mapped = new Set([...direct.map(({ source }) => source), 'userName', 'active', MANAGER])
const notProcessed = /\.(primary|display|displayName|\$ref|type)$/u

export interface Mapping {
  /** The directory's attributes for this record; `active` and the manager are decided elsewhere. */
  apply(source: Row): Map<string, Value>
  /** Whether the mapping uses the attribute: only such are echoed by the import step and counted as a change. */
  readonly uses: (path: string) => boolean
}

export function createMapping(settings: Settings): Mapping {
  const prefix = `extension_${settings.applicationId.replaceAll('-', '')}_`
  const impliedTarget = (path: string): string => (path.startsWith('urn:') ? prefix + path.slice(path.lastIndexOf(':') + 1) : path)
  const uses = (path: string): boolean => mapped.has(path) || (settings.attributeList === 'all' && !notProcessed.test(path))
  const implied = new Map<string, string | undefined>()
  const impliedOf = (path: string): string | undefined => {
    if (!implied.has(path)) implied.set(path, uses(path) && !mapped.has(path) ? impliedTarget(path) : undefined)
    return implied.get(path)
  }
  return {
    uses,
    apply(source) {
      const target = new Map<string, Value>()
      for (const mapping of direct) {
        const value = valueOf(source, mapping.source)
        if (value !== undefined) target.set(mapping.target, value)
      }
      const userName = valueOf(source, 'userName')
      if (typeof userName === 'string') {
        target.set('mailNickname', userName.split('@')[0] ?? userName)
        target.set('userPrincipalName', userName.includes('@') ? userName : `${userName}@${settings.defaultDomain}`)
      }
      for (const [path, value] of entriesOf(source)) {
        const name = impliedOf(path)
        if (name !== undefined) target.set(name, value)
      }
      return target
    },
  }
}
