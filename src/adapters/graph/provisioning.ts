import type { Json } from '../../core/model.ts'
import { RollcallError } from '../../core/errors.ts'
import type { LogPage, LogQuery, Provisioning, ProvisioningLog } from '../../core/ports.ts'
import { retryAfterMs } from '../../core/provision/verdict.ts'
import type { Runtime } from '../../core/runtime.ts'
import { attempt } from './attempt.ts'
import { type Listed, quoted, readList, unreadable } from './answer.ts'
import type { Graph } from './client.ts'
import type { Endpoint } from './endpoint.ts'

/** What is read, for errors. */
const LOG = {
  code: 'LogUnavailable',
  what: 'the provisioning log',
  grant: 'ProvisioningLog.Read.All',
} as const

export function graphProvisioning(graph: Graph, endpoint: Endpoint): Provisioning {
  return {
    upload: (body, clientRequestId, cut) => {
      const headers = { 'Content-Type': 'application/scim+json', 'client-request-id': clientRequestId }
      return attempt(() => graph.post(endpoint.uploadPath, body, headers, cut))
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
  runtime: Pick<Runtime, 'now' | 'sleep'>,
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
  runtime: Pick<Runtime, 'now'>,
): ProvisioningLog {
  const log = { ...LOG, refused: (response: Response) => logRefused(response, LOG, runtime.now()) }
  return {
    page: async ({ since, until, about, next, signal }): Promise<LogPage> => {
      try {
        return await window(
          () => read(next ?? firstPage(endpoint.jobId, { since, until, about }, top), signal),
          signal,
        )
      } catch (error) {
        throw unreadable(error, LOG)
      }
    },
  }

  async function read(path: string, signal: AbortSignal): Promise<LogPage> {
    const { items, ...rest } = await readList(graph, path, log, signal)
    return { records: items.filter((record) => isOfJob(record, endpoint.jobId)), ...rest }
  }
}

/** The error for an answer of the log other than 200. `grant`: what is missing after a 403. */
export function logRefused(
  { status, headers }: Response,
  { code, what, grant }: Listed & { readonly grant: string },
  now: number,
): RollcallError {
  return Object.assign(
    new RollcallError(
      status === 429 ? 'LogThrottled' : code,
      `${what} answered ${status}${status === 403 ? `; grant ${grant}` : ''}`,
    ),
    { retryAfterMs: retryAfterMs(headers.get('Retry-After'), now) },
  )
}

/**
 * Between which seconds a query asks. The log counts whole seconds, and the query leaves both ends
 * out, so they are a second further out.
 */
export function outerSeconds({ since, until }: Pick<LogQuery, 'since' | 'until'>): {
  readonly start: number
  readonly end: number | null
} {
  const second = (at: number): number => Math.floor(at / 1_000) * 1_000
  return { start: second(since - 1_000), end: until === null ? null : second(until + 2_000) }
}

function firstPage(
  jobId: string,
  { about, ...period }: Pick<LogQuery, 'since' | 'until' | 'about'>,
  top: number,
): string {
  const { start, end } = outerSeconds(period)
  const moment = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')
  const filters = [
    `jobId eq ${quoted(jobId)}`,
    `activityDateTime gt ${moment(start)}`,
    ...(end === null ? [] : [`activityDateTime lt ${moment(end)}`]),
    ...(about === null ? [] : [`sourceIdentity/id eq ${quoted(about)}`]),
  ]
  return `/auditLogs/provisioning?$filter=${encodeURIComponent(filters.join(' and '))}&$top=${top}`
}

/**
 * The filter asks for this job only. A record of another job would be joined by a key of another
 * system.
 */
function isOfJob(record: Json, jobId: string): boolean {
  const stated = typeof record === 'object' && record !== null && 'jobId' in record ? record['jobId'] : null
  return typeof stated !== 'string' || stated.toLowerCase() === jobId.toLowerCase()
}
