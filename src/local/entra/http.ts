import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** One HTTP request on its way through the double. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly method: string
  readonly requestId: string
  readonly clientRequestId: string
  /** `http://host:port` as the caller knows it. */
  readonly origin: string
  readonly receivedAt: number
}

export function createExchange(request: IncomingMessage, response: ServerResponse, fallbackHost: string, now: number): Exchange {
  const requestId = randomUUID()
  const given = request.headers['client-request-id']
  const host = request.headers.host ?? fallbackHost
  const safeHost = /^[\w.:[\]-]+$/u.test(host) ? host : fallbackHost
  const origin = `http://${safeHost}`
  return {
    request,
    response,
    url: new URL(URL.canParse(request.url ?? '/', origin) ? (request.url ?? '/') : '/', origin),
    method: request.method ?? 'GET',
    requestId,
    clientRequestId: typeof given === 'string' && given !== '' ? given : requestId,
    origin,
    receivedAt: now,
  }
}

/** An answer that is not what the caller hoped for, in the shape Microsoft Graph gives all its errors. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export function send(exchange: Exchange, status: number, body: string | undefined, headers: Readonly<Record<string, string>> = {}): void {
  const { response, requestId, clientRequestId } = exchange
  if (response.headersSent || response.destroyed) return
  const length = String(body === undefined ? 0 : Buffer.byteLength(body))
  response.writeHead(status, { 'content-length': length, 'request-id': requestId, 'client-request-id': clientRequestId, ...headers })
  response.end(body)
}

export function sendJson(exchange: Exchange, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  send(exchange, status, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8', ...headers })
}

export function sendProblem(exchange: Exchange, { status, code, message, headers }: Problem): void {
  const innerError = {
    date: new Date(exchange.receivedAt).toISOString().slice(0, 19),
    'request-id': exchange.requestId,
    'client-request-id': exchange.clientRequestId,
  }
  sendJson(exchange, status, { error: { code, message, innerError } }, headers)
}

/** The body as text; `too-large` once it passes the limit (the rest is not read), `aborted` when the caller left. */
export async function readBody(request: IncomingMessage, limit: number): Promise<{ readonly text: string } | 'too-large' | 'aborted'> {
  const declared = Number(request.headers['content-length'])
  if (declared > limit) return 'too-large'
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = Buffer.isBuffer(part) ? part : Buffer.from(String(part))
      size += bytes.length
      if (size > limit) return 'too-large'
      parts.push(bytes)
    }
  } catch {
    return 'aborted'
  }
  return { text: Buffer.concat(parts).toString('utf8') }
}
