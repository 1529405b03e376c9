import { z } from 'zod'
import { ENTERPRISE_USER, MANAGER } from '../directory/scim.ts'

const common = {
  /** The directory's attribute. */
  target: z.string().min(1),
  /** `onCreate`: an update leaves the attribute as it is. */
  apply: z.enum(['always', 'onCreate']).default('always'),
  /**
   * Makes this a matching attribute. Lower numbers are tried first, and the first one that finds a
   * user decides.
   */
  matching: z.number().int().positive().optional(),
  /** Given to a new user when the source has no value; an update never gives it. */
  defaultIfNull: z.string().optional(),
  /** The mapping's gate of the null flow; as `flowNulls` when missing. */
  flowNull: z.boolean().optional(),
}

export const attributeMappingSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('direct'), ...common, source: z.string().min(1) }),
  z.strictObject({ type: z.literal('constant'), ...common, value: z.string() }),
  z.strictObject({ type: z.literal('expression'), ...common, expression: z.string().min(1) }),
  /** Left as it is; an empty attribute gets the default. */
  z.strictObject({ type: z.literal('none'), ...common }),
])
export type AttributeMapping = z.output<typeof attributeMappingSchema>
type Given = z.input<typeof attributeMappingSchema>

export const scopeClauseSchema = z.strictObject({
  source: z.string().min(1),
  operator: z.enum([
    'EQUALS',
    'NOT EQUALS',
    'IS TRUE',
    'IS FALSE',
    'IS NULL',
    'IS NOT NULL',
    'REGEX MATCH',
    'NOT REGEX MATCH',
    'INCLUDES',
  ]),
  value: z.string().default(''),
})
export type ScopeClause = z.output<typeof scopeClauseSchema>

const work = (list: string, part: string): string => `${list}[type eq "work"].${part}`
const direct = (target: string, source: string): Given => ({ type: 'direct', target, source })

/**
 * To Microsoft Entra ID. The pairs up to `userPrincipalName` are those of the real records, except
 * for the expression of `userPrincipalName`, which every tenant writes for itself; the rest have
 * the nearest attribute of a Microsoft Graph user.
 */
export const entraMapping = (defaultDomain: string): readonly Given[] => [
  direct('streetAddress', work('addresses', 'streetAddress')),
  direct('state', work('addresses', 'region')),
  direct('postalCode', work('addresses', 'postalCode')),
  direct('country', work('addresses', 'country')),
  direct('department', `${ENTERPRISE_USER}:department`),
  { ...direct('employeeId', 'externalId'), matching: 1 },
  direct('displayName', 'displayName'),
  direct('givenName', 'name.givenName'),
  direct('jobTitle', 'title'),
  direct('mail', work('emails', 'value')),
  { type: 'expression', target: 'mailNickname', expression: 'Word([userName], 1, "@")' },
  direct('preferredLanguage', 'preferredLanguage'),
  direct('surname', 'name.familyName'),
  direct('telephoneNumber', work('phoneNumbers', 'value')),
  { type: 'expression', target: 'userPrincipalName', expression: userPrincipalName(defaultDomain) },
  direct('accountEnabled', 'active'),
  direct('manager', MANAGER),
  direct('city', work('addresses', 'locality')),
  direct('employeeType', 'userType'),
  direct('companyName', `${ENTERPRISE_USER}:organization`),
  direct('employeeOrgData.costCenter', `${ENTERPRISE_USER}:costCenter`),
  direct('employeeOrgData.division', `${ENTERPRISE_USER}:division`),
]

/**
 * To on-premises Active Directory, by the names of its schema. No real record of such a job has
 * been seen.
 */
export const activeDirectoryMapping = (defaultDomain: string): readonly Given[] => [
  { ...direct('employeeID', 'externalId'), matching: 1 },
  direct('streetAddress', work('addresses', 'streetAddress')),
  direct('st', work('addresses', 'region')),
  direct('postalCode', work('addresses', 'postalCode')),
  direct('co', work('addresses', 'country')),
  direct('l', work('addresses', 'locality')),
  direct('department', `${ENTERPRISE_USER}:department`),
  direct('company', `${ENTERPRISE_USER}:organization`),
  direct('displayName', 'displayName'),
  direct('cn', 'displayName'),
  direct('givenName', 'name.givenName'),
  direct('sn', 'name.familyName'),
  direct('title', 'title'),
  direct('mail', work('emails', 'value')),
  direct('telephoneNumber', work('phoneNumbers', 'value')),
  direct('preferredLanguage', 'preferredLanguage'),
  {
    type: 'expression',
    target: 'sAMAccountName',
    expression: 'Left(Word([userName], 1, "@"), 20)',
    apply: 'onCreate',
  },
  { type: 'expression', target: 'userPrincipalName', expression: userPrincipalName(defaultDomain) },
  { type: 'expression', target: 'accountDisabled', expression: 'Switch([active], "True", "True", "False")' },
  direct('manager', MANAGER),
]

function userPrincipalName(defaultDomain: string): string {
  const isBare = 'Word([userName], 2, "@")'
  return `IIF(IsNullOrEmpty([userName]), "", IIF(IsNullOrEmpty(${isBare}), Append([userName], "@${defaultDomain}"), [userName]))`
}
