import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { readBulkRequest } from './bulk-upload.ts'
import type { Cycles } from './cycle.ts'
import { createExchange, type Exchange, type Problem, readBody, send, sendJson, sendProblem } from './http.ts'
import { createPeak, createWindow } from './limits.ts'
import type { Log } from './log.ts'
import type { LogApi } from './log-api.ts'
import type { ApiVersion } from './record.ts'
import type { Settings } from './settings.ts'
import { unreachable } from './unreachable.ts'
import type { Views } from './views.ts'

/** Counted since the start. */
export interface EntraStats {
  /** Requests to bulkUpload, whatever the answer. */
  readonly calls: number
  /** Answered 202. */
  readonly accepted: number
  /** Answered 429. */
  readonly throttled: number
  /** Answered with any other error. */
  readonly rejected: number
  /** Operations in the accepted requests. */
  readonly operations: number
  /** Records written to the log, whether they have appeared or not. */
  readonly records: number
  /** Accepted operations that no cycle has taken yet. */
  readonly stagedNow: number
  /** The most requests to bulkUpload in any 5 seconds. */
  readonly peakCallsPer5s: number
  readonly logRequests: number
  readonly logThrottled: number
}

export interface RouterParts {
  readonly settings: Settings
  readonly cycles: Cycles
  readonly log: Log
  readonly logApi: LogApi
  readonly views: Views
  readonly now: () => number
}

export interface Router {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  stats(): EntraStats
}

type Route =
  | { readonly to: 'bulkUpload'; readonly version: ApiVersion; readonly servicePrincipalId: string; readonly jobId: string }
  | { readonly to: 'log'; readonly version: ApiVersion }
  | { readonly to: 'directory' | 'truth' | 'stats' | 'nowhere' }

const uploadPath = /^\/(v1\.0|beta)\/servicePrincipals\/([^/]+)\/synchronization\/jobs\/([^/]+)\/bulkUpload\/?$/iu
const logPath = /^\/(v1\.0|beta)\/auditLogs\/provisioning\/?$/iu
const versionOf = (text: string | undefined): ApiVersion => (text?.toLowerCase() === 'beta' ? 'beta' : 'v1.0')

function routeOf(path: string): Route {
  const upload = uploadPath.exec(path)
  if (upload !== null) {
    return { to: 'bulkUpload', version: versionOf(upload[1]), servicePrincipalId: upload[2] ?? '', jobId: upload[3] ?? '' }
  }
  const log = logPath.exec(path)
  if (log !== null) return { to: 'log', version: versionOf(log[1]) }
  if (path === '/directory' || path === '/truth' || path === '/stats')
    return { to: path === '/directory' ? 'directory' : path === '/truth' ? 'truth' : 'stats' }
  return { to: 'nowhere' }
}

const unauthenticated: Problem = { status: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' }
const badToken: Problem = { status: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.' }
const notFound: Problem = { status: 404, code: 'Request_ResourceNotFound', message: 'Resource does not exist.' }
const noSuchPath: Problem = { status: 404, code: 'ResourceNotFound', message: 'Resource not found for the segment.' }
const wrongMethod: Problem = {
  status: 405,
  code: 'Request_BadRequest',
  message: 'Specified HTTP method is not allowed for the request target.',
}
const tooLarge: Problem = {
  status: 413,
  code: 'RequestEntityTooLarge',
  message: 'The request body is too large.',
  headers: { connection: 'close' },
}

export function createRouter({ settings, cycles, log, logApi, views, now }: RouterParts): Router {
  const { limits } = settings
  const burst = createWindow(limits.callsPer5s, 5_000)
  const daily = createWindow(limits.callsPerDay, 24 * 3_600_000)
  const logWindow = createWindow(limits.logRequestsPer10s, 10_000)
  const peak = createPeak(5_000)
  const counts = { calls: 0, accepted: 0, throttled: 0, rejected: 0, operations: 0, logRequests: 0, logThrottled: 0 }

  function authenticate({ request }: Exchange): Problem | undefined {
    const token = /^bearer\s+(\S+)\s*$/iu.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return unauthenticated
    return settings.allowedTokens === undefined || settings.allowedTokens.includes(token) ? undefined : badToken
  }

  function throttle(at: number): Problem | undefined {
    if (!limits.enabled) return undefined
    // The daily budget is only charged for calls that the burst limit lets through.
    const wait = daily.count(at) >= limits.callsPerDay ? daily.take(at) : burst.take(at)
    if (wait === 0) {
      daily.take(at)
      return undefined
    }
    const message = 'Please retry again later.'
    return { status: 429, code: 'TooManyRequests', message, headers: retryAfter(wait) }
  }

  function retryAfter(waitMs: number): Readonly<Record<string, string>> {
    switch (settings.retryAfter) {
      case 'absent':
        return {}
      case 'fractional':
        return { 'retry-after': (waitMs / 1000).toFixed(3) }
      case 'whole':
        return { 'retry-after': String(Math.ceil(waitMs / 1000)) }
      default:
        return unreachable(settings.retryAfter)
    }
  }

  async function receive(exchange: Exchange, route: Extract<Route, { to: 'bulkUpload' }>): Promise<Problem | undefined> {
    if (exchange.method !== 'POST') return wrongMethod
    const refused = authenticate(exchange)
    if (refused !== undefined) return refused
    const isJob = decode(route.jobId) === settings.jobId && decode(route.servicePrincipalId) === settings.servicePrincipalId
    if (!isJob) return notFound
    const throttled = throttle(exchange.receivedAt)
    if (throttled !== undefined) return throttled
    const body = await readBody(exchange.request, limits.bodyBytes)
    if (body === 'too-large') return tooLarge
    if (body === 'aborted') return { status: 400, code: 'BadRequest', message: 'The request was cut off.' }
    const operations = readBulkRequest(body.text, exchange.request.headers['content-type'], settings, exchange)
    if ('status' in operations) return operations
    cycles.stage(operations)
    counts.operations += operations.length
    const location = `${exchange.origin}/${route.version}/auditLogs/provisioning/?$filter=jobid%20eq%20'${encodeURIComponent(settings.jobId)}'`
    send(exchange, 202, undefined, { location })
    return undefined
  }

  async function upload(exchange: Exchange, route: Extract<Route, { to: 'bulkUpload' }>): Promise<void> {
    counts.calls += 1
    peak.add(exchange.receivedAt)
    const problem = await receive(exchange, route)
    if (problem === undefined) counts.accepted += 1
    else {
      if (problem.status === 429) counts.throttled += 1
      else counts.rejected += 1
      sendProblem(exchange, problem)
    }
  }

  async function readLog(exchange: Exchange, version: ApiVersion): Promise<void> {
    if (exchange.method !== 'GET') return sendProblem(exchange, wrongMethod)
    const refused = authenticate(exchange)
    if (refused !== undefined) return sendProblem(exchange, refused)
    counts.logRequests += 1
    if (limits.enabled && logWindow.take(exchange.receivedAt) > 0) {
      counts.logThrottled += 1
      // This 429 often comes without Retry-After.
      return sendProblem(exchange, { status: 429, code: 'TooManyRequests', message: 'Too many requests.' })
    }
    await logApi.answer(exchange, version, now())
  }

  async function stream(exchange: Exchange, pieces: AsyncIterable<string>): Promise<void> {
    exchange.response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    await pipeline(pieces, exchange.response)
  }

  const stats = (): EntraStats => ({ ...counts, records: log.size, stagedNow: cycles.staged, peakCallsPer5s: peak.value })

  async function dispatch(exchange: Exchange): Promise<void> {
    const route = routeOf(exchange.url.pathname)
    switch (route.to) {
      case 'bulkUpload':
        return upload(exchange, route)
      case 'log':
        return readLog(exchange, route.version)
      case 'directory':
        return stream(exchange, views.directoryJson())
      case 'truth':
        return stream(exchange, views.truthJson())
      case 'stats':
        return sendJson(exchange, 200, stats())
      case 'nowhere':
        return sendProblem(exchange, noSuchPath)
    }
  }

  return {
    stats,
    handle(request, response) {
      const exchange = createExchange(request, response, '127.0.0.1', now())
      dispatch(exchange).catch(() => {
        // The caller went away half-way, or the double has a fault of its own: the caller sees what it would see of the service.
        if (response.headersSent) response.destroy()
        else sendProblem(exchange, { status: 500, code: 'InternalServerError', message: 'An internal error has occurred.' })
      })
    },
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
