import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ControlApi } from './control-api.ts'
import type { Faults, WireFault } from '../faults.ts'
import {
  createExchange,
  type Exchange,
  type Problem,
  readBody,
  send,
  sendJson,
  sendProblem,
  WRONG_METHOD,
} from './exchange.ts'
import type { ConnectionApi } from '../connections/connection-api.ts'
import type { JobApi } from './job-api.ts'
import type { LogApi } from './log-api.ts'
import { endpointOf, type Route, routeOf } from './routes.ts'
import type { Tokens } from './tokens.ts'
import { unreachable } from '../support/unreachable.ts'
import type { ScimApi } from './scim-api.ts'
import type { UploadApi } from './upload-api.ts'
import type { WorkspaceApi } from '../workspace/workspace-api.ts'
import type { UsersApi } from './users-api.ts'

export interface RouterParts {
  readonly uploadApi: UploadApi
  readonly logApi: LogApi
  readonly jobApi: JobApi
  readonly connectionApi: ConnectionApi
  readonly workspaceApi: WorkspaceApi
  readonly usersApi: UsersApi
  readonly scimApi: ScimApi
  readonly controlApi: ControlApi
  readonly tokens: Tokens
  readonly faults: Faults
  readonly now: () => number
}

const NO_SUCH_PATH: Problem = {
  status: 404,
  code: 'ResourceNotFound',
  message: 'Resource not found for the segment.',
}
const INTERNAL_ERROR: Problem = {
  status: 500,
  code: 'InternalServerError',
  message: 'An internal error has occurred.',
}
const PROXY_PAGE = '<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>'

/**
 * Answers every request. A failure inside the double is answered 500 or closes the connection; it
 * never throws.
 */
export function createRouter(
  parts: RouterParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = createExchange(request, response, parts.now())
    response.on('error', () => undefined)
    dispatch(exchange, parts).catch(() => {
      if (response.headersSent) response.destroy()
      else sendProblem(exchange, INTERNAL_ERROR)
    })
  }
}

async function dispatch(exchange: Exchange, parts: RouterParts): Promise<void> {
  const route = routeOf(exchange.url.pathname)
  const endpoint = endpointOf(route)
  const fault = endpoint === undefined ? undefined : parts.faults.onRequest(endpoint)
  if (fault === undefined) return answer(exchange, route, parts)
  const status = answerFault(exchange, fault)
  if (status === null) return answer({ ...exchange, fault }, route, parts)
  if (route.to === 'bulkUpload') parts.uploadApi.countFault(exchange, status)
}

/**
 * Applies a fault that answers in place of the double, and gives the status of its answer: 0 for a
 * reset connection, null when the fault is of another kind.
 */
function answerFault(exchange: Exchange, fault: WireFault): number | null {
  switch (fault.kind) {
    case 'status': {
      const { status, code = 'InjectedFault', message = 'This answer was asked for.', retryAfter } = fault
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
      sendProblem(exchange, { status, code, message, headers })
      return status
    }
    case 'html':
      send(exchange, fault.status, PROXY_PAGE, { 'content-type': 'text/html' })
      return fault.status
    case 'reset-before':
      exchange.request.socket.resetAndDestroy()
      return 0
    case 'reset-after':
    case 'delay':
    case 'slow':
    case 'half':
    case 'content-type':
      return null
    default:
      return unreachable(fault)
  }
}

async function answer(exchange: Exchange, route: Route, parts: RouterParts): Promise<void> {
  const problem = await receive(exchange, route, parts)
  if (problem !== null) sendProblem(exchange, problem)
}

/** Null when the request is answered; else the problem that is still to be sent. */
async function receive(exchange: Exchange, route: Route, parts: RouterParts): Promise<Problem | null> {
  switch (route.to) {
    case 'bulkUpload':
      return parts.uploadApi.answer(exchange, route)
    case 'log':
      return parts.logApi.answer(exchange, route.version)
    case 'job':
    case 'jobs':
      return parts.jobApi.answer(exchange, route)
    case 'connection':
      return parts.connectionApi.answer(exchange, route)
    case 'users':
      return parts.usersApi.answer(exchange, route)
    case 'workspace':
      return parts.workspaceApi.answer(exchange, route)
    case 'token':
      return answerToken(exchange, parts.tokens)
    case 'nowhere':
      return NO_SUCH_PATH
    case 'scim':
      // Its errors have a form of their own.
      await parts.scimApi.answer(exchange, route)
      return null
    case 'page':
    case 'directory':
    case 'truth':
    case 'stats':
    case 'faults':
    case 'foreign':
    case 'cycle':
      await parts.controlApi.answer(exchange, route.to)
      return null
    default:
      return unreachable(route)
  }
}

async function answerToken(exchange: Exchange, tokens: Tokens): Promise<Problem | null> {
  if (exchange.method !== 'POST') return WRONG_METHOD
  const body = await readBody(exchange.request, 65_536)
  if ('status' in body) return body
  const { status, body: issued } = tokens.issue(new URLSearchParams(body.text), exchange.receivedAt)
  sendJson(exchange, status, issued, { 'cache-control': 'no-store' })
  return null
}
