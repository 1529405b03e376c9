import { RollcallError } from '../../errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Json } from '../../model.ts'
import type { LogPage, LogQuery, ProvisioningLog } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type WakeableService } from '../../service.ts'
import { employeesChangedElsewhere, foreignRecords } from './changed-elsewhere.ts'
import { accessElsewhere } from './elsewhere.ts'
import { learnEchoes, newlyLearned } from './evidence.ts'
import { joinRecords } from './join.ts'
import { missingFields, parseLogRecord } from './log-record.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

export interface CorrelateSettings {
  /** Before the first request: whoever read the log until now, here or elsewhere, may just have spent what it takes. */
  readonly startMs?: number
  readonly pollMs: number
  /** Between two pages: the log takes few requests. */
  readonly pageMs: number
  /** How long after its `activityDateTime` a record may still appear. */
  readonly maxLagMs: number
  /** How far the clocks of the parties may be apart. */
  readonly skewMs: number
  /** After the first record an operation may still be refined for this long. */
  readonly quietMs: number
  /** The log read this far past an operation's acceptance without a record of it: it is offered again. */
  readonly deadlineMs: number
  readonly maxResends: number
  /** How many overdue operations are asked for by name in one turn. */
  readonly askAtOnce: number
  /** How long the service may go on trying by itself. */
  readonly escrowMs: number
  /** How much of the log is read at once after a long absence. */
  readonly sliceMs: number
}

/** More than any poll needs; a log that never ends is a fault of the log. */
const MAX_PAGES = 10_000
const AT_ONCE = 500
/** So many records are read before everything else gets its turn. */
const READ_AT_ONCE = 200
/** The log counts requests in 10 seconds, and its 429 often names no time. */
const THROTTLED_MS = 10_000
const PATIENCE = 5
/** Of records that could not be read; beyond, they are told again. */
const MOST_REMEMBERED = 10_000

/**
 * Reads the provisioning log and joins its records to operations. A poll reads everything since the watermark, which trails by the longest lag,
 * so late records are seen; what was seen before is dropped by its id. The watermark moves only when a poll has read all its pages:
 * an outage of the log makes nothing overdue. `join` is another rule only where a test shows what it would do.
 */
export function correlateLoop(
  ledger: Pick<
    Ledger,
    | 'readWatermark'
    | 'readOldestUnanswered'
    | 'findCandidates'
    | 'recordLogRecords'
    | 'finalizeOperations'
    | 'findOverdueOperations'
    | 'expireOperations'
    | 'expireEscrowedOperations'
  >,
  log: ProvisioningLog,
  settings: CorrelateSettings,
  runtime: Runtime,
  onSettled: () => void,
  join: typeof joinRecords = joinRecords,
): WakeableService {
  const unreadable = new Set<string>()
  let started = false
  return loop('correlate', runtime, async (signal) => {
    if (!started) await runtime.sleep(settings.startMs ?? 0, signal)
    started = true
    const from = await start()
    // A long absence is made up for in slices, so that one that is cut off starts again where the last whole slice ended. None reaches into what may still come late.
    const behind = runtime.now() - settings.maxLagMs - settings.skewMs - from
    const until = behind > settings.sliceMs * 2 ? from + settings.sliceMs : null
    const covered = await runtime.telemetry.span('rollcall.correlate', { kind: 'client' }, () =>
      poll(from, until, signal),
    )
    await finish()
    // A slice that the service's time has cut short was the last: only our clock says that there is more.
    if (until !== null && covered === until) return settings.pageMs
    if (!signal.aborted) await expire(covered, signal)
    onSettled()
    return settings.pollMs
  })

  /**
   * The watermark. Where there is none, or one that a clock which was ahead wrote down, the oldest operation without an answer is the floor: what the
   * log says of it would otherwise have to be asked for by name.
   */
  async function start(): Promise<number> {
    const now = runtime.now()
    const watermark = await ledger.readWatermark()
    if (watermark !== null && watermark <= now + settings.skewMs) return watermark
    const late = now - settings.maxLagMs - settings.skewMs
    return Math.min(late, (await ledger.readOldestUnanswered()) ?? late)
  }

  /** Reads everything after `from`, and before `until` where there is one. Answers until when the log is known now. */
  async function poll(from: number, until: number | null, signal: AbortSignal): Promise<number> {
    let next: string | null = null
    let covered = from
    for (let number = 0; number < MAX_PAGES && !signal.aborted; number++) {
      const page: LogPage = await read({ since: from - settings.skewMs, until, about: null, next, signal })
      // By the service's own clock, from the moment the first page was answered: what appears later is for the next poll. A slice ends there too,
      // since our clock, by which it was cut, may be ahead.
      if (number === 0)
        covered = Math.min(until ?? Infinity, (page.serverAt ?? runtime.now()) - settings.maxLagMs)
      next = page.next
      await take(page, next === null ? covered : null)
      if (next === null) return covered
      await runtime.sleep(settings.pageMs, signal)
    }
    return from
  }

  /**
   * What is throttled waits and goes on where it is: what began anew, in a poll or among questions by name, would meet the same again, and after a long
   * absence or a great loss would never come to an end.
   */
  async function read(query: LogQuery): Promise<LogPage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await log.page(query)
      } catch (error) {
        const throttled = error instanceof RollcallError && error.code === 'LogThrottled'
        if (!throttled || attempt === PATIENCE || query.signal.aborted) throw error
        const asked =
          'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0
        await runtime.sleep(Math.min(Math.max(asked, THROTTLED_MS), 10 * THROTTLED_MS), query.signal)
      }
    }
  }

  async function take(page: LogPage, watermark: number | null): Promise<void> {
    const records: LogRecord[] = []
    for (const [place, record] of page.records.entries()) {
      if (place % READ_AT_ONCE === READ_AT_ONCE - 1) await runtime.yieldToEventLoop()
      const parsed = parseLogRecord(record)
      if (parsed) records.push(parsed)
      else reportUnreadable(record)
    }
    for (let at = 0; at < Math.max(1, records.length); at += AT_ONCE) {
      const part: readonly LogRecord[] = records.slice(at, at + AT_ONCE)
      const known = await ledger.findCandidates(part)
      const echoes = learnEchoes(known.echoes, records)
      const found = { ...known, echoes: newlyLearned([], echoes) }
      const joins = join(part, found, settings.skewMs)
      const foreign = foreignRecords(joins, found)
      runtime.telemetry.count('rollcall.log.foreign', foreign.length)
      const now = runtime.now()
      const last = at + AT_ONCE >= records.length
      await ledger.recordLogRecords({
        joins,
        now,
        finalAt: now + settings.quietMs,
        watermark: last ? watermark : null,
        changedElsewhere: employeesChangedElsewhere(joins, found),
        elsewhere: accessElsewhere(joins, found, settings.skewMs),
        foreign: foreign.length,
        echoes: newlyLearned(known.echoes, echoes),
      })
    }
  }

  /** Once each, though every poll meets it until the watermark has gone by. */
  function reportUnreadable(record: Json): void {
    const print = runtime.digest(JSON.stringify(record))
    if (unreadable.has(print)) return
    if (unreadable.size === MOST_REMEMBERED) unreadable.clear()
    unreadable.add(print)
    runtime.telemetry.count('rollcall.log.unreadable', 1)
    runtime.log.warn('correlate.unreadable', { ...missingFields(record) })
  }

  async function finish(): Promise<void> {
    const now = runtime.now()
    while ((await ledger.finalizeOperations(now, AT_ONCE)) === AT_ONCE);
    await ledger.expireEscrowedOperations(now - settings.escrowMs, now, AT_ONCE)
  }

  /** Nothing is called overdue before the log was asked for that very person. */
  async function expire(covered: number, signal: AbortSignal): Promise<void> {
    const late = await ledger.findOverdueOperations(covered - settings.deadlineMs, settings.askAtOnce)
    if (late.length === 0) return
    const operations: string[] = []
    try {
      for (const { id, employeeId, acceptedAt } of late) {
        let next: string | null = null
        do {
          await runtime.sleep(settings.pageMs, signal)
          const page: LogPage = await read({
            since: acceptedAt - settings.skewMs,
            until: null,
            about: employeeId,
            next,
            signal,
          })
          await take(page, null)
          next = page.next
        } while (next !== null)
        operations.push(id)
      }
    } finally {
      // Also when a later question found no answer: the next turn then begins behind these.
      if (operations.length > 0) await giveUp(operations)
    }
  }

  async function giveUp(operations: readonly string[]): Promise<void> {
    const expired = await ledger.expireOperations({
      operations,
      maxResends: settings.maxResends,
      now: runtime.now(),
    })
    if (expired.resent + expired.givenUp + expired.unchanged > 0)
      runtime.log.warn('correlate.unanswered', { ...expired })
  }
}
