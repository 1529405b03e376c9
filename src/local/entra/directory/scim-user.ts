import { textOf } from './row.ts'
import type { DirectoryUser } from './directory.ts'
import { CORE_USER, ENTERPRISE_USER } from './scim.ts'

const ENTRA = 'urn:ietf:params:scim:schemas:extension:Microsoft:Entra:2.0:User'

/**
 * A user as the SCIM API of Entra ID writes it. `externalId` is `crossDomainData` there and not the
 * employee id, so users of this directory have none.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-schema-documentation
 */
export function scimUser({ objectId, active, target }: DirectoryUser): Readonly<Record<string, unknown>> {
  return {
    schemas: [CORE_USER, ENTERPRISE_USER, ENTRA],
    id: objectId,
    active,
    userName: textOf(target, 'userPrincipalName'),
    displayName: textOf(target, 'displayName'),
    name: { givenName: textOf(target, 'givenName'), familyName: textOf(target, 'surname') },
    [ENTERPRISE_USER]: {
      employeeNumber: textOf(target, 'employeeId'),
      department: textOf(target, 'department'),
    },
    [ENTRA]: { mailNickname: textOf(target, 'mailNickname') },
    meta: { location: `/users/${objectId}`, resourceType: 'user' },
  }
}

/** The attribute of the directory that a path of a PATCH changes; undefined for one not supported. */
export function changedAttribute(path: string): string | undefined {
  return PATCHED.get(path.toLowerCase())
}
const PATCHED: ReadonlyMap<string, string> = new Map([
  ['active', 'accountEnabled'],
  ['displayname', 'displayName'],
  ['username', 'userPrincipalName'],
])
