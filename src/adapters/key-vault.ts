import { RollcallError } from '../core/errors.ts'
import { isObject } from '../core/json.ts'
import type { Json } from '../core/model.ts'
import { isLoopbackHttp } from './loopback.ts'

/** A secret of Azure Key Vault: https://learn.microsoft.com/rest/api/keyvault/secrets */
export interface VaultSecret {
  readonly origin: string
  readonly name: string
}

const API_VERSION = '7.4'
const TIMEOUT_MS = 10_000
/** No installation keeps this many keys; more would be a mistake, and take long to read. */
const MOST_VERSIONS = 25
/** The vaults of all clouds, which are the only hosts that get a token. */
const VAULT = /^[a-z0-9-]+\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)$/

/**
 * Throws `ConfigInvalid`, which names the setting `what`. Plain http is for a server on this
 * machine, on request.
 */
export function parseVaultSecret(what: string, text: string, allowHttp: boolean): VaultSecret {
  const url = URL.parse(text)
  const [, name] = /^\/secrets\/([A-Za-z0-9-]+)\/?$/.exec(url?.pathname ?? '') ?? []
  const isVault = url?.protocol === 'https:' && url.port === '' && VAULT.test(url.hostname)
  const isLocal = allowHttp && isLoopbackHttp(url)
  if (!url || name === undefined || !(isVault || isLocal))
    throw new RollcallError(
      'ConfigInvalid',
      `${what} takes the address of a secret without a version, such as https://contoso.vault.azure.net/secrets/rollcall-ledger`,
    )
  return { origin: url.origin, name }
}

/** The scope of a token for this vault. */
export function vaultScope({ origin }: VaultSecret): string {
  const { protocol, hostname } = new URL(origin)
  const cloud = protocol === 'https:' ? hostname.slice(hostname.indexOf('.') + 1) : 'vault.azure.net'
  return `https://${cloud}/.default`
}

/**
 * The values of the secret's enabled versions, the newest first. Throws `VaultUnavailable`, which
 * says how the vault answered and never what.
 */
export async function secretVersions(secret: VaultSecret, token: string): Promise<readonly string[]> {
  const { origin, name } = secret
  const versions: { readonly id: string; readonly created: number }[] = []
  let next: string | null = `${origin}/secrets/${name}/versions?api-version=${API_VERSION}`
  while (next !== null && versions.length < MOST_VERSIONS) {
    const page: { readonly [key: string]: Json } = await ask(secret, next, token)
    const listed = Array.isArray(page['value']) ? page['value'] : []
    versions.push(...listed.flatMap(enabledVersion))
    next = typeof page['nextLink'] === 'string' ? page['nextLink'] : null
  }
  const newestFirst = versions.toSorted((a, b) => b.created - a.created)
  const values: string[] = []
  for (const { id } of newestFirst) {
    const { value } = await ask(secret, `${id}?api-version=${API_VERSION}`, token)
    if (typeof value === 'string') values.push(value)
  }
  return values
}

function enabledVersion(listed: Json): readonly { readonly id: string; readonly created: number }[] {
  if (!isObject(listed)) return []
  const { id, attributes } = listed
  if (typeof id !== 'string' || !isObject(attributes) || attributes['enabled'] !== true) return []
  return [{ id, created: Number(attributes['created'] ?? 0) }]
}

async function ask(
  secret: VaultSecret,
  address: string,
  token: string,
): Promise<{ readonly [key: string]: Json }> {
  // An address that the vault answers with gets the token only when it is one of the vault itself.
  if (URL.parse(address)?.origin !== secret.origin) throw unavailable(secret, 'named another host')
  let response: Response
  let body: Json
  try {
    response = await fetch(address, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    body = response.ok ? ((await response.json()) as Json) : null
  } catch (cause) {
    throw unavailable(secret, 'did not answer, or not in JSON', cause)
  }
  if (isObject(body)) return body
  throw unavailable(secret, `answered HTTP ${response.status}`)
}

function unavailable({ origin, name }: VaultSecret, how: string, cause?: unknown): RollcallError {
  return new RollcallError(
    'VaultUnavailable',
    `the vault ${new URL(origin).host} ${how} when it was asked for the secret ${name}: check the name, the network, and that the identity may read secrets there`,
    { cause },
  )
}
