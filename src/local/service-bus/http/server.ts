import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { WEBSOCKET_PATH } from '../listener.ts'
import type { Refusal } from '../errors.ts'
import { problem } from './atom/answer.ts'
import type { AtomApi } from './atom/api.ts'
import type { ControlApi } from './control-api.ts'

export interface HttpParts {
  readonly atom: AtomApi
  readonly control: ControlApi
  /** What a fault has in store for the token of a request, or for the request. */
  readonly refusal: (url: URL) => { readonly status: number; readonly refusal: Refusal } | undefined
  /** Makes what a request has changed durable, and lets links hear of it. */
  readonly commit: () => void
  readonly now: () => number
}

/** A description with a hundred authorization rules is far smaller. */
const LARGEST_BODY = 1024 ** 2

export const CONTROL_PREFIX = '/$double/'

/**
 * Answers the HTTP requests of the broker's port: the management API, and under `/$double/` what
 * only the double has.
 */
export function createHttpHandler(
  parts: HttpParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.on('error', () => {})
    answer(parts, request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else send(response, 500, 'text/plain', 'The broker failed.')
    })
  }
}

async function answer(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page in a browser may not reach what runs on this machine.
  if (request.headers.origin !== undefined) return send(response, 403, 'text/plain', 'Not for web pages.')
  const url = urlOf(request)
  if (url === undefined) return send(response, 400, 'text/plain', 'The URL is not valid.')
  if (url.pathname === WEBSOCKET_PATH) return send(response, 426, 'text/plain', '')
  const body = await bodyOf(request)
  if (body === undefined) return send(response, 413, 'text/plain', 'The body is too large.')
  const method = request.method ?? 'GET'
  if (url.pathname.startsWith(CONTROL_PREFIX)) {
    const { status, json } = await parts.control.answer(
      method,
      url.pathname.slice(CONTROL_PREFIX.length),
      body,
    )
    parts.commit()
    return send(response, status, 'application/json', json === undefined ? '' : `${JSON.stringify(json)}\n`)
  }
  const refused =
    request.headers.authorization === undefined
      ? { status: 401, refusal: { description: 'MissingToken: The authorization header was not found.' } }
      : parts.refusal(url)
  const { status, body: xml } =
    refused === undefined
      ? parts.atom.answer({ method, url, updates: request.headers['if-match'] !== undefined, body })
      : problem(refused.status, refused.refusal.description, url, parts.now())
  parts.commit()
  send(response, status, 'application/atom+xml;charset=utf-8', xml)
}

/** The URL as the client knows it. */
function urlOf({ url = '/', headers, socket }: IncomingMessage): URL | undefined {
  const scheme = socket instanceof TLSSocket ? 'https' : 'http'
  const origin = `${scheme}://${headers.host ?? 'localhost'}`
  return url.startsWith('/') && URL.canParse(origin) && URL.canParse(origin + url)
    ? new URL(origin + url)
    : undefined
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > LARGEST_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    'content-length': bytes.length,
    ...(bytes.length > 0 && { 'content-type': type }),
  })
  response.end(bytes)
}
