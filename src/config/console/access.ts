import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { ClientCredential, SignInSettings } from '../../core/sign-in.ts'
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

const REGISTRATION = ['CONSOLE_URL', 'CONSOLE_TENANT_ID', 'CONSOLE_CLIENT_ID'] as const
const CREDENTIALS = [
  'CONSOLE_CLIENT_SECRET',
  'CONSOLE_CLIENT_CERTIFICATE',
  'CONSOLE_FEDERATED_TOKEN_FILE',
] as const
const NEEDED = [...REGISTRATION, CREDENTIALS.join(' or ')]

type SignInVariables = Pick<Settings, (typeof REGISTRATION)[number] | (typeof CREDENTIALS)[number]> &
  Pick<Settings, 'CONSOLE_AUTHORITY' | 'CONSOLE_COOKIE_SECRET'>

export interface ConfiguredSignIn {
  readonly settings: SignInSettings
  /** The same for every instance: cookies are encrypted with a key that is made of it. */
  readonly cookieSecret: string
}

/** The sign-in with Entra ID; `null` without one. Throws `ConfigInvalid`, which names what is missing. */
export function signInOf(config: SignInVariables): ConfiguredSignIn | null {
  const {
    CONSOLE_URL: url,
    CONSOLE_TENANT_ID: tenantId,
    CONSOLE_CLIENT_ID: clientId,
    CONSOLE_AUTHORITY: authority,
  } = config
  const credential = credentialIn(config)
  if (url !== null && tenantId !== null && clientId !== null && credential !== null)
    return {
      settings: { url, tenantId, clientId, authority, credential },
      cookieSecret: cookieSecretOf(config),
    }
  const missing: string[] = REGISTRATION.filter((name) => config[name] === null)
  if (credential === null) missing.push(CREDENTIALS.join(' or '))
  if (missing.length === NEEDED.length) return null
  throw new RollcallError(
    'ConfigInvalid',
    `the sign-in with Entra ID takes ${NEEDED.join(', ')} together: set ${missing.join(' and ')}, or none of them`,
  )
}

/** A federated token cannot encrypt cookies: it changes, and differs between instances. */
function cookieSecretOf(config: SignInVariables): string {
  const secret =
    config.CONSOLE_COOKIE_SECRET ?? config.CONSOLE_CLIENT_SECRET ?? config.CONSOLE_CLIENT_CERTIFICATE
  if (secret !== null) return secret
  throw new RollcallError(
    'ConfigInvalid',
    'CONSOLE_FEDERATED_TOKEN_FILE needs CONSOLE_COOKIE_SECRET, which every instance uses to encrypt the cookies of its sessions: set it to a random text of 32 characters or more',
  )
}

/** How the console proves that it is the registration; `null` without any of the three ways. */
function credentialIn(config: SignInVariables): ClientCredential | null {
  const [first, second] = CREDENTIALS.filter((name) => config[name] !== null)
  if (first !== undefined && second !== undefined)
    throw new RollcallError('ConfigInvalid', `${first} and ${second} are both set: remove one of them`)
  const {
    CONSOLE_CLIENT_SECRET: secret,
    CONSOLE_CLIENT_CERTIFICATE: pem,
    CONSOLE_FEDERATED_TOKEN_FILE: tokenFile,
  } = config
  if (secret !== null) return { kind: 'secret', secret }
  if (pem !== null) return { kind: 'certificate', pem }
  return tokenFile === null ? null : { kind: 'federated', tokenFile }
}
