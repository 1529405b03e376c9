import * as jose from 'jose'
import * as oidc from 'openid-client'
import { RollcallError } from '../../core/errors.ts'
import {
  CALLBACK_PATH,
  type PendingSignIn,
  type SignedIn,
  type SignInService,
  type SignInSettings,
} from '../../core/sign-in.ts'
import { signedInOf } from './claims.ts'
import { clientAuth } from './client-auth.ts'
import { type Fetch, limitedFetch, NotReached } from './fetching.ts'

const CLOCK_TOLERANCE_S = 60
/** Entra signs with nothing else. `none` and secrets are never accepted. */
const ALGORITHMS = ['RS256']
/** Keys are fetched again after this time, and for an unknown key at most once in the other. */
const KEYS = { cacheMaxAge: 3_600_000, cooldownDuration: 30_000, timeoutDuration: 5_000 }

export interface Outside {
  readonly fetch: Fetch
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number
}

/**
 * Sign-in with one tenant of Entra ID: OpenID Connect with a code, PKCE, state and nonce for
 * browsers, and access tokens of version 2 for programs. The metadata of the tenant are read when
 * the first one signs in. Throws `ConfigInvalid` or `FileUnreadable` for a credential that cannot be
 * used.
 */
export function entraSignIn(settings: SignInSettings, outside: Outside): SignInService {
  const send = limitedFetch(outside.fetch, outside.clock)
  const auth = clientAuth(settings.credential)
  const discovered = kept(() => discover(settings, auth, send))
  return {
    begin: () => reached(async () => begin(settings, (await discovered()).configuration)),
    finish: (query, pending) =>
      reached(async () => finish(settings, (await discovered()).configuration, { query, pending })),
    bearer: (token, now) => reached(async () => bearer(settings, (await discovered()).keys, { token, now })),
  }
}

interface Discovered {
  readonly configuration: oidc.Configuration
  readonly keys: jose.JWTVerifyGetKey
}

async function discover(
  { authority, tenantId, clientId }: SignInSettings,
  auth: oidc.ClientAuth,
  send: Fetch,
): Promise<Discovered> {
  const configuration = await oidc.discovery(
    new URL(`${authority}/${tenantId}/v2.0`),
    clientId,
    { [oidc.clockTolerance]: CLOCK_TOLERANCE_S, id_token_signed_response_alg: 'RS256' },
    auth,
    {
      [oidc.customFetch]: (address, init) => send(address, init as RequestInit),
      // The signature of an ID token counts, although TLS says where it comes from.
      execute: [
        oidc.enableNonRepudiationChecks,
        ...(authority.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
      ],
    },
  )
  const { jwks_uri: keysAt } = configuration.serverMetadata()
  if (keysAt === undefined) throw new NotReached('the metadata of the tenant name no keys')
  const keys = jose.createRemoteJWKSet(new URL(keysAt), {
    ...KEYS,
    [jose.customFetch]: async (address, init) => {
      const response = await send(address, init)
      if (response.status !== 200) throw new NotReached(`the keys answered HTTP ${response.status}`)
      return response
    },
  })
  return { configuration, keys }
}

async function begin(
  { url }: SignInSettings,
  configuration: oidc.Configuration,
): Promise<{ readonly address: string; readonly pending: PendingSignIn }> {
  const pending = {
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    verifier: oidc.randomPKCECodeVerifier(),
  }
  const address = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: `${url}${CALLBACK_PATH}`,
    scope: 'openid profile',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  })
  return { address: address.href, pending }
}

interface CameBack {
  readonly query: URLSearchParams
  readonly pending: PendingSignIn
}

async function finish(
  { url, tenantId }: SignInSettings,
  configuration: oidc.Configuration,
  { query, pending: { state, nonce, verifier } }: CameBack,
): Promise<SignedIn> {
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
  const tokens = await oidc
    .authorizationCodeGrant(configuration, new URL(`${url}${CALLBACK_PATH}?${query.toString()}`), checks)
    .catch((error: unknown) => {
      if (causes(error).some((one) => one instanceof NotReached)) throw error
      throw refused(error)
    })
  const signedIn = signedInOf(tokens.claims() ?? {}, tenantId)
  if (signedIn === null) throw refused(null)
  return signedIn
}

/** What the other side wrote is not repeated: everyone can write the query of a callback. */
const refused = (cause: unknown): RollcallError =>
  new RollcallError('SignInRefused', 'the sign-in was refused, or its answer cannot be trusted', { cause })

interface Presented {
  readonly token: string
  readonly now: number
}

async function bearer(
  { authority, tenantId, clientId }: SignInSettings,
  keys: jose.JWTVerifyGetKey,
  { token, now }: Presented,
): Promise<SignedIn | null> {
  try {
    const { payload } = await jose.jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: `${authority}/${tenantId}/v2.0`,
      audience: clientId,
      currentDate: new Date(now),
      clockTolerance: CLOCK_TOLERANCE_S,
      // `azp` is in access tokens only, so that the ID token of a browser opens nothing.
      requiredClaims: ['exp', 'azp'],
    })
    return signedInOf(payload, tenantId)
  } catch (error) {
    if (error instanceof jose.errors.JOSEError) return null
    throw error
  }
}

/** Keeps what was made, and forgets a failure. */
function kept<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
}

/** Everything but a refusal means that the service did not do its part. */
async function reached<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RollcallError) throw error
    throw new RollcallError(
      'SignInUnavailable',
      'Entra ID cannot be reached, or does not know the tenant: check CONSOLE_TENANT_ID and CONSOLE_AUTHORITY',
      { cause: error },
    )
  }
}

function causes(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : []
}
