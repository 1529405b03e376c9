import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { SignInSettings } from '../../../src/core/sign-in.ts'

export const TENANT = '8a3c2f0e-1b2d-4c5e-9f60-718293a4b5c6'
export const CLIENT = '0d5e7a11-2222-4333-8444-555566667777'
const SECRET = 'of-the-registration'

type Claims = Readonly<Record<string, unknown>>

/** How a token differs from a good one. */
export interface Spoilt {
  readonly claims?: Claims
  /**
   * Signed with a key that the tenant does not publish, under the id of one that it does, or its
   * own.
   */
  readonly signedBy?: 'stranger' | 'unknown-key' | 'client-secret' | 'nobody'
  /** Milliseconds. */
  readonly issuedAt?: number
}

export interface OidcDouble extends AsyncDisposable {
  readonly settings: SignInSettings
  /** What happens when this user signs in there: the query with which the browser comes back. */
  approve(address: string, user: Claims, spoilt?: Spoilt): URLSearchParams
  accessToken(user: Claims, spoilt?: Spoilt): Promise<string>
  /** Requests by the last part of their path. */
  readonly asked: Readonly<Record<'keys' | 'token' | 'openid-configuration', number>>
  /** How the registration may prove itself besides its secret. */
  readonly trusts: { certificate: string | null; federatedToken: string | null }
  /** Answers 503 from now on, or no longer. */
  down: boolean
  /** The user who is signed in there in every browser; `null` for none. */
  user: Claims | null
}

/**
 * As much of a tenant of Entra ID as signs in: metadata, keys and the token endpoint, on loopback.
 */
export async function oidcDouble(url = 'https://console.example'): Promise<OidcDouble> {
  const callback = `${url}/sign-in/callback`
  const [own, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'first', use: 'sig', alg: 'RS256' }
  const asked = { keys: 0, token: 0, 'openid-configuration': 0 }
  const codes = new Map<string, { readonly query: URLSearchParams; readonly idToken: Promise<string> }>()
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${authority}/${TENANT}/v2.0`

  function signed(
    claims: Claims,
    { signedBy, claims: others, issuedAt = Date.now() }: Spoilt,
  ): Promise<string> {
    const seconds = Math.floor(issuedAt / 1_000)
    const all = {
      iss: issuer,
      aud: CLIENT,
      tid: TENANT,
      iat: seconds,
      exp: seconds + 3_600,
      ...claims,
      ...others,
    }
    const token = new SignJWT(JSON.parse(JSON.stringify(all)) as Record<string, unknown>)
    if (signedBy === 'nobody') return Promise.resolve(unsigned(all))
    if (signedBy === 'client-secret')
      return token
        .setProtectedHeader({ alg: 'HS256', kid: 'first' })
        .sign(Buffer.from(SECRET.padEnd(32, '.')))
    const kid = signedBy === 'unknown-key' ? randomUUID() : 'first'
    return token
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(signedBy === undefined ? own.privateKey : stranger.privateKey)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const last = path.split('/').at(-1) ?? ''
    if (Object.hasOwn(asked, last)) asked[last as keyof typeof asked] += 1
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (double.down) send(503, {})
    else if (last === 'openid-configuration') send(200, metadata(authority, issuer))
    else if (last === 'keys') send(200, { keys: [jwk] })
    else if (last === 'token') {
      const form = new URLSearchParams(await text(request))
      const code = form.get('code') ?? ''
      const granted = codes.get(code)
      codes.delete(code)
      const asRegistered = await isRegistration(form, double.trusts, `${authority}${request.url}`)
      const idToken =
        granted && asRegistered && isAsked(form, granted.query, callback) ? await granted.idToken : null
      if (idToken === null) send(400, { error: 'invalid_grant', error_description: 'AADSTS54005 used' })
      else
        send(200, { token_type: 'Bearer', access_token: 'for-graph', expires_in: 3_600, id_token: idToken })
    } else if (last === 'authorize' && double.user !== null) {
      const query = double.approve(`${authority}${request.url}`, double.user).toString()
      // What is clicked here begins at another site; a redirect would still be of the console's own
      // link.
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<a href="${callback}?${query.replaceAll('&', '&amp;')}">Approve</a>`)
    } else send(404, {})
  }

  const double: OidcDouble = {
    settings: {
      url,
      tenantId: TENANT,
      clientId: CLIENT,
      credential: { kind: 'secret', secret: SECRET },
      authority,
    },
    approve: (address, user, spoilt = {}) => {
      const query = new URL(address).searchParams
      const [code, nonce] = [randomUUID(), query.get('nonce')]
      codes.set(code, { query, idToken: signed({ sub: 'pairwise', nonce, ...user }, spoilt) })
      return new URLSearchParams({ code, state: query.get('state') ?? '' })
    },
    accessToken: (user, spoilt = {}) => signed({ azp: 'a-program', ver: '2.0', ...user }, spoilt),
    asked,
    trusts: { certificate: null, federatedToken: null },
    down: false,
    user: null,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return double
}

function metadata(authority: string, issuer: string): object {
  const at = `${authority}/${TENANT}/oauth2/v2.0`
  return {
    issuer,
    authorization_endpoint: `${at}/authorize`,
    token_endpoint: `${at}/token`,
    jwks_uri: `${authority}/${TENANT}/discovery/v2.0/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}

/** The client and its secret, or one of the assertions that a real tenant would take. */
async function isRegistration(
  form: URLSearchParams,
  { certificate, federatedToken }: OidcDouble['trusts'],
  endpoint: string,
): Promise<boolean> {
  if (form.get('client_id') !== CLIENT) return false
  if (form.has('client_secret')) return form.get('client_secret') === SECRET
  if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    return false
  const assertion = form.get('client_assertion') ?? ''
  if (certificate === null) return assertion === federatedToken
  const known = new X509Certificate(certificate)
  const thumbprint = createHash('sha256').update(known.raw).digest('base64url')
  const verified = await jwtVerify(assertion, known.publicKey, {
    algorithms: ['PS256'],
    typ: 'JWT',
    issuer: CLIENT,
    subject: CLIENT,
    audience: endpoint,
    maxTokenAge: '10m',
    requiredClaims: ['exp', 'jti', 'nbf'],
  }).catch(() => null)
  return verified !== null && verified.protectedHeader['x5t#S256'] === thumbprint
}

/** The redirect URI and PKCE. */
function isAsked(form: URLSearchParams, query: URLSearchParams, callback: string): boolean {
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  return (
    form.get('redirect_uri') === callback &&
    query.get('redirect_uri') === callback &&
    query.get('code_challenge_method') === 'S256' &&
    query.get('code_challenge') === challenge
  )
}

function unsigned(claims: Claims): string {
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`
}
