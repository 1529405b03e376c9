import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { SignInSettings } from '../../core/sign-in.ts'
import { DEFAULT_ROLES, PERMISSION_NAMES } from './permissions.ts'
import type { Settings } from '../environment.ts'

const permissions = z.array(z.enum(PERMISSION_NAMES)).min(1)

/** Who may do what in the console. */
export const ConsoleSettings = z.strictObject({
  roles: z.record(z.string().min(1).max(120), permissions).default(DEFAULT_ROLES).meta({
    description:
      'App role of the registration in Entra ID → what it allows. These roles take the place of the default ones',
  }),
  token: permissions
    .default([...PERMISSION_NAMES])
    .meta({ description: 'What HTTP_TOKEN allows in the console. Default: everything' }),
})
export type ConsoleSettings = z.output<typeof ConsoleSettings>

const DEFAULTS = ConsoleSettings.parse({})

/** As the file says, or the defaults without one. */
export function consoleSettingsOf({
  file,
}: {
  readonly file: { readonly content: { readonly console: ConsoleSettings } } | null
}): ConsoleSettings {
  return file === null ? DEFAULTS : file.content.console
}

const NEEDED = ['CONSOLE_URL', 'CONSOLE_TENANT_ID', 'CONSOLE_CLIENT_ID', 'CONSOLE_CLIENT_SECRET'] as const

/**
 * The sign-in with Entra ID; `null` without one. Throws `ConfigInvalid`, which names what is
 * missing.
 */
export function signInOf(
  config: Pick<Settings, (typeof NEEDED)[number] | 'CONSOLE_AUTHORITY'>,
): SignInSettings | null {
  const {
    CONSOLE_URL: url,
    CONSOLE_TENANT_ID: tenantId,
    CONSOLE_CLIENT_ID: clientId,
    CONSOLE_CLIENT_SECRET: clientSecret,
    CONSOLE_AUTHORITY: authority,
  } = config
  if (url !== null && tenantId !== null && clientId !== null && clientSecret !== null)
    return { url, tenantId, clientId, clientSecret, authority }
  const missing = NEEDED.filter((name) => config[name] === null)
  if (missing.length === NEEDED.length) return null
  throw new RollcallError(
    'ConfigInvalid',
    `the sign-in with Entra ID takes ${NEEDED.join(', ')} together: set ${missing.join(' and ')}, or none of them`,
  )
}
