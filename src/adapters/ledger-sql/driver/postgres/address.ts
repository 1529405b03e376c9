import { readFileSync } from 'node:fs'
import type { PoolConfig } from 'pg'
import { RollcallError } from '../../../../core/errors.ts'
import { MASK, masked } from '../../../../core/display/mask.ts'

/**
 * How the connector signs in: the password of the URL or `LEDGER_PASSWORD`, or a token of the
 * identity of `AUTH_MODE`.
 */
export type PostgresAuth =
  | { readonly kind: 'password'; readonly password: string | null }
  /** A token for a scope; `null` when the identity has none. */
  | { readonly kind: 'entra'; tokens(scope: string): Promise<string | null> }

/**
 * https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication;
 * a national cloud has its own, as `az cloud show --query endpoints.ossrdbmsResourceId` says.
 */
const scopeFor = (host: string): string => {
  const national = ['usgovcloudapi.net', 'chinacloudapi.cn'].find((cloud) =>
    host.endsWith(`.database.${cloud}`),
  )
  return `https://ossrdbms-aad.database.${national ?? 'windows.net'}/.default`
}
const SSL_MODES = ['disable', 'require', 'verify-full'] as const
const PARAMETERS = new Set(['sslmode', 'sslrootcert', 'host'])

export const isPostgresUrl = (location: string): boolean => /^postgres(?:ql)?:\/\//i.test(location)

/**
 * A `postgres://user@host:port/database?sslmode=…&sslrootcert=…` URL in the form that the client
 * takes. Without `sslmode` the connection is encrypted and the server's certificate checked, except
 * for a server on this machine. `host` may name the folder of a socket. Throws `ConfigInvalid`,
 * which never quotes the URL.
 */
export function postgresConnection(location: string, auth: PostgresAuth): PoolConfig {
  const url = parse(location)
  for (const name of url.searchParams.keys())
    if (!PARAMETERS.has(name))
      throw invalid(`has the parameter ${name}; it takes ${[...PARAMETERS].join(', ')}`)
  const host = url.searchParams.get('host') ?? (url.hostname === '' ? 'localhost' : unbracketed(url.hostname))
  const mode = url.searchParams.get('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full')
  if (!SSL_MODES.some((one) => one === mode)) throw invalid(`takes sslmode ${SSL_MODES.join(', ')}`)
  const root = url.searchParams.get('sslrootcert')
  if (root !== null && mode !== 'verify-full')
    throw invalid(`has an sslrootcert, at which sslmode=${mode} never looks; it takes verify-full`)
  // Any holder of the token can act as the identity, so it goes only to a server that has proved
  // its own.
  if (auth.kind === 'entra' && mode !== 'verify-full' && !isLocal(host))
    throw invalid(`has sslmode=${mode}; with LEDGER_AUTH=entra it takes verify-full`)
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: url.username === '' ? undefined : decoded(url.username),
    database: databaseOf(url),
    password: passwordOf(url, host, auth),
    ssl:
      mode === 'disable'
        ? false
        : { rejectUnauthorized: mode === 'verify-full', ...(root === null ? {} : { ca: certificate(root) }) },
  }
}

/** A ledger's location as it may be shown: without its password, even if it is not a valid URL. */
export function maskedLocation(location: string): string {
  if (!isPostgresUrl(location)) return masked(location)
  return location.replace(/^([^:]+:\/\/[^:@/?#]*):.*@/s, `$1:${MASK}@`)
}

/** Host and database, for messages. */
export function nameOfDatabase(location: string): string {
  const url = parse(location)
  return `the database ${databaseOf(url)} at ${url.searchParams.get('host') ?? url.host}`
}

function passwordOf(url: URL, host: string, auth: PostgresAuth): PoolConfig['password'] {
  if (auth.kind === 'password')
    return auth.password ?? (url.password === '' ? undefined : decoded(url.password))
  // Requested for every new connection; the credential caches a token while it is valid.
  return async () => {
    const token = await auth.tokens(scopeFor(host))
    if (token === null)
      throw new RollcallError('LedgerRefused', 'the identity of AUTH_MODE has no token for the database')
    return token
  }
}

function databaseOf(url: URL): string {
  const name = decoded(url.pathname.slice(1))
  if (name === '') throw invalid('names no database; it takes postgres://user@host/database')
  return name
}

function parse(location: string): URL {
  // A socket's URL has no host, which not every parser takes.
  const text = location.replace(/^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)\//i, '$1localhost/')
  if (!URL.canParse(text)) throw invalid('is not a URL; it takes postgres://user@host/database')
  return new URL(text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('has a % that begins no code; where a % is meant it takes %25')
  }
}

function certificate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw invalid('names a file with sslrootcert that cannot be read')
  }
}

const unbracketed = (host: string): string => host.replace(/^\[|\]$/g, '')
const isLocal = (host: string): boolean =>
  host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host)
const invalid = (what: string): RollcallError => new RollcallError('ConfigInvalid', `LEDGER ${what}`)
