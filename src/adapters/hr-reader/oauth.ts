import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type * as oauth from 'oauth4webapi'
import { RollcallError } from '../../core/errors.ts'
import type { OAuthSettings, TlsSettings } from '../../core/intake/hydrate/settings.ts'
import { isObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { isSecure } from './address.ts'
import { codeOfFailure, retryAfterMs, textWithin } from './exchange.ts'
import { type Fetch, fileOf } from './tls.ts'
import { type AccessToken, NoAccessToken } from './tokens.ts'

type Library = typeof oauth
/** How the client proves who it is. */
type MakeClientAuth = (library: Library) => Promise<oauth.ClientAuth>

/** Longest answer of a token endpoint. */
const MAX_BYTES = 200_000
/** Codes of RFC 6749 (5.2) and RFC 8707; what else a server writes there is not repeated. */
const ERROR_CODES = new Set(
  `invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope
   invalid_target access_denied temporarily_unavailable server_error`.split(/\s+/),
)

export interface TokenEndpoint {
  readonly settings: OAuthSettings
  readonly tls: TlsSettings | undefined
  readonly allowHttp: boolean
  readonly send: Fetch
}

/**
 * Requests access tokens (RFC 6749). The client proves who it is by its secret, by a signed
 * assertion (RFC 7523) or by its TLS certificate alone (RFC 8705). Throws `ConfigInvalid` at once
 * for settings that cannot be used.
 */
export function tokenRequest(endpoint: TokenEndpoint): (signal: AbortSignal) => Promise<AccessToken> {
  const { settings } = endpoint
  if (!isSecure(settings.tokenUrl, endpoint.allowHttp))
    throw new RollcallError(
      'ConfigInvalid',
      'oauth.tokenUrl is not an https address; plain http is for loopback, with allowHttp',
    )
  const makeClientAuth = clientAuthOf(endpoint)
  let loaded: Promise<{ readonly library: Library; readonly auth: oauth.ClientAuth }> | null = null
  const load = async (): Promise<{ readonly library: Library; readonly auth: oauth.ClientAuth }> => {
    const library = await import('oauth4webapi')
    return { library, auth: await makeClientAuth(library) }
  }
  return async (signal) => {
    const { library, auth } = await (loaded ??= load())
    return requestToken(endpoint, library, auth, signal)
  }
}

async function requestToken(
  { settings, allowHttp, send }: TokenEndpoint,
  library: Library,
  auth: oauth.ClientAuth,
  signal: AbortSignal,
): Promise<AccessToken> {
  // The issuer is compared with nothing: the address of the endpoint is configured, not discovered.
  const server = { issuer: settings.tokenUrl, token_endpoint: settings.tokenUrl }
  const client = { client_id: settings.clientId }
  const { scope, audience } = settings
  const parameters = {
    ...settings.parameters,
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  }
  let answered: { readonly status: number; readonly afterMs: number | null } | null = null
  try {
    const response = await library.genericTokenEndpointRequest(
      server,
      client,
      auth,
      settings.grantType,
      parameters,
      {
        signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
        [library.allowInsecureRequests]: allowHttp,
        [library.customFetch]: async (address, { method, headers, body, signal }) => {
          const answer = await send(address, {
            method,
            headers,
            body: body.toString(),
            redirect: 'manual',
            signal: signal ?? AbortSignal.timeout(settings.timeoutMs),
          })
          answered = { status: answer.status, afterMs: retryAfterMs(answer) }
          const content = await textWithin(answer, { left: MAX_BYTES })
          if (content.kind !== 'text')
            throw new NoAccessToken(noToken('TokenInvalid', `the answer is ${content.kind}`))
          return new Response(withoutIdToken(content.text), {
            status: answer.status,
            headers: { 'content-type': 'application/json' },
          })
        },
      },
    )
    const token = await library.processGenericTokenEndpointResponse(server, client, response)
    const seconds = token.expires_in
    return { text: token.access_token, lifetimeMs: seconds === undefined ? null : seconds * 1_000 }
  } catch (error) {
    signal.throwIfAborted()
    throw failureOf(error, answered, library)
  }
}

/**
 * Some servers add an ID token if `openid` is among the scopes. It is not needed, and the library
 * would refuse the whole answer because of an issuer that is not configured.
 */
function withoutIdToken(text: string): string {
  const read = readJson(text)
  if (read.kind !== 'json' || !isObject(read.value) || !('id_token' in read.value)) return text
  const { id_token: _idToken, ...answer } = read.value
  return JSON.stringify(answer)
}

/** Why the request for a token failed: the status and known codes, never the text of the server. */
function failureOf(
  error: unknown,
  answered: { readonly status: number; readonly afterMs: number | null } | null,
  library: Library,
): NoAccessToken {
  if (error instanceof NoAccessToken) return error
  if (error instanceof library.ResponseBodyError) {
    const known = ERROR_CODES.has(error.error) ? error.error : 'an error'
    return new NoAccessToken(
      noToken(
        'TokenRefused',
        `the token server answered ${known} (HTTP ${error.status}); check client, secret and scope under oauth`,
        answered?.afterMs,
      ),
    )
  }
  if (answered === null)
    return new NoAccessToken(noToken('TokenUnavailable', `the token server: ${codeOfFailure(error)}`))
  if (answered.status !== 200)
    return new NoAccessToken(
      noToken('TokenUnavailable', `the token server answered HTTP ${answered.status}`, answered.afterMs),
    )
  return new NoAccessToken(
    noToken('TokenInvalid', 'the token server answered without a usable access_token and token_type'),
  )
}

function noToken(
  code: string,
  why: string,
  afterMs: number | null = null,
): ConstructorParameters<typeof NoAccessToken>[0] {
  return { kind: 'later', code, why, afterMs }
}

function clientAuthOf({ settings, tls }: TokenEndpoint): MakeClientAuth {
  const { clientSecret, keyFile, clientAuthentication } = settings
  if (clientSecret !== undefined && keyFile !== undefined)
    throw new RollcallError('ConfigInvalid', 'oauth takes clientSecret or keyFile, not both')
  if (keyFile !== undefined) return signedAssertion(settings, keyFile)
  if (clientSecret !== undefined)
    return async (library) =>
      clientAuthentication === 'post'
        ? library.ClientSecretPost(clientSecret)
        : library.ClientSecretBasic(clientSecret)
  if (tls?.certificateFile !== undefined || tls?.pfxFile !== undefined)
    return async (library) => library.TlsClientAuth()
  throw new RollcallError(
    'ConfigInvalid',
    'oauth needs clientSecret, keyFile, or a client certificate under tls',
  )
}

/**
 * `private_key_jwt`. With a certificate its thumbprints are in the header, by which Entra and
 * others find the key.
 */
function signedAssertion(settings: OAuthSettings, keyFile: string): MakeClientAuth {
  const key = privateKeyOf(keyFile, settings.keyPassphrase)
  const algorithm = algorithmOf(key)
  const thumbprints =
    settings.certificateFile === undefined ? {} : thumbprintsOf(settings.certificateFile, key)
  const audience = settings.assertionAudience ?? settings.tokenUrl
  return async (library) => {
    const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
    const usable = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    return library.PrivateKeyJwt(
      settings.keyId === undefined ? usable : { key: usable, kid: settings.keyId },
      {
        [library.modifyAssertion]: (header, payload) => {
          Object.assign(header, thumbprints)
          payload['aud'] = audience
        },
      },
    )
  }
}

function privateKeyOf(file: string, passphrase: string | undefined): KeyObject {
  const pem = fileOf('oauth.keyFile', file)
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      'oauth.keyFile is not a private key in PEM, or keyPassphrase does not open it',
    )
  }
}

function algorithmOf(
  key: KeyObject,
): { readonly name: string; readonly hash: string } | { readonly name: string; readonly namedCurve: string } {
  const curves = new Map([
    ['prime256v1', 'P-256'],
    ['secp384r1', 'P-384'],
    ['secp521r1', 'P-521'],
  ])
  const namedCurve = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (key.asymmetricKeyType === 'ec' && namedCurve !== undefined) return { name: 'ECDSA', namedCurve }
  throw new RollcallError(
    'ConfigInvalid',
    'oauth.keyFile is neither an RSA key nor one of P-256, P-384 or P-521',
  )
}

function thumbprintsOf(file: string, key: KeyObject): Readonly<Record<string, string>> {
  const certificate = certificateOf(file)
  if (!certificate.checkPrivateKey(key))
    throw new RollcallError('ConfigInvalid', 'oauth.certificateFile is not the certificate of keyFile')
  const encoded = (fingerprint: string): string =>
    Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')
  return { 'x5t#S256': encoded(certificate.fingerprint256), x5t: encoded(certificate.fingerprint) }
}

function certificateOf(file: string): X509Certificate {
  const pem = fileOf('oauth.certificateFile', file)
  try {
    return new X509Certificate(pem)
  } catch {
    throw new RollcallError('ConfigInvalid', 'oauth.certificateFile is not a certificate in PEM')
  }
}
