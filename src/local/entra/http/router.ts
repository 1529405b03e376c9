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
import type { JobApi } from './job-api.ts'
import type { LogApi } from './log-api.ts'
import { endpointOf, type Route, routeOf } from './routes.ts'
import type { Tokens } from './tokens.ts'
import { unreachable } from '../support/unreachable.ts'
import type { UploadApi } from './upload-api.ts'

export interface RouterParts {
  readonly uploadApi: UploadApi
  readonly logApi: LogApi
  readonly jobApi: JobApi
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
 * Answers every request; what goes wrong inside is a 500 or a closed connection, never an
 * exception.
 */
export function createRouter(
  parts: RouterParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { uploadApi, logApi, jobApi, controlApi, tokens, faults, now } = parts

  async function answerToken(exchange: Exchange): Promise<void> {
    if (exchange.method !== 'POST') return sendProblem(exchange, WRONG_METHOD)
    const body = await readBody(exchange.request, 65_536)
    if ('status' in body) return sendProblem(exchange, body)
    const { status, body: answer } = tokens.issue(new URLSearchParams(body.text), exchange.receivedAt)
    sendJson(exchange, status, answer, { 'cache-control': 'no-store' })
  }

  /** Applies a fault that answers in place of the double; false for any other fault. */
  function intercept(exchange: Exchange, route: Route, fault: WireFault): boolean {
    const count = (status: number): void => {
      if (route.to === 'bulkUpload') uploadApi.countFault(exchange, status)
    }
    switch (fault.kind) {
      case 'status': {
        const { status, code = 'InjectedFault', message = 'This answer was asked for.', retryAfter } = fault
        count(status)
        const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
        sendProblem(exchange, { status, code, message, headers })
        return true
      }
      case 'html':
        count(fault.status)
        send(exchange, fault.status, PROXY_PAGE, { 'content-type': 'text/html' })
        return true
      case 'reset-before':
        count(0)
        exchange.request.socket.resetAndDestroy()
        return true
      case 'reset-after':
      case 'delay':
      case 'slow':
      case 'half':
      case 'content-type':
        return false
      default:
        return unreachable(fault)
    }
  }

  async function dispatch(exchange: Exchange): Promise<void> {
    const route = routeOf(exchange.url.pathname)
    const endpoint = endpointOf(route)
    const fault = endpoint === undefined ? undefined : faults.onRequest(endpoint)
    if (fault === undefined) return answer(exchange, route)
    if (!intercept(exchange, route, fault)) await answer({ ...exchange, fault }, route)
  }

  async function answer(exchange: Exchange, route: Route): Promise<void> {
    switch (route.to) {
      case 'bulkUpload':
        return uploadApi.answer(exchange, route)
      case 'log':
        return logApi.answer(exchange, route.version)
      case 'job':
      case 'jobs':
        return jobApi.answer(exchange, route)
      case 'token':
        return answerToken(exchange)
      case 'nowhere':
        return sendProblem(exchange, NO_SUCH_PATH)
      case 'page':
      case 'directory':
      case 'truth':
      case 'stats':
      case 'faults':
      case 'foreign':
      case 'cycle':
        return controlApi.answer(exchange, route.to)
      default:
        return unreachable(route)
    }
  }

  return (request, response) => {
    const exchange = createExchange(request, response, now())
    response.on('error', () => undefined)
    dispatch(exchange).catch(() => {
      if (response.headersSent) response.destroy()
      else sendProblem(exchange, INTERNAL_ERROR)
    })
  }
}
