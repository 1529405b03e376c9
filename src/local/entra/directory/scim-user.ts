import { type Row, textOf } from './row.ts'
import type { DirectoryUser } from './directory.ts'
import { CORE_USER, ENTERPRISE_USER, MANAGER } from './scim.ts'

const ENTRA = 'urn:ietf:params:scim:schemas:extension:Microsoft:Entra:2.0:User'

/** Where the SCIM API keeps `externalId`: not in the employee id. */
export const EXTERNAL_ID = 'crossDomainData'

/**
 * The places of a SCIM user and the attributes of the directory. Attributes that this directory keeps
 * under another name are those that the default mapping of a job writes.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-schema-documentation
 */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    active: 'accountEnabled',
    displayName: 'displayName',
    externalId: EXTERNAL_ID,
    'name.familyName': 'surname',
    'name.givenName': 'givenName',
    preferredLanguage: 'preferredLanguage',
    title: 'jobTitle',
    userName: 'userPrincipalName',
    userType: 'employeeType',
    'addresses[type eq "work"].country': 'country',
    'addresses[type eq "work"].locality': 'city',
    'addresses[type eq "work"].postalCode': 'postalCode',
    'addresses[type eq "work"].region': 'state',
    'addresses[type eq "work"].streetAddress': 'streetAddress',
    'emails[type eq "work" and primary eq true].value': 'mail',
    'emails[type eq "other"].value': 'otherMails',
    'ims[type eq "work"].value': 'imAddresses',
    'phoneNumbers[type eq "fax"].value': 'faxNumber',
    'phoneNumbers[type eq "mobile"].value': 'mobilePhone',
    'phoneNumbers[type eq "work"].value': 'telephoneNumber',
    [`${ENTERPRISE_USER}:costCenter`]: 'employeeOrgData.costCenter',
    [`${ENTERPRISE_USER}:department`]: 'department',
    [`${ENTERPRISE_USER}:division`]: 'employeeOrgData.division',
    [`${ENTERPRISE_USER}:employeeNumber`]: 'employeeId',
    [`${ENTERPRISE_USER}:organization`]: 'companyName',
    [MANAGER]: 'manager',
    ...Object.fromEntries(
      ['employeeHireDate', 'employeeLeaveDateTime', 'mailNickname', 'officeLocation']
        .concat(['preferredDataLocation', 'usageLocation', 'userType'])
        .map((name) => [`${ENTRA}:${name}`, name]),
    ),
  }).map(([place, attribute]) => [place.toLowerCase(), attribute]),
)

/** What a user must have to be created. */
export const REQUIRED_PLACES: readonly string[] = [
  'userName',
  'password',
  'name.familyName',
  'name.givenName',
  'active',
  'displayName',
  `${ENTRA}:mailNickname`,
]

/** The attribute of the directory that a place stands for; undefined for one not supported. */
export function attributeAt(place: string): string | undefined {
  return ATTRIBUTES.get(place.toLowerCase())
}

/** A user as the SCIM API of Entra ID writes it. */
export function scimUser({ objectId, active, target }: DirectoryUser): Readonly<Record<string, unknown>> {
  const text = (name: string): string | undefined => textOf(target, name)
  return {
    schemas: [CORE_USER, ENTERPRISE_USER, ENTRA],
    id: objectId,
    externalId: text(EXTERNAL_ID),
    active,
    userName: text('userPrincipalName'),
    displayName: text('displayName'),
    name: { givenName: text('givenName'), familyName: text('surname') },
    title: text('jobTitle'),
    [ENTERPRISE_USER]: {
      employeeNumber: text('employeeId'),
      department: text('department'),
      ...managerOf(target),
    },
    [ENTRA]: { mailNickname: text('mailNickname') },
    meta: { location: `/users/${objectId}`, resourceType: 'user' },
  }
}

function managerOf(target: Row): Readonly<Record<string, unknown>> {
  const value = textOf(target, 'manager')
  return value === undefined ? {} : { manager: { value } }
}
