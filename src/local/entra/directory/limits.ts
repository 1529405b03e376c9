/**
 * What the directory accepts as the value of an attribute.
 *
 * Sources: the user resource of Microsoft Graph
 * (https://learn.microsoft.com/en-us/graph/api/resources/user), the user name policies
 * (https://learn.microsoft.com/en-us/entra/identity/authentication/concept-sspr-policy#username-policies)
 * and, for the first character of `mailNickname`, the rules of IdFix
 * (https://microsoft.github.io/idfix/Errors%20supported%20by%20the%20IdFix%20tool/).
 */

/**
 * The most characters of an attribute. Graph also documents 16 for `employeeId`. It is the matching
 * attribute of most jobs, HR systems have ids of 18 digits, and how provisioning treats those has
 * not been seen: the setting `attributeLimits: { employeeId: 16 }` refuses them.
 */
export const DOCUMENTED_LIMITS: Readonly<Record<string, number>> = {
  city: 128,
  companyName: 64,
  country: 128,
  department: 64,
  displayName: 256,
  givenName: 64,
  jobTitle: 128,
  mailNickname: 64,
  mobilePhone: 64,
  postalCode: 40,
  state: 128,
  streetAddress: 1024,
  surname: 64,
}

const LONGEST_NAME_BEFORE_AT = 64
const LONGEST_DOMAIN = 48
const ALLOWED_IN_USER_NAME = /^[A-Za-z0-9'.\-_!#^~]*$/

/**
 * Why the directory does not accept a userPrincipalName, as the rest of a sentence; null if it
 * accepts it. The documented 113 characters in all follow from the limits of both parts.
 */
export function findInvalidUserName(name: string): string | null {
  const [alias = '', domain = '', ...more] = name.split('@')
  if (alias === '' || domain === '' || more.length > 0) return 'it is not a name and a domain'
  if (!ALLOWED_IN_USER_NAME.test(alias + domain))
    return "it has characters other than A-Z, a-z, 0-9 and ' . - _ ! # ^ ~"
  if (alias.endsWith('.')) return 'it has a period immediately before the @'
  if (alias.length > LONGEST_NAME_BEFORE_AT)
    return `it has more than ${LONGEST_NAME_BEFORE_AT} characters before the @`
  if (domain.length > LONGEST_DOMAIN) return `it has more than ${LONGEST_DOMAIN} characters after the @`
  return null
}

/** Attributes whose form is documented, with the fault of a value in another form. */
const FORMS: Readonly<
  Record<string, { readonly isValid: (value: string) => boolean; readonly fault: string }>
> = {
  mail: {
    isValid: (value) => !/\p{M}/u.test(value.normalize('NFD')),
    fault: 'it has accent characters',
  },
  mailNickname: { isValid: (value) => !value.startsWith('.'), fault: 'it begins with a period' },
  usageLocation: {
    isValid: (value) => /^[A-Za-z]{2}$/.test(value),
    fault: 'it is not a country code of two letters',
  },
}

/**
 * Why the directory does not accept the value of an attribute, as the rest of a sentence; null
 * if it accepts it. `overrides` replaces documented limits; null lifts one.
 */
export function findInvalidAttribute(
  name: string,
  value: string,
  overrides: Readonly<Record<string, number | null>>,
): string | null {
  const limit = Object.hasOwn(overrides, name) ? overrides[name] : DOCUMENTED_LIMITS[name]
  if (typeof limit === 'number' && value.length > limit) return `it has more than ${limit} characters`
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
  return form === undefined || form.isValid(value) ? null : form.fault
}
