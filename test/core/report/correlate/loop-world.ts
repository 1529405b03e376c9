import type { TestContext } from 'node:test'
import type { ObjectConnections } from '../../../../src/core/connections/connection.ts'
import { RollcallError } from '../../../../src/core/errors.ts'
import type {
  CorrelatedPage,
  Expired,
  ExpireQuery,
  Overdue,
} from '../../../../src/core/ledger/port/report.ts'
import type { Json } from '../../../../src/core/model.ts'
import type { LogPage, LogQuery } from '../../../../src/core/ports.ts'
import {
  correlateLoop,
  type CorrelateParts,
  type CorrelateSettings,
} from '../../../../src/core/report/correlate/loop.ts'
import { candidate, candidates, rawLogRecord } from '../../../fakes/log.ts'
import { virtualRuntime, type VirtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { runUntilEnd } from '../../../fakes/run-until-end.ts'

export const MINUTE = 60_000
export const settings: CorrelateSettings = {
  pollMs: 30_000,
  pageMs: 2_000,
  maxLagMs: 10 * MINUTE,
  skewMs: 2 * MINUTE,
  quietMs: 20_000,
  deadlineMs: 40 * MINUTE,
  maxResends: 3,
  askAtOnce: 2,
  escrowMs: 28 * 24 * 60 * MINUTE,
  sliceMs: 6 * 60 * MINUTE,
}
export const unavailable = (): Error => new RollcallError('LogUnavailable', 'the log is not there')
export const throttled = (): Error =>
  Object.assign(new RollcallError('LogThrottled', 'the log is throttled'), { retryAfterMs: 0 })

/** A log of pages, or of refusals, and a ledger that records its calls. */
export function start(
  t: TestContext,
  pages: readonly (LogPage | Error)[],
  more: {
    watermark?: number
    oldest?: number
    finalized?: number[]
    late?: Overdue[]
    settings?: CorrelateSettings
    connections?: ObjectConnections
    /** What becomes of operations that expire; without it, all are resent. */
    ended?: Expired
    traces?: boolean
  } = {},
) {
  const virtual = virtualRuntime()
  const counted: (readonly [string, number])[] = []
  let yields = 0
  const runtime: VirtualRuntime = {
    ...virtual,
    yieldToEventLoop: async () => void (yields += 1),
    telemetry: {
      ...virtual.telemetry,
      traces: more.traces ?? false,
      count: (name, value) => void counted.push([name, value]),
    },
  }
  const startedAt = runtime.now()
  const asked: (Omit<LogQuery, 'signal'> & { readonly at: number })[] = []
  const told: CorrelatedPage[] = []
  const expired: ExpireQuery[] = []
  const overdue: { readonly acceptedBefore: number; readonly limit: number }[] = []
  const escrowedBefore: number[] = []
  const origins: (readonly string[])[] = []
  const finalized = [...(more.finalized ?? [])]
  const waiting = [...pages]
  let watermark = more.watermark ?? null
  let settled = 0

  const ledger: CorrelateParts['ledger'] = {
    readWatermark: async () => watermark,
    readOldestUnanswered: async () => more.oldest ?? null,
    findCandidates: async () =>
      candidates([candidate('op-1', {}, { acceptedAt: startedAt, submittedAt: startedAt })]),
    recordLogRecords: async (page) => {
      told.push(page)
      watermark = page.watermark ?? watermark
    },
    readOrigins: async (operations) => {
      origins.push(operations)
      return []
    },
    finalizeOperations: async () => finalized.shift() ?? 0,
    findOverdueOperations: async (acceptedBefore, limit) => {
      overdue.push({ acceptedBefore, limit })
      return more.late ?? []
    },
    findLinkedEmployee: async () => 'control',
    expireOperations: async (query) => {
      expired.push(query)
      return more.ended ?? { resent: query.operations.length, givenUp: 0, unchanged: 0 }
    },
    expireEscrowedOperations: async (before) => escrowedBefore.push(before),
  }
  const log = {
    page: async ({ since, until, about, next }: LogQuery): Promise<LogPage> => {
      asked.push({ at: runtime.now() - startedAt, since, until, about, next })
      const page = waiting.shift() ?? { records: [], next: null, serverAt: null }
      if (page instanceof Error) throw page
      return page
    },
  }
  const service = correlateLoop({
    ledger,
    log,
    ...(more.connections ? { connections: more.connections } : {}),
    settings: more.settings ?? settings,
    runtime,
    onSettled: () => (settled += 1),
  })
  runUntilEnd(t, service)
  return {
    runtime,
    startedAt,
    asked,
    told,
    expired,
    overdue,
    escrowedBefore,
    origins,
    counted,
    yields: () => yields,
    service,
    finalized,
    settled: () => settled,
  }
}

export const page = (
  records: readonly Json[],
  next: string | null = null,
  serverAt: number | null = null,
): LogPage => ({
  records,
  next,
  serverAt,
})
export const record = (id: string, at: number): Json => rawLogRecord(id, { at })
