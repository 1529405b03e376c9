import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { RollcallError } from '../core/errors.ts'
import type { HttpAddress } from '../config/http-address.ts'
import type { Readiness } from '../compose/observe/readiness.ts'
import { showsToken } from './access/token.ts'

export interface ProbeSettings {
  readonly address: HttpAddress
  /** Needed for the metrics beyond loopback; without one only the probes are open there. */
  readonly token: string | null
  readonly limits?: ClientLimits
}

/** Milliseconds. */
export interface ClientLimits {
  /** For a whole request, headers and body, and for the next one on the same connection. */
  readonly waitMs: number
  /** How often the server looks for requests that take longer. */
  readonly checkMs: number
  /** For a connection on which nothing passes while it is answered: its client does not read. */
  readonly silentMs: number
}

export interface Probes {
  readonly port: number
  close(): Promise<void>
}

type Route = (
  request: IncomingMessage,
) => Promise<{ readonly status: number; readonly type: string; readonly body: string }>

const JSON_TYPE = 'application/json; charset=utf-8'
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** By default a server looks for slow requests every 30 seconds only. */
const LIMITS: ClientLimits = { waitMs: 5_000, checkMs: 1_000, silentMs: 60_000 }
/** Connections without a request under way. */
const MOST_WAITING = 100

/**
 * Serves the probes and the metrics of this process. `/livez`: 200 while its event loop turns,
 * which is all that a restart can repair. `/readyz`: 200 or 503 with the checks. `/metrics`:
 * Prometheus text; beyond loopback it needs the token. Everything else is for `pages`. Rejects with
 * `AddressUnavailable`.
 */
export async function startProbes(
  { address, token, limits: { waitMs, checkMs, silentMs } = LIMITS }: ProbeSettings,
  ready: () => Promise<Readiness>,
  metrics: () => Promise<string>,
  pages: RequestListener | null = null,
): Promise<Probes> {
  const routes = routesOf({ address, token }, ready, metrics)
  const server = createServer(
    {
      requestTimeout: waitMs,
      headersTimeout: waitMs,
      keepAliveTimeout: waitMs,
      connectionsCheckingInterval: checkMs,
    },
    (request, response) => {
      const { socket } = request
      waiting.delete(socket)
      response.once('close', () => waiting.add(socket))
      if (pages === null || isRoute(routes, request)) void answer(routes, request, response)
      else pages(request, response)
    },
  )
  server.setTimeout(silentMs)
  const waiting = waitingConnections(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new RollcallError('AddressUnavailable', 'HTTP_ADDRESS cannot be listened on', { cause: error })),
    )
    server.listen(address.port, address.host, resolve)
  })
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function routesOf(
  { address, token }: Pick<ProbeSettings, 'address' | 'token'>,
  ready: () => Promise<Readiness>,
  metrics: () => Promise<string>,
): Readonly<Record<string, Route>> {
  return {
    '/livez': async () => ({ status: 200, type: JSON_TYPE, body: '{"alive":true}\n' }),
    '/readyz': async () => {
      const now = await ready()
      return { status: now.ready ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify(now)}\n` }
    },
    '/metrics': async ({ headers }) =>
      address.loopback || showsToken(headers.authorization, token)
        ? { status: 200, type: METRICS_TYPE, body: await metrics() }
        : {
            status: token === null ? 403 : 401,
            type: JSON_TYPE,
            body: '{"error":"needs the token of HTTP_TOKEN"}\n',
          },
  }
}

/**
 * The connections without a request under way, at most `MOST_WAITING`. A limit of the server's own
 * would refuse the newest connection, which may be the probe; here the one that has waited longest
 * without a request is closed instead.
 */
function waitingConnections(server: Server): Set<Socket> {
  const waiting = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
    if (waiting.size <= MOST_WAITING) return
    const [oldest] = waiting
    oldest?.destroy()
  })
  return waiting
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

const isRoute = (routes: Readonly<Record<string, Route>>, request: IncomingMessage): boolean =>
  Object.hasOwn(routes, pathOf(request))

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const route = isRoute(routes, request) ? routes[pathOf(request)] : undefined
  if (!route) send(404, JSON_TYPE, '{"error":"not found"}\n')
  else if (request.method !== 'GET' && request.method !== 'HEAD')
    send(405, JSON_TYPE, '{"error":"only GET"}\n')
  else
    await route(request).then(
      ({ status, type, body }) => send(status, type, body),
      () => send(500, JSON_TYPE, '{"error":"failed"}\n'),
    )
}
