import { RollcallError } from '../../core/errors.ts'
import type { HrSystemSettings } from '../../core/intake/hydrate/settings.ts'
import { tokenRequest } from './oauth.ts'
import type { Fetch } from './tls.ts'
import { tokenCache } from './tokens.ts'

/** Sends requests to the HR system as the one who may ask it. */
export interface SignedFetch {
  /**
   * GET. The time limit of an attempt is that of `timeoutMs`, without the wait for a token. Rejects
   * with `NoAccessToken` when there is none.
   */
  get(address: string, signal: AbortSignal): Promise<Response>
  /** Gets the token that requests need; `null` when they need none. */
  readonly signIn: ((signal: AbortSignal) => Promise<unknown>) | null
}

/**
 * Adds what `read` says to each request: headers, user and password, or a token, which is replaced
 * before it expires and once when the HR system answers 401. Throws `ConfigInvalid` at once for
 * settings that cannot be used.
 */
export function signedFetch(settings: HrSystemSettings, fetch: Fetch, now: () => number): SignedFetch {
  const { basic, oauth, tls, allowHttp, timeoutMs } = settings
  const written = Object.keys(settings.headers).some((name) => name.toLowerCase() === 'authorization')
  if ([written, basic !== undefined, oauth !== undefined].filter(Boolean).length > 1)
    throw new RollcallError(
      'ConfigInvalid',
      'the HR system is signed in to in two ways; keep one of oauth, basic and the header authorization',
    )
  const headers = { accept: 'application/json', ...settings.headers, ...(basic ? basicHeader(basic) : {}) }
  const send = (address: string, signal: AbortSignal, more = {}): Promise<Response> =>
    fetch(address, {
      headers: { ...headers, ...more },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  if (oauth === undefined) return { get: send, signIn: null }

  const request = tokenRequest({ settings: oauth, tls, allowHttp, send: fetch })
  const tokens = tokenCache({ request, leewayMs: oauth.leewayMs, now })
  const sendWith = (token: string, address: string, signal: AbortSignal): Promise<Response> =>
    send(address, signal, { authorization: `Bearer ${token}` })
  return {
    signIn: (signal) => tokens.current(signal),
    get: async (address, signal) => {
      const token = await tokens.current(signal)
      const first = await sendWith(token, address, signal)
      if (first.status !== 401) {
        tokens.accepted()
        return first
      }
      if (!tokens.replace(token)) return first
      await first.body?.cancel()
      const second = await sendWith(await tokens.current(signal), address, signal)
      if (second.status === 401) tokens.refusedAgain()
      else tokens.accepted()
      return second
    },
  }
}

function basicHeader({ user, password }: NonNullable<HrSystemSettings['basic']>): {
  readonly authorization: string
} {
  if (user.includes(':'))
    throw new RollcallError(
      'ConfigInvalid',
      'basic.user holds a colon, which no server can tell from the password',
    )
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
