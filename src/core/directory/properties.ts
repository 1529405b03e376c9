import { ENTERPRISE_USER } from '../plan/mapping/scim.ts'

/**
 * Where an attribute that the mapping writes is found in a user of Microsoft Graph, as the default
 * attribute mapping of API-driven provisioning puts it there. A name with a point is inside an
 * object; of a list the first value counts. `userName` and `mail` are left out: a job usually
 * computes the one and cannot write the other.
 */
const DEFAULT_PROPERTIES: Readonly<Record<string, string>> = {
  displayName: 'displayName',
  'name.givenName': 'givenName',
  'name.familyName': 'surname',
  title: 'jobTitle',
  userType: 'employeeType',
  preferredLanguage: 'preferredLanguage',
  'phoneNumbers[type eq "work"].value': 'businessPhones',
  'addresses[type eq "work"].streetAddress': 'streetAddress',
  'addresses[type eq "work"].locality': 'city',
  'addresses[type eq "work"].region': 'state',
  'addresses[type eq "work"].postalCode': 'postalCode',
  'addresses[type eq "work"].country': 'country',
  [`${ENTERPRISE_USER}:department`]: 'department',
  [`${ENTERPRISE_USER}:organization`]: 'companyName',
  [`${ENTERPRISE_USER}:costCenter`]: 'employeeOrgData.costCenter',
  [`${ENTERPRISE_USER}:division`]: 'employeeOrgData.division',
}

/** By SCIM place, the property of a Graph user that it is compared with. */
export type Properties = ReadonlyMap<string, string>

/**
 * The defaults, overridden by the configuration. `null` leaves an attribute out of the comparison,
 * for one that the job computes.
 */
export function propertiesOf(configured: Readonly<Record<string, string | null>> = {}): Properties {
  return new Map(
    Object.entries({ ...DEFAULT_PROPERTIES, ...configured }).flatMap(([place, property]) =>
      property === null ? [] : [[place, property] as const],
    ),
  )
}
