import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WireFault } from '../faults.ts'
import { unreachable } from '../support/unreachable.ts'

/** One HTTP request and its response. */
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
  /** The fault that applies to the answer. */
  readonly fault?: WireFault
}

export function createExchange(request: IncomingMessage, response: ServerResponse, now: number): Exchange {
  const requestId = randomUUID()
  const given = request.headers['client-request-id']
  const { localAddress, localPort } = request.socket
  const host = request.headers.host ?? `${localAddress ?? '127.0.0.1'}:${localPort ?? 0}`
  const origin =
    /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? `http://${host}` : 'http://127.0.0.1'
  const path = request.url ?? '/'
  return {
    request,
    response,
    url: new URL(path.startsWith('/') && URL.canParse(origin + path) ? origin + path : origin),
    method: request.method ?? 'GET',
    requestId,
    clientRequestId: typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : requestId,
    origin,
    receivedAt: now,
  }
}

/** An error answer in the form of Microsoft Graph. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export const WRONG_METHOD: Problem = {
  status: 405,
  code: 'Request_BadRequest',
  message: 'Specified HTTP method is not allowed for the request target.',
}

export const RESOURCE_NOT_FOUND: Problem = {
  status: 404,
  code: 'Request_ResourceNotFound',
  message: 'Resource does not exist.',
}

export const badRequest = (message: string): Problem => ({ status: 400, code: 'BadRequest', message })

export function throttledFor(waitMs: number): Problem {
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
  return { status: 429, code: 'TooManyRequests', message: 'Too many requests.', headers }
}

type Headers = Readonly<Record<string, string>>

/**
 * Sends the answer, or what a fault makes of it. Does nothing if the request is already answered.
 */
export function send(exchange: Exchange, status: number, body: string | null, headers: Headers = {}): void {
  const { response, requestId, clientRequestId, fault } = exchange
  if (response.headersSent || response.destroyed) return
  const bytes = Buffer.from(body ?? '')
  // The clock the double was given, not that of the machine.
  const date = new Date(exchange.receivedAt).toUTCString()
  const all = {
    date,
    'content-length': String(bytes.length),
    'request-id': requestId,
    'client-request-id': clientRequestId,
    ...headers,
  }
  const plainly = (): void => void response.writeHead(status, all).end(bytes)
  switch (fault?.kind) {
    case 'reset-after':
      return void exchange.request.socket.resetAndDestroy()
    case 'delay':
      return later(response, fault.ms, plainly)
    case 'slow':
      response.writeHead(status, all)
      return dribble(response, bytes, fault.ms)
    case 'half': {
      response.writeHead(status, { ...all, 'content-length': String(Math.max(bytes.length, 2)) })
      response.write(bytes.length === 0 ? ' ' : bytes.subarray(0, Math.ceil(bytes.length / 2)), () =>
        response.destroy(),
      )
      return
    }
    case 'content-type':
      return void response.writeHead(status, { ...all, 'content-type': fault.contentType }).end(bytes)
    case 'status':
    case 'html':
    case 'reset-before':
    case undefined:
      return plainly()
    default:
      return unreachable(fault)
  }
}

/** Does something after a while, unless the caller has left by then. */
function later(response: ServerResponse, ms: number, act: () => void): void {
  const timer = setTimeout(act, ms)
  response.once('close', () => clearTimeout(timer))
}

function dribble(response: ServerResponse, bytes: Buffer, ms: number): void {
  const pieces = 10
  const size = Math.max(1, Math.ceil(bytes.length / pieces))
  let sent = 0
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + size))
    sent += size
    if (sent < bytes.length) return
    clearInterval(timer)
    response.end()
  }, ms / pieces)
  response.once('close', () => clearInterval(timer))
}

export function sendJson(exchange: Exchange, status: number, body: unknown, headers: Headers = {}): void {
  send(exchange, status, JSON.stringify(body), {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
}

export function sendProblem(exchange: Exchange, { status, code, message, headers }: Problem): void {
  const innerError = {
    date: new Date(exchange.receivedAt).toISOString().slice(0, 19),
    'request-id': exchange.requestId,
    'client-request-id': exchange.clientRequestId,
  }
  sendJson(exchange, status, { error: { code, message, innerError } }, headers)
}

export const TOO_LARGE: Problem = {
  status: 413,
  code: 'RequestEntityTooLarge',
  message: 'The request body is too large.',
  headers: { connection: 'close' },
}
const CUT_OFF = badRequest('The request was cut off.')

/** The body as text, or why there is none; of a body over the limit the rest is not read. */
export async function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<{ readonly text: string } | Problem> {
  if (Number(request.headers['content-length']) > limit) return TOO_LARGE
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = Buffer.isBuffer(part) ? part : Buffer.from(String(part))
      size += bytes.length
      if (size > limit) return TOO_LARGE
      parts.push(bytes)
    }
  } catch {
    return CUT_OFF
  }
  return { text: Buffer.concat(parts).toString('utf8') }
}
