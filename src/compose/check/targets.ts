import { nearest } from '../../config/nearest.ts'
import { ENTERPRISE_USER, parseScimPath } from '../../core/plan/mapping/scim.ts'

/**
 * Attributes of the SCIM core user (RFC 7643, section 4.1) as the targets of a mapping spell them.
 */
const CORE: readonly string[] = [
  'userName',
  'name.formatted',
  'name.familyName',
  'name.givenName',
  'name.middleName',
  'name.honorificPrefix',
  'name.honorificSuffix',
  'displayName',
  'nickName',
  'profileUrl',
  'title',
  'userType',
  'preferredLanguage',
  'locale',
  'timezone',
  'active',
  ...['value', 'display', 'primary'].flatMap((part) => [
    `emails[type eq "work"].${part}`,
    `phoneNumbers[type eq "work"].${part}`,
  ]),
  ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'].map(
    (part) => `addresses[type eq "work"].${part}`,
  ),
]
/**
 * Attributes of the core user with several values, which the service may take in any of their
 * parts.
 */
const CORE_LISTS: readonly string[] = ['ims', 'photos', 'groups', 'entitlements', 'roles', 'x509Certificates']
/** Attributes of the enterprise extension (RFC 7643, section 4.3). */
const ENTERPRISE: readonly string[] = [
  'employeeNumber',
  'costCenter',
  'organization',
  'division',
  'department',
  'manager.value',
  'manager.displayName',
].map((name) => `${ENTERPRISE_USER}:${name}`)
const KNOWN: readonly string[] = [...CORE, ...ENTERPRISE]

export type JudgedTarget =
  | { readonly kind: 'known' }
  /** Of a schema of the user's own, which the mapping of the job has to know. */
  | { readonly kind: 'custom' }
  /** SCIM has no such attribute. `meant` is the one that was probably meant. */
  | { readonly kind: 'unknown'; readonly meant: string | null }

/** What SCIM knows of a target that the configuration names. */
export function judgeTarget(target: string): JudgedTarget {
  if (KNOWN.includes(target)) return { kind: 'known' }
  const path = parseScimPath(target)
  if (path !== null && path.urn === null && CORE_LISTS.includes(path.name)) return { kind: 'known' }
  const meant = nearest(target, KNOWN) ?? extensionTarget(target)
  if (path !== null && path.urn !== null && path.urn !== ENTERPRISE_USER && meant === null)
    return { kind: 'custom' }
  return { kind: 'unknown', meant }
}

/** `department`, also misspelt, is an attribute of the extension written without its schema. */
function extensionTarget(target: string): string | null {
  const name = target.startsWith(`${ENTERPRISE_USER}:`) ? target.slice(ENTERPRISE_USER.length + 1) : target
  const names = ENTERPRISE.map((known) => known.slice(ENTERPRISE_USER.length + 1))
  const meant = name === 'manager' ? 'manager.value' : nearest(name, names)
  return meant === null ? null : `${ENTERPRISE_USER}:${meant}`
}
