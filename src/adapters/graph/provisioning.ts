import type { Json } from '../../core/model.ts'
import { RollcallError } from '../../core/errors.ts'
import type { LogPage, LogQuery, Provisioning, ProvisioningLog, UploadAnswer } from '../../core/ports.ts'
import { retryAfterMs } from '../../core/provision/verdict.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { Graph } from './client.ts'
import type { Endpoint } from './endpoint.ts'

/** How much of an error body is read. */
const MOST_ERROR_TEXT = 16_384

/** Without a token no call is made, and a person must act, as after a refused token. */
const NO_TOKEN = {
  kind: 'response',
  status: 401,
  retryAfter: null,
  requestId: null,
  serverAt: null,
  message: null,
} as const

export function graphProvisioning(graph: Graph, endpoint: Endpoint): Provisioning {
  return {
    upload: async (body, clientRequestId, cut): Promise<UploadAnswer> => {
      try {
        const headers = { 'Content-Type': 'application/scim+json', 'client-request-id': clientRequestId }
        const response = await graph.post(endpoint.uploadPath, body, headers, cut)
        const error = response.ok ? null : errorOf((await response.text()).slice(0, MOST_ERROR_TEXT))
        if (response.ok) await response.body?.cancel()
        return {
          kind: 'response',
          status: response.status,
          retryAfter: response.headers.get('Retry-After'),
          requestId: response.headers.get('request-id'),
          serverAt: dateOf(response),
          code: error?.code ?? null,
          message: error?.message ?? null,
        }
      } catch (error) {
        if (error instanceof RollcallError && error.code === 'NoToken')
          return { ...NO_TOKEN, code: error.code }
        if (error instanceof RollcallError) throw error
        return { kind: 'network', code: networkCode(error) }
      }
    },
  }
}

/** Makes a request to the log when the quota has room for it. */
export type LogWindow = <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T>

/**
 * Keeps requests to the log within `requests` in any `windowMs`. They are counted here, because the
 * log's 429 often names no time. All jobs of a process share one window, because the service counts
 * by application and tenant. A place is free again `windowMs` after the *answer*, so that delays on
 * the network cannot bring more requests into the service's window.
 */
export function logWindow(
  { requests, windowMs }: { readonly requests: number; readonly windowMs: number },
  runtime: Runtime,
): LogWindow {
  const places = new Set<{ freeAt: number }>()
  return async (request, signal) => {
    for (;;) {
      const now = runtime.now()
      // A place that is taken for longer than a whole window was taken by a clock that was ahead.
      for (const place of places) {
        if (place.freeAt !== Infinity) place.freeAt = Math.min(place.freeAt, now + windowMs)
        if (place.freeAt <= now) places.delete(place)
      }
      if (places.size < requests || signal.aborted) break
      const next = Math.min(...[...places].map(({ freeAt }) => freeAt))
      await runtime.sleep(Number.isFinite(next) ? next - now : windowMs / requests, signal)
    }
    const place = { freeAt: Number.POSITIVE_INFINITY }
    places.add(place)
    try {
      return await request()
    } finally {
      place.freeAt = runtime.now() + windowMs
    }
  }
}

export function graphLog(
  graph: Graph,
  endpoint: Endpoint,
  window: LogWindow,
  top: number,
  runtime: Runtime,
): ProvisioningLog {
  return {
    page: async ({ since, until, about, next, signal }): Promise<LogPage> => {
      try {
        return await window(
          () => read(next ?? firstPage(endpoint.jobId, { since, until, about }, top), signal),
          signal,
        )
      } catch (error) {
        if (error instanceof RollcallError) throw error
        throw new RollcallError(
          'LogUnavailable',
          `the provisioning log could not be read: ${networkCode(error)}`,
          { cause: error },
        )
      }
    },
  }

  async function read(path: string, signal: AbortSignal): Promise<LogPage> {
    const response = await graph.get(path, signal)
    if (response.status !== 200) {
      await response.body?.cancel()
      const waitMs = retryAfterMs(response.headers.get('Retry-After'), runtime.now())
      throw Object.assign(
        new RollcallError(
          response.status === 429 ? 'LogThrottled' : 'LogUnavailable',
          `the provisioning log answered ${response.status}${response.status === 403 ? '; grant ProvisioningLog.Read.All' : ''}`,
        ),
        { retryAfterMs: waitMs },
      )
    }
    const page: unknown = await response.json()
    return {
      records: recordsOf(page).filter((record) => isOfJob(record, endpoint.jobId)),
      next: nextOf(page),
      serverAt: dateOf(response),
    }
  }
}

/**
 * The log counts whole seconds, and `gt` and `lt` are strict, so both ends are a second further
 * out.
 */
function firstPage(
  jobId: string,
  { since, until, about }: Pick<LogQuery, 'since' | 'until' | 'about'>,
  top: number,
): string {
  const second = (at: number): string =>
    new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace('.000Z', 'Z')
  const filters = [
    `jobId eq ${quoted(jobId)}`,
    `activityDateTime gt ${second(since - 1_000)}`,
    ...(until === null ? [] : [`activityDateTime lt ${second(until + 2_000)}`]),
    ...(about === null ? [] : [`sourceIdentity/id eq ${quoted(about)}`]),
  ]
  return `/auditLogs/provisioning?$filter=${encodeURIComponent(filters.join(' and '))}&$top=${top}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function recordsOf(page: unknown): readonly Json[] {
  const value = typeof page === 'object' && page !== null && 'value' in page ? page.value : null
  if (!Array.isArray(value))
    throw new RollcallError(
      'LogUnavailable',
      'the provisioning log answered with something that is not a list of records',
    )
  return value
}

/**
 * The filter asks for this job only. A record of another job would be joined by a key of another
 * system.
 */
function isOfJob(record: Json, jobId: string): boolean {
  const stated = typeof record === 'object' && record !== null && 'jobId' in record ? record['jobId'] : null
  return typeof stated !== 'string' || stated.toLowerCase() === jobId.toLowerCase()
}

/**
 * Path and query of the next page; origin and version stay as configured. A link that cannot be
 * followed is an error and not the end of the log: the rest would never be read.
 */
function nextOf(page: unknown): string | null {
  const link =
    typeof page === 'object' && page !== null && '@odata.nextLink' in page ? page['@odata.nextLink'] : null
  if (link === null || link === '') return null
  const url = typeof link === 'string' ? URL.parse(link, 'https://graph.microsoft.com/v1.0/') : null
  if (!url)
    throw new RollcallError(
      'LogUnavailable',
      'the provisioning log names a next page that cannot be followed',
    )
  return url.pathname.replace(/^\/(v1\.0|beta)/, '') + url.search
}

function dateOf(response: Response): number | null {
  const at = Date.parse(response.headers.get('Date') ?? '')
  return Number.isNaN(at) ? null : at
}

function errorOf(text: string): { readonly code: string | null; readonly message: string | null } {
  try {
    const body = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } } | null
    return { code: asText(body?.error?.code), message: asText(body?.error?.message) }
  } catch {
    return { code: null, message: null }
  }
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** `fetch` puts the network error a level or two down in `cause`. */
function networkCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if ('code' in at && typeof at.code === 'string' && at.code !== '') return at.code
  return error instanceof Error ? error.name : 'Unknown'
}
