import type { Ledger } from '../../ledger/ledger.ts'
import type { ClaimedNotice, Notice, ReadResult } from '../../ledger/port/intake.ts'
import type { JsonObject } from '../../model.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type WakeableService } from '../../service.ts'
import { impliedActive } from '../event/event-types.ts'

/**
 * The answer of the HR system about one employee. `why` says what is wrong with it, and never
 * quotes a value.
 */
export type ReadAnswer =
  /** `at` is when the system says the record was true; `null` when it does not say. */
  | { readonly kind: 'record'; readonly worker: JsonObject; readonly at: number | null }
  /** The system has no such employee. */
  | { readonly kind: 'gone' }
  /**
   * A later read may succeed: throttled, down, too slow, or no employee in the answer. `code` may
   * be a status or a network code.
   */
  | {
      readonly kind: 'later'
      readonly code: string
      readonly why?: string
      readonly afterMs: number | null
    }
  /** A failure that a later read would repeat. */
  | { readonly kind: 'unusable'; readonly code: string; readonly why?: string }

/** An answer that is not a record. */
export type NoRecord = Exclude<ReadAnswer, { readonly kind: 'record' }>

/**
 * Reads one employee from the HR system. Bounded in time; never throws for failures of the network
 * or the system.
 */
export interface HrReader {
  read(notice: Notice, signal: AbortSignal): Promise<ReadAnswer>
  /**
   * Signs in without reading an employee: `null`, or why it failed. Left out when there is nothing
   * to try but a read.
   */
  trySignIn?(signal: AbortSignal): Promise<string | null>
}

export interface HydrateSettings {
  readonly pollMs: number
  /** A notice is not read sooner, because an earlier read would return the old record. */
  readonly waitMs: number
  /** Reads in progress at once. */
  readonly concurrency: number
  /** Longer than the longest read. */
  readonly leaseMs: number
  /** Reads of one notice before it dies as `HydrateFailed`. */
  readonly attempts: number
  readonly retryMs: number
  readonly retryCapMs: number
}

/**
 * Reads the employees of notices from HR. Notices about one employee that wait at the same time
 * share one read. The record becomes a snapshot that takes effect when the read began, and that
 * knows what HR recorded until the record was true. A notice of a future change is read now, and
 * again when the change takes effect.
 */
export function hydrateLoop(
  ledger: Pick<Ledger, 'claimNotices' | 'finishNotices'>,
  reader: HrReader,
  settings: HydrateSettings,
  runtime: Runtime,
  onRead: () => void,
): WakeableService {
  return loop('hydrate', runtime, async (signal) => {
    const now = runtime.now()
    const { waitMs, leaseMs, concurrency: limit } = settings
    const notices = await ledger.claimNotices({ now, noticedBefore: now - waitMs, leaseMs, limit })
    if (notices.length === 0) return settings.pollMs
    const employees = Map.groupBy(notices, ({ source, employeeId }) => `${source}\n${employeeId}`)
    await Promise.all([...employees.values()].map((theirs) => readOne(theirs, signal)))
    onRead()
    return 0
  })

  async function readOne(notices: readonly ClaimedNotice[], signal: AbortSignal): Promise<void> {
    const [newest] = notices.toSorted((a, b) => b.recordedAt - a.recordedAt)
    if (!newest) return
    const began = runtime.now()
    const answer = await runtime.telemetry.span('rollcall.hydrate', {}, () => reader.read(newest, signal))
    const now = runtime.now()
    // The read was cut short because this process stops.
    if (signal.aborted && answer.kind === 'later')
      return ledger.finishNotices(
        notices.map(({ seq, claimedUntil }) => ({ kind: 'released', seq, claimedUntil })),
        now,
      )
    const results = notices.map((notice) => ({
      ...judgeRead(notice, answer, { began, now, random: runtime.random() }, settings),
      claimedUntil: notice.claimedUntil,
    }))
    runtime.telemetry.count('rollcall.notices', notices.length, { outcome: results[0]?.kind ?? 'read' })
    await ledger.finishNotices(results, now)
  }
}

/** Decides how a notice continues after a read. Pure. */
export function judgeRead(
  notice: Notice,
  answer: ReadAnswer,
  moment: { readonly began: number; readonly now: number; readonly random: number },
  settings: Pick<HydrateSettings, 'waitMs' | 'attempts' | 'retryMs' | 'retryCapMs'>,
): ReadResult {
  const { seq, type } = notice
  const implied = impliedActive(type)
  const again = (detail: string, afterMs: number | null): ReadResult => {
    const attempts = notice.attempts + 1
    if (attempts >= settings.attempts) return { kind: 'failed', seq, detail }
    const backoff =
      Math.min(settings.retryCapMs, settings.retryMs * 2 ** notice.attempts) * (0.75 + moment.random / 2)
    return {
      kind: 'again',
      seq,
      at: Math.round(moment.now + Math.max(afterMs ?? 0, backoff)) - settings.waitMs,
    }
  }
  switch (answer.kind) {
    case 'record': {
      // A record from before the notice does not contain the change it reports.
      if (answer.at !== null && answer.at < notice.recordedAt) return again('StaleAnswer', null)
      // A future event does not affect access today.
      const isDue = notice.effectiveAt <= moment.began
      const worker =
        answer.worker['active'] === undefined && implied !== undefined && isDue
          ? { ...answer.worker, active: implied }
          : answer.worker
      return {
        kind: 'read',
        seq,
        mode: 'snapshot',
        worker,
        began: moment.began,
        // What HR recorded after the record was true is not in it.
        recordedAt: Math.min(answer.at ?? moment.began, moment.began),
        nextAt: isDue ? null : notice.effectiveAt - settings.waitMs,
      }
    }
    case 'gone':
      // A leaver that the HR system no longer knows has left. For anyone else the missing record
      // proves nothing.
      return implied === false
        ? {
            kind: 'read',
            seq,
            mode: 'delta',
            worker: { active: false },
            began: moment.began,
            recordedAt: moment.began,
            nextAt: null,
          }
        : again('NotFound', null)
    case 'later':
      return again(detailOf(answer), answer.afterMs)
    case 'unusable':
      return { kind: 'failed', seq, detail: detailOf(answer) }
  }
}

/** `AnswerInvalid: active is neither true nor false, but text`. */
function detailOf({ code, why }: { readonly code: string; readonly why?: string }): string {
  return why === undefined ? code : `${code}: ${why}`
}

/** One reader for several HR systems, chosen by the source of the notice. */
export function readBySource(readerOf: (source: string) => HrReader | null): HrReader {
  return {
    read: (notice, signal) =>
      readerOf(notice.source)?.read(notice, signal) ??
      Promise.resolve({ kind: 'unusable', code: 'NoHrSystem' }),
  }
}
