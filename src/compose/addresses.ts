import { hostname } from 'node:os'
import type { TokenCredential } from '@azure/identity'
import { createCredential } from '../adapters/graph/credential.ts'
import type { Endpoint } from '../adapters/graph/endpoint.ts'
import type { LedgerAddress } from '../adapters/ledger-sql/open.ts'
import { proxyFor } from '../adapters/proxy.ts'
import type { BusAddress } from '../adapters/service-bus/client.ts'
import type { Config } from '../config/load.ts'
import { RollcallError } from '../core/errors.ts'
import { readLedgerKeys } from './ledger/keys.ts'

/**
 * The identity of `AUTH_MODE`, in `tenant` if that is given. Rejects with `AuthIncomplete` if a
 * setting is missing.
 */
export function credentialOf(config: Config, tenant: string | null = null): Promise<TokenCredential> {
  return createCredential({
    mode: config.AUTH_MODE,
    tenantId: tenant ?? config.AZURE_TENANT_ID,
    clientId: config.AZURE_CLIENT_ID,
    clientSecret: config.AZURE_CLIENT_SECRET,
    certificatePath: config.AZURE_CLIENT_CERTIFICATE_PATH,
  })
}

/** The identity in force. The identity of the doubles is never used with a real tenant. */
export async function localOnlyCredential(
  config: Config,
  endpoint: Pick<Endpoint, 'origin'>,
  tenant: string | null = null,
): Promise<TokenCredential> {
  const credential = await credentialOf(config, tenant)
  if (config.AUTH_MODE === 'local' && endpoint.origin.startsWith('https:'))
    throw new RollcallError(
      'AuthIncomplete',
      'AUTH_MODE=local is for local doubles; a real tenant needs an identity',
    )
  return credential
}

/** The identity, made for the first token: a bus or a ledger with a password needs none. */
function lateCredentialOf(config: Config): TokenCredential {
  let made: Promise<TokenCredential> | null = null
  return { getToken: async (...asked) => (await (made ??= credentialOf(config))).getToken(...asked) }
}

const tokensOf =
  (credential: TokenCredential) =>
  async (scope: string): Promise<string | null> =>
    (await credential.getToken(scope))?.token ?? null

/**
 * Where the ledger is. With `LEDGER_AUTH=entra`, its tokens come from `credential`, and so do those
 * for its keys in a vault.
 */
export function ledgerAddress(config: Config, credential?: TokenCredential): LedgerAddress {
  const { LEDGER: location, LEDGER_AUTH, LEDGER_PASSWORD: password } = config
  const identity = credential ?? lateCredentialOf(config)
  const auth =
    LEDGER_AUTH === 'entra'
      ? { kind: 'entra' as const, tokens: tokensOf(identity) }
      : { kind: 'password' as const, password }
  return {
    location,
    auth,
    instance: config.INSTANCE ?? hostname(),
    connections: config.LEDGER_CONNECTIONS,
    statementMs: config.LEDGER_STATEMENT_MS,
    keys: () => readLedgerKeys(config, identity),
  }
}

/** Where the bus is. Throws `ConfigInvalid` if neither address is set. */
export function busAddress(
  config: Config,
  credential: TokenCredential = lateCredentialOf(config),
): BusAddress {
  const { SERVICEBUS_CONNECTION_STRING: connectionString, SERVICEBUS_WEBSOCKETS } = config
  const over = (host: string, port: number): Pick<BusAddress, 'webSockets'> =>
    SERVICEBUS_WEBSOCKETS ? { webSockets: { proxy: proxyFor(host, port, config) } } : {}
  if (connectionString !== null) {
    const [, host = '', port = '443'] = /Endpoint=sb:\/\/([^/:;]+)(?::(\d+))?/i.exec(connectionString) ?? []
    return { kind: 'connection-string', connectionString, ...over(host, Number(port)) }
  }
  const host = requireSetting(
    config.SERVICEBUS_FQDN,
    'SERVICEBUS_FQDN',
    'the host name of the namespace (or SERVICEBUS_CONNECTION_STRING)',
  )
  return { kind: 'identity', host, credential, ...over(host, 443) }
}

/**
 * The value of a setting. Throws `ConfigInvalid` if it is not set; `what` says what belongs there.
 */
export function requireSetting(value: string | null, variable: string, what: string): string {
  if (value === null)
    throw new RollcallError(
      'ConfigInvalid',
      `${variable} is not set; set it to ${what}. rollcall local prints all variables for a local trial`,
    )
  return value
}
