import type { Ledger } from '../ledger/port.ts'
import type { LogPage, ProvisioningLog } from '../ports.ts'
import { loop, type Runtime, type Service } from '../runtime.ts'
import { joinRecords } from './join.ts'
import { type LogRecord, parseLogRecord } from './log-record.ts'

export interface CorrelateSettings {
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
  readonly maxOffers: number
}

/** More than any poll needs; a log that never ends is a fault of the log. */
const MAX_PAGES = 10_000
const AT_ONCE = 500

/**
 * Reads the provisioning log and joins its records to operations. A poll reads everything since the watermark, which trails by the longest lag,
 * so late records are seen; what was seen before is dropped by its id. The watermark moves only when a poll has read all its pages:
 * an outage of the log makes nothing overdue.
 */
export function correlation(
  ledger: Pick<Ledger, 'watermark' | 'candidates' | 'correlate' | 'finalize' | 'expire'>,
  log: ProvisioningLog,
  settings: CorrelateSettings,
  runtime: Runtime,
  onSettled: () => void,
): Service & { wake(): void } {
  return loop('correlate', runtime, async (signal) => {
    const from = (await ledger.watermark()) ?? runtime.now() - settings.maxLagMs - settings.skewMs
    const covered = await runtime.telemetry.span('rollcall.correlate', { kind: 'client' }, () => poll(from - settings.skewMs, signal))
    await endWhatIsDue(covered)
    onSettled()
    return settings.pollMs
  })

  /** Until when the log is known now. */
  async function poll(since: number, signal: AbortSignal): Promise<number> {
    let next: string | null = null
    let covered = since
    for (let number = 0; number < MAX_PAGES && !signal.aborted; number++) {
      const page: LogPage = await log.page({ since, next, signal })
      // By the service's own clock, from the moment the first page was answered: what appears later is for the next poll.
      if (number === 0) covered = (page.serverAt ?? runtime.now()) - settings.maxLagMs
      next = page.next
      await take(page, next === null ? covered : null)
      if (next === null) return covered
      await runtime.sleep(settings.pageMs, signal)
    }
    return since
  }

  async function take(page: LogPage, watermark: number | null): Promise<void> {
    const records = page.records.flatMap((record) => parseLogRecord(record) ?? [])
    runtime.telemetry.count('rollcall.log.unreadable', page.records.length - records.length)
    for (let at = 0; at < Math.max(1, records.length); at += AT_ONCE) {
      const part: readonly LogRecord[] = records.slice(at, at + AT_ONCE)
      const joins = joinRecords(part, await ledger.candidates(part), settings.skewMs)
      const now = runtime.now()
      const last = at + AT_ONCE >= records.length
      await ledger.correlate({ joins, now, finalAt: now + settings.quietMs, watermark: last ? watermark : null })
    }
  }

  async function endWhatIsDue(covered: number): Promise<void> {
    const now = runtime.now()
    while ((await ledger.finalize(now, AT_ONCE)) === AT_ONCE);
    const expired = await ledger.expire({
      acceptedBefore: covered - settings.deadlineMs,
      maxOffers: settings.maxOffers,
      now,
      limit: AT_ONCE,
    })
    if (expired.offeredAgain + expired.givenUp > 0)
      runtime.log.warn('correlate.unanswered', { offeredAgain: expired.offeredAgain, givenUp: expired.givenUp })
  }
}
