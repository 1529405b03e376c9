import { z } from 'zod'
import { type NamePattern, parsePattern } from './pattern.ts'

const DEFAULT_PATTERNS = [
  '{name.givenName}.{name.familyName}',
  '{name.givenName:1}.{name.familyName}',
  '{name.givenName}.{name.familyName}{n}',
]

export const UserNameSettings = z.strictObject({
  patterns: z
    .array(z.string().min(1))
    .min(1)
    .default(DEFAULT_PATTERNS)
    .meta({
      description: `Names to propose, in this order: {place} is an attribute of the record, {place:1} its first letter, {n} a number from 2. Default: ${DEFAULT_PATTERNS.join(', ')}`,
    }),
  domain: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'must be a domain such as contoso.com')
    .optional()
    .meta({ description: 'Domain of proposed names. Default: that of the name that is taken' }),
})

/** Which user names are proposed instead of one that is taken. Nothing is changed by itself. */
export interface UserNamePolicy {
  readonly patterns: readonly NamePattern[]
  /** `null`: that of the name that is taken. */
  readonly domain: string | null
}

/** Throws `MappingInvalid` for a pattern that cannot be used. */
export function userNamePolicy(settings: z.input<typeof UserNameSettings> = {}): UserNamePolicy {
  const { patterns, domain = null } = UserNameSettings.parse(settings)
  return { patterns: patterns.map(parsePattern), domain }
}
