import { ROLLCALL_USER } from './presets.ts'
import { ENTERPRISE_USER } from './scim.ts'

/**
 * Attributes of the directory, by any name the service uses, and the SCIM places they are filled
 * from.
 */
export type Targets = ReadonlyMap<string, readonly string[]>

/**
 * The default attribute mappings of API-driven provisioning, to Microsoft Entra ID and to Active
 * Directory, backwards (learn.microsoft.com, API-driven inbound provisioning: attribute mapping). A
 * job whose mappings were changed says so under `targets` in the configuration.
 */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  userPrincipalName: ['userName'],
  mailNickname: ['userName'],
  sAMAccountName: ['userName'],
  cn: ['displayName', 'userName'],
  displayName: ['displayName'],
  givenName: ['name.givenName'],
  surname: ['name.familyName'],
  sn: ['name.familyName'],
  jobTitle: ['title'],
  title: ['title'],
  userType: ['userType'],
  employeeType: ['userType'],
  preferredLanguage: ['preferredLanguage'],
  usageLocation: ['addresses[type eq "work"].country'],
  mail: ['emails[type eq "work"].value'],
  telephoneNumber: ['phoneNumbers[type eq "work"].value'],
  businessPhones: ['phoneNumbers[type eq "work"].value'],
  streetAddress: ['addresses[type eq "work"].streetAddress'],
  city: ['addresses[type eq "work"].locality'],
  l: ['addresses[type eq "work"].locality'],
  state: ['addresses[type eq "work"].region'],
  st: ['addresses[type eq "work"].region'],
  postalCode: ['addresses[type eq "work"].postalCode'],
  country: ['addresses[type eq "work"].country'],
  co: ['addresses[type eq "work"].country'],
  companyName: [`${ENTERPRISE_USER}:organization`],
  company: [`${ENTERPRISE_USER}:organization`],
  department: [`${ENTERPRISE_USER}:department`],
  manager: [`${ENTERPRISE_USER}:manager.value`],
  employeeNumber: [`${ENTERPRISE_USER}:employeeNumber`],
  accountEnabled: ['active'],
  // Of the preset `lifecycle`.
  employeeHireDate: [`${ROLLCALL_USER}:hireDate`],
  employeeLeaveDateTime: [`${ROLLCALL_USER}:leaveDate`],
}

/** The defaults, overridden by the configuration. Names are looked up in lower case. */
export function targetsOf(configured: Readonly<Record<string, string | readonly string[]>> = {}): Targets {
  const all = Object.entries({ ...DEFAULTS, ...configured })
  return new Map(
    all.map(([name, places]) => [name.toLowerCase(), typeof places === 'string' ? [places] : places]),
  )
}

/**
 * Names in a message of the service: in quotes, or after "attribute" or "property". A bare word
 * counts only in camelCase or snake_case.
 */
const NAMED =
  /['"\u2018\u201c]([\w:.-]+)['"\u2019\u201d]|\b(?:attribute|property)(?:\s+(?:name|named))?\s*:?\s+([\w:.-]+)|\b(\w*[a-z](?:[A-Z]|_)\w*)\b/g

/** The SCIM places of the attributes that a message of the service names. */
export function placesNamed(message: string | null, targets: Targets): readonly string[] {
  if (message === null) return []
  const places = new Set<string>()
  for (const [, quoted, introduced, bare] of message.matchAll(NAMED)) {
    const name = (quoted ?? introduced ?? bare ?? '').replace(/[.:]+$/, '')
    for (const place of targets.get(name.toLowerCase()) ?? []) places.add(place)
  }
  return [...places]
}
