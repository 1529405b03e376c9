import { sayingRefusals } from '../../connections/ask.ts'
import type { ObjectConnections } from '../../connections/connection.ts'
import { requestedWait, RollcallError } from '../../errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { LogRecord, LogRecordKeys } from '../../ledger/log-record.ts'
import type { JoinedRecord, Overdue } from '../../ledger/port/report.ts'
import type { Json } from '../../model.ts'
import type { LogPage, LogQuery, ProvisioningLog } from '../../ports.ts'
import type { Runtime, StageSpan } from '../../runtime.ts'
import { loop, type WakeableService } from '../../service.ts'
import { missingFields, parseLogRecord } from './log-record.ts'
import { linksOf } from './links.ts'
import { correlateSlice } from './slice.ts'

export interface CorrelateSettings {
  /** Wait before the first request: another reader of the log may just have used up its quota. */
  readonly startMs?: number
  readonly pollMs: number
  /** Between two pages: the log takes few requests. */
  readonly pageMs: number
  /** How long after its `activityDateTime` a record may still appear. */
  readonly maxLagMs: number
  /** How far the clocks of the parties may be apart. */
  readonly skewMs: number
  /** How long later records may refine an operation after the first one. */
  readonly quietMs: number
  /**
   * When the log was read this far past an operation's acceptance without a record of it, it is
   * overdue.
   */
  readonly deadlineMs: number
  readonly maxResends: number
  /** How many overdue operations are looked up individually in one turn. */
  readonly askAtOnce: number
  /** How long the service may retry a failure itself. */
  readonly escrowMs: number
  /** How much of the log is read at once after a long absence. */
  readonly sliceMs: number
}

type CorrelateLedger = Pick<
  Ledger,
  | 'readWatermark'
  | 'readOldestUnanswered'
  | 'findCandidates'
  | 'recordLogRecords'
  | 'readOrigins'
  | 'finalizeOperations'
  | 'findOverdueOperations'
  | 'findLinkedEmployee'
  | 'expireOperations'
  | 'expireEscrowedOperations'
>
export interface CorrelateParts {
  readonly ledger: CorrelateLedger
  readonly log: ProvisioningLog
  /** Asked before an operation without an answer is given up; without it nothing is asked. */
  readonly connections?: ObjectConnections
  readonly settings: CorrelateSettings
  readonly runtime: Runtime
  /** There may be work for planning and publishing. */
  readonly onSettled: () => void
}
interface Context extends Omit<CorrelateParts, 'onSettled'> {
  /** The turn, for the traces of the events that it answers. */
  readonly stage: StageSpan
  /** Fingerprints of records that could not be read and were reported. */
  readonly unreadable: Set<string>
}

/** More pages than any poll needs: a log that never ends is faulty. */
const MAX_PAGES = 10_000
/** Records or operations in one transaction. */
const SLICE_SIZE = 500
/** How many records are parsed before other work gets its turn. */
const PARSED_AT_ONCE = 200
/** The log counts requests in 10 seconds, and its 429 often names no time. */
const THROTTLED_MS = 10_000
const THROTTLED_ATTEMPTS = 5
/** How many unreadable records are remembered; beyond that, some are reported again. */
const MOST_REMEMBERED = 10_000

/**
 * Reads the provisioning log and joins its records to operations. A poll reads everything since the
 * watermark, which trails by the longest lag, so that late records are seen; a record that was seen
 * before is dropped by its id. The watermark moves only when a poll has read all its pages, so an
 * outage of the log makes nothing overdue.
 */
export function correlateLoop({ onSettled, ...given }: CorrelateParts): WakeableService {
  const { connections, settings, runtime } = given
  const parts = connections ? { ...given, connections: sayingRefusals(connections, runtime.log) } : given
  const unreadable = new Set<string>()
  let started = false
  return loop('correlate', runtime, async (signal) => {
    if (!started) await runtime.sleep(settings.startMs ?? 0, signal)
    started = true
    const pause = await runtime.telemetry.span('rollcall.correlate', {}, (stage) =>
      turn({ ...parts, stage, unreadable }, signal),
    )
    onSettled()
    return pause
  })
}

/** Reads the log once, and ends what is answered or overdue. Answers how long to rest. */
async function turn(context: Context, signal: AbortSignal): Promise<number> {
  const { settings, runtime } = context
  const from = await startOfPoll(context)
  // After a long absence the log is read in slices, so that an interrupted one repeats only
  // itself. No slice reaches into the time in which late records may still appear.
  const behind = runtime.now() - settings.maxLagMs - settings.skewMs - from
  const until = behind > settings.sliceMs * 2 ? from + settings.sliceMs : null
  const covered = await poll(context, from, until, signal)
  await finish(context)
  // A slice that ends early, by the service's clock, was the last: only the local clock says
  // there is more.
  if (until !== null && covered === until) return settings.pageMs
  if (!signal.aborted) await expireOverdue(context, covered, signal)
  return settings.pollMs
}

/**
 * The watermark. If there is none, or one from a clock that was ahead, the oldest unanswered
 * operation is the start: otherwise each of its log records would be looked up individually.
 */
async function startOfPoll({ ledger, settings, runtime }: Context): Promise<number> {
  const now = runtime.now()
  const watermark = await ledger.readWatermark()
  if (watermark !== null && watermark <= now + settings.skewMs) return watermark
  const lagging = now - settings.maxLagMs - settings.skewMs
  return Math.min(lagging, (await ledger.readOldestUnanswered()) ?? lagging)
}

/**
 * Reads the log after `from`, and before `until` if given. Answers the moment up to which it is
 * complete.
 */
async function poll(
  context: Context,
  from: number,
  until: number | null,
  signal: AbortSignal,
): Promise<number> {
  const { settings, runtime } = context
  const query = { since: from - settings.skewMs, until, about: null, signal }
  let next: string | null = null
  let covered = from
  for (let number = 0; number < MAX_PAGES && !signal.aborted; number++) {
    const page = await read(context, { ...query, next })
    // By the service's clock at the first page: later records are for the next poll. A slice ends
    // there too, because the local clock, which chose its end, may be ahead.
    if (number === 0)
      covered = Math.min(until ?? Infinity, (page.serverAt ?? runtime.now()) - settings.maxLagMs)
    next = page.next
    await correlatePage(context, page, next === null ? covered : null)
    if (next === null) return covered
    await runtime.sleep(settings.pageMs, signal)
  }
  return from
}

/**
 * Reads one page; a throttled request is repeated after a wait. Starting the poll or the lookups
 * again instead would be throttled again, and after a long absence would never end.
 */
async function read({ log, runtime }: Context, query: LogQuery): Promise<LogPage> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await log.page(query)
    } catch (error) {
      const throttled = error instanceof RollcallError && error.code === 'LogThrottled'
      if (!throttled || attempt === THROTTLED_ATTEMPTS || query.signal.aborted) throw error
      const asked = requestedWait(error) ?? 0
      await runtime.sleep(Math.min(Math.max(asked, THROTTLED_MS), 10 * THROTTLED_MS), query.signal)
    }
  }
}

/** Joins a page, slice by slice. The watermark moves with the last slice. */
async function correlatePage(context: Context, page: LogPage, watermark: number | null): Promise<void> {
  const { ledger, settings, runtime } = context
  const records = await parsePage(context, page)
  for (let start = 0; start < Math.max(1, records.length); start += SLICE_SIZE) {
    const slice = records.slice(start, start + SLICE_SIZE)
    const found = await ledger.findCandidates(slice.map(keysOf))
    const correlated = correlateSlice(slice, found, records, settings.skewMs)
    runtime.telemetry.count('rollcall.log.foreign', correlated.foreign)
    const now = runtime.now()
    const isLast = start + SLICE_SIZE >= records.length
    await ledger.recordLogRecords({
      ...correlated,
      joins: correlated.joins.map(withoutEcho),
      now,
      finalAt: now + settings.quietMs,
      watermark: isLast ? watermark : null,
    })
    await trace(context, correlated.joins)
  }
}

function keysOf({ id, jobId, employeeId, changeId }: LogRecord): LogRecordKeys {
  return { id, jobId, employeeId, changeId }
}

/** The ledger keeps no values of a joined record, and copying them to its thread costs most. */
function withoutEcho(join: JoinedRecord): JoinedRecord {
  return join.operation === null ? join : { ...join, record: { ...join.record, echo: NO_ECHO } }
}
const NO_ECHO = {}

async function trace({ ledger, runtime, stage }: Context, joins: readonly JoinedRecord[]): Promise<void> {
  if (!runtime.telemetry.traces) return
  const answered = joins.flatMap(({ operation, interim }) =>
    operation === null || interim === null ? [] : [operation],
  )
  if (answered.length > 0) stage.concerns(await ledger.readOrigins(answered))
}

async function parsePage(context: Context, page: LogPage): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  for (const [index, record] of page.records.entries()) {
    if (index % PARSED_AT_ONCE === PARSED_AT_ONCE - 1) await context.runtime.yieldToEventLoop()
    const parsed = parseLogRecord(record)
    if (parsed) records.push(parsed)
    else reportUnreadable(context, record)
  }
  return records
}

/** Reports each record once, although every poll reads it until the watermark has passed it. */
function reportUnreadable({ unreadable, runtime }: Context, record: Json): void {
  const fingerprint = runtime.digest(JSON.stringify(record))
  if (unreadable.has(fingerprint)) return
  if (unreadable.size === MOST_REMEMBERED) unreadable.clear()
  unreadable.add(fingerprint)
  runtime.telemetry.count('rollcall.log.unreadable', 1)
  runtime.log.warn('correlate.unreadable', { ...missingFields(record) })
}

async function finish({ ledger, settings, runtime }: Context): Promise<void> {
  const now = runtime.now()
  while ((await ledger.finalizeOperations(now, SLICE_SIZE)) === SLICE_SIZE);
  await ledger.expireEscrowedOperations(now - settings.escrowMs, now, SLICE_SIZE)
}

/** An operation is overdue only after the log was asked for its employee. */
async function expireOverdue(context: Context, covered: number, signal: AbortSignal): Promise<void> {
  const { ledger, settings, runtime } = context
  const overdue = await ledger.findOverdueOperations(covered - settings.deadlineMs, settings.askAtOnce)
  const silent: Overdue[] = []
  try {
    for (const operation of overdue) {
      const { employeeId, acceptedAt } = operation
      const query = { since: acceptedAt - settings.skewMs, until: null, about: employeeId, signal }
      let next: string | null = null
      do {
        await runtime.sleep(settings.pageMs, signal)
        const page: LogPage = await read(context, { ...query, next })
        await correlatePage(context, page, null)
        next = page.next
      } while (next !== null)
      silent.push(operation)
    }
  } finally {
    // Also after a failed lookup, so that the next turn starts behind these.
    if (silent.length > 0) await expire(context, silent, signal)
  }
}

async function expire(context: Context, silent: readonly Overdue[], signal: AbortSignal): Promise<void> {
  const { ledger, settings, runtime } = context
  const operations = silent.map(({ id }) => id)
  const links = await linksOf(context, silent, signal)
  const { maxResends } = settings
  const expired = await ledger.expireOperations({ operations, maxResends, links, now: runtime.now() })
  if (expired.resent + expired.givenUp + expired.unchanged > 0)
    runtime.log.warn('correlate.unanswered', { ...expired })
}
