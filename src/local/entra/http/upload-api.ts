import { readBulkRequest } from './bulk-upload.ts'
import type { Faults } from '../faults.ts'
import { type Exchange, type Problem, readBody, RESOURCE_NOT_FOUND, send, WRONG_METHOD } from './exchange.ts'
import { createPeak, createWindow } from './limits.ts'
import type { Route } from './routes.ts'
import type { Settings } from '../settings.ts'
import type { Escrow } from '../cycle/escrow.ts'
import type { Staged } from '../cycle/provision.ts'
import type { Staging } from '../cycle/staging.ts'
import type { Tokens } from './tokens.ts'
import { unreachable } from '../support/unreachable.ts'

export interface UploadCounts {
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
  /** The most requests to bulkUpload in any 5 seconds. */
  readonly peakCallsPer5s: number
}

type UploadRoute = Extract<Route, { readonly to: 'bulkUpload' }>

/** `POST …/bulkUpload`. */
export interface UploadApi {
  answer(exchange: Exchange, route: UploadRoute): Promise<Problem | null>
  /** Counts a request that never came this far because of a fault. */
  countFault(exchange: Exchange, status: number): void
  counts(): UploadCounts
}

/** The queue of a job: what was accepted, and what failed and is tried again. */
interface Bucket {
  readonly staged: number
  readonly failed: number
  add(operations: readonly Staged[]): void
}

export function createBucket(staging: Staging, escrow: Pick<Escrow, 'size'>): Bucket {
  return {
    get staged() {
      return staging.size
    },
    get failed() {
      return escrow.size
    },
    add: staging.add,
  }
}

const BUCKET_FULL: Problem = {
  status: 500,
  code: 'InternalServerError',
  message:
    'The bucket that stores the ingested data is full, so no more data is accepted until some of it has been processed.',
}

export function createUploadApi(
  settings: Settings,
  tokens: Tokens,
  bucket: Bucket,
  faults: Faults,
): UploadApi {
  const { limits } = settings
  const throttle = createThrottle(settings)
  const peak = createPeak(5_000)
  const counts = { calls: 0, accepted: 0, throttled: 0, rejected: 0, operations: 0 }

  async function receive(exchange: Exchange, route: UploadRoute): Promise<Problem | null> {
    const { request, receivedAt, method } = exchange
    if (method !== 'POST') return WRONG_METHOD
    const refused = tokens.check(exchange, 'SynchronizationData-User.Upload')
    if (refused !== null) return refused
    if (route.jobId !== settings.jobId || route.servicePrincipalId !== settings.servicePrincipalId)
      return RESOURCE_NOT_FOUND
    const throttled = throttle(receivedAt)
    if (throttled !== null) return throttled
    const body = await readBody(request, limits.bodyBytes)
    if ('status' in body) return body
    const operations = readBulkRequest(body.text, request.headers['content-type'], settings, exchange)
    if ('status' in operations) return operations
    const filled = bucket.staged + (settings.failuresFillBucket ? bucket.failed : 0)
    if (filled + operations.length > settings.bucketOperations) return BUCKET_FULL
    if (!faults.losesRequest()) bucket.add(operations)
    counts.operations += operations.length
    const location = `${exchange.origin}/${route.version}/auditLogs/provisioning/?$filter=jobid%20eq%20'${encodeURIComponent(settings.jobId)}'`
    send(exchange, 202, null, { location })
    return null
  }

  function count(status: number): void {
    counts.calls += 1
    if (status === 202) counts.accepted += 1
    else if (status === 429) counts.throttled += 1
    else counts.rejected += 1
  }

  return {
    async answer(exchange, route) {
      peak.add(exchange.receivedAt)
      const problem = await receive(exchange, route)
      count(problem?.status ?? 202)
      return problem
    },
    countFault(exchange, status) {
      peak.add(exchange.receivedAt)
      count(status)
    },
    counts: () => ({ ...counts, peakCallsPer5s: peak.value }),
  }
}

/** Takes a call's place in the limits, or gives the answer to a call beyond them. */
function createThrottle({ limits, retryAfter }: Settings): (at: number) => Problem | null {
  const burst = createWindow(limits.callsPer5s, 5_000)
  const daily = createWindow(limits.callsPerDay, 24 * 3_600_000)
  return (at) => {
    if (!limits.enabled) return null
    // The daily budget is only charged for calls that the burst limit lets through.
    const wait = daily.count(at) >= limits.callsPerDay ? daily.take(at) : burst.take(at)
    if (wait > 0)
      return {
        status: 429,
        code: 'TooManyRequests',
        message: 'Please retry again later.',
        headers: retryHeaders(retryAfter, wait),
      }
    daily.take(at)
    return null
  }
}

function retryHeaders(form: Settings['retryAfter'], waitMs: number): Readonly<Record<string, string>> {
  switch (form) {
    case 'absent':
      return {}
    case 'fractional':
      return { 'retry-after': (waitMs / 1000).toFixed(3) }
    case 'whole':
      return { 'retry-after': String(Math.ceil(waitMs / 1000)) }
    default:
      return unreachable(form)
  }
}
