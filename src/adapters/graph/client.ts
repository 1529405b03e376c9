import type { AccessToken, TokenCredential } from '@azure/identity'
import {
  Client,
  type Context,
  GraphClientError,
  type GraphRequest,
  HTTPMessageHandler,
  type Middleware,
  ResponseType,
} from '@microsoft/microsoft-graph-client'
import { RollcallError } from '../../core/errors.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Graph as Rollcall uses it: raw responses, no retries (p-retry makes them), each attempt bounded
 * in time.
 */
export interface Graph {
  readonly post: SendBody
  readonly patch: SendBody
  get(path: string, signal: AbortSignal, headers?: Readonly<Record<string, string>>): Promise<Response>
}

type SendBody = (
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
) => Promise<Response>

/** A token is replaced when it is valid for less than this. */
const REFRESH_BEFORE_MS = 120_000

export function graphClient(
  endpoint: Pick<Endpoint, 'origin'> & { readonly version: string },
  credential: TokenCredential,
  timeoutMs: number,
  now: () => number,
): Graph {
  const authorization = new Authorization(endpoint.origin, credential, now)
  authorization.setNext(new HTTPMessageHandler())
  const client = Client.initWithMiddleware({
    middleware: authorization,
    baseUrl: `${endpoint.origin}/`,
    defaultVersion: endpoint.version,
  })
  const options = (signal?: AbortSignal): RequestInit => {
    const timeout = AbortSignal.timeout(timeoutMs)
    // Graph does not redirect. Following another server's redirect would send personal data to it.
    return { signal: signal ? AbortSignal.any([signal, timeout]) : timeout, redirect: 'manual' }
  }
  const request = (path: string, signal?: AbortSignal): GraphRequest =>
    client.api(path).options(options(signal)).responseType(ResponseType.RAW)
  return {
    post: (path, body, headers, signal) => unpacked(request(path, signal).headers(headers).post(body)),
    patch: (path, body, headers, signal) => unpacked(request(path, signal).headers(headers).patch(body)),
    get: (path, signal, headers = {}) => unpacked(request(path, signal).headers(headers).get()),
  }
}

/**
 * The Graph client keeps only the name of a foreign error, so the error travels inside one of its
 * own.
 */
function packed(error: unknown): GraphClientError {
  const own = new GraphClientError('the request failed')
  own.customError = error
  return own
}

async function unpacked(request: Promise<Response>): Promise<Response> {
  try {
    return await request
  } catch (error) {
    throw error instanceof GraphClientError && error.customError ? error.customError : error
  }
}

/**
 * Adds the bearer token, for one origin only. The client's own handler adds none over plain http,
 * which the local double speaks, and it ignores the port when it checks hosts.
 */
class Authorization implements Middleware {
  readonly #origin: string
  readonly #credential: TokenCredential
  readonly #now: () => number
  #token: AccessToken | null = null
  #next: Middleware | null = null

  constructor(origin: string, credential: TokenCredential, now: () => number) {
    this.#origin = origin
    this.#credential = credential
    this.#now = now
  }

  setNext(next: Middleware): void {
    this.#next = next
  }

  async execute(context: Context): Promise<void> {
    try {
      await this.#send(context)
    } catch (error) {
      throw packed(error)
    }
  }

  async #send(context: Context): Promise<void> {
    const url = typeof context.request === 'string' ? context.request : context.request.url
    if (URL.parse(url)?.origin !== this.#origin)
      throw new RollcallError(
        'OriginNotAllowed',
        'a request to another origin than the configured one was refused; it would have carried a token',
      )
    const headers = new Headers(context.options?.headers)
    headers.set('Authorization', `Bearer ${await this.#bearer(context.options?.signal ?? null)}`)
    context.options = { ...context.options, headers }
    await this.#next?.execute(context)
    // A token can be revoked before it expires; the next attempt requests a fresh one.
    if (context.response?.status === 401) this.#token = null
  }

  async #bearer(signal: AbortSignal | null): Promise<string> {
    if (!this.#token || this.#token.expiresOnTimestamp - this.#now() < REFRESH_BEFORE_MS)
      this.#token = await this.#fresh(signal)
    return this.#token.token
  }

  async #fresh(signal: AbortSignal | null): Promise<AccessToken> {
    const asked = this.#credential.getToken(
      `${scopeOf(this.#origin)}/.default`,
      signal ? { abortSignal: signal } : {},
    )
    const token = await orAborted(asked, signal).catch((error: unknown) => {
      if (isRefusal(error)) return null
      throw error
    })
    if (token) return token
    throw new RollcallError(
      'NoToken',
      'the identity gave no token for Graph: check AUTH_MODE and what it needs, and run rollcall check',
    )
  }
}

/**
 * Some credentials ignore the signal, but the time limit of an attempt includes getting its token.
 */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return work
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  return promise
}

/** Whether the identity was refused; other errors are network failures. */
function isRefusal(error: unknown): boolean {
  const names = [
    'AuthenticationError',
    'CredentialUnavailableError',
    'AggregateAuthenticationError',
    'AuthenticationRequiredError',
  ]
  return error instanceof Error && names.includes(error.name)
}

/** The audience is the Graph of the same cloud; the local double accepts any. */
function scopeOf(origin: string): string {
  return origin.startsWith('https:') ? origin : 'https://graph.microsoft.com'
}
