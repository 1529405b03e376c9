import type { AccessToken, TokenCredential } from '@azure/identity'
import { Client, type Context, HTTPMessageHandler, type Middleware, ResponseType } from '@microsoft/microsoft-graph-client'
import { RollcallError } from '../../core/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** Graph as the connector uses it: raw answers, no retries of its own (p-retry owns them), one attempt bounded in time. */
export interface Graph {
  post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Response>
  get(path: string, signal: AbortSignal): Promise<Response>
}

/** A token is fetched anew when it has less than this left. */
const REFRESH_BEFORE_MS = 120_000

export function graphClient(endpoint: Endpoint, credential: TokenCredential, timeoutMs: number, now: () => number): Graph {
  const authorization = new Authorization(endpoint.origin, credential, now)
  authorization.setNext(new HTTPMessageHandler())
  const client = Client.initWithMiddleware({ middleware: authorization, baseUrl: `${endpoint.origin}/`, defaultVersion: endpoint.version })
  const within = (signal?: AbortSignal): AbortSignal =>
    signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs)
  return {
    post: (path, body, headers) =>
      client.api(path).headers(headers).options({ signal: within() }).responseType(ResponseType.RAW).post(body) as Promise<Response>,
    get: (path, signal) =>
      client
        .api(path)
        .options({ signal: within(signal) })
        .responseType(ResponseType.RAW)
        .get() as Promise<Response>,
  }
}

/**
 * Adds the bearer token, to the one origin it is meant for. The client's own handler adds none over plain http, which the local double
 * speaks, and checks hosts by a list that ignores the port.
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
    const url = typeof context.request === 'string' ? context.request : context.request.url
    if (URL.parse(url)?.origin !== this.#origin)
      throw new RollcallError(
        'OriginNotAllowed',
        'a request to another origin than the configured one was refused; it would have carried a token',
      )
    const headers = new Headers(context.options?.headers)
    headers.set('Authorization', `Bearer ${await this.#bearer()}`)
    context.options = { ...context.options, headers }
    await this.#next?.execute(context)
    // A token can be withdrawn before it expires; the next attempt asks for a fresh one.
    if (context.response?.status === 401) this.#token = null
  }

  async #bearer(): Promise<string> {
    if (!this.#token || this.#token.expiresOnTimestamp - this.#now() < REFRESH_BEFORE_MS) {
      this.#token = await this.#credential.getToken(`${scopeOf(this.#origin)}/.default`)
      if (!this.#token) throw new RollcallError('NoToken', 'the identity gave no token for Graph; run rollcall check')
    }
    return this.#token.token
  }
}

/** The audience is the cloud's own Graph; a local double takes any. */
function scopeOf(origin: string): string {
  return origin.startsWith('https:') ? origin : 'https://graph.microsoft.com'
}
