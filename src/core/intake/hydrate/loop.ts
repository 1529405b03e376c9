import type { Ledger } from '../../ledger/ledger.ts'
import type { Notice, ReadResult } from '../../ledger/port/intake.ts'
import type { JsonObject } from '../../model.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type WakeableService } from '../../service.ts'
import { impliedActive } from '../event-types.ts'

/** What the HR system says about one employee. `why` names what is wrong with the answer and never a value of it. */
export type ReadAnswer =
  /** `at` is when the system says the record was true; `null` when it does not say. */
  | { readonly kind: 'record'; readonly worker: JsonObject; readonly at: number | null }
  /** The system has no such employee. */
  | { readonly kind: 'gone' }
  /** A later read may succeed: throttled, down, too slow, or no employee in the answer. `code` may be a status or a network code. */
  | {
      readonly kind: 'later'
      readonly code: string
      readonly why?: string
      readonly afterMs: number | null
    }
  /** An answer that waiting does not mend. */
  | { readonly kind: 'unusable'; readonly code: string; readonly why?: string }

/** An answer that is not a record. */
export type NoRecord = Exclude<ReadAnswer, { readonly kind: 'record' }>

/** Reads one employee from the HR system. Bounded in time; never throws for what the network or the system does. */
export interface HrReader {
  read(notice: Notice, signal: AbortSignal): Promise<ReadAnswer>
}

export interface HydrateSettings {
  readonly pollMs: number
  /** A notice is not read sooner: what is read too early is what was there before. */
  readonly waitMs: number
  /** Reads on their way at once. */
  readonly concurrency: number
  /** Longer than any read may take. */
  readonly leaseMs: number
  /** So often is one notice read before it dies as `HydrateFailed`. */
  readonly attempts: number
  readonly retryMs: number
  readonly retryCapMs: number
}

/**
 * Reads what notices are about. Notices of one person that wait together are served by one read. What is read becomes a snapshot dated at the
 * instant the read began; a notice of something in the future is read now, and again at its moment.
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

  async function readOne(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    const [newest] = notices.toSorted((a, b) => b.recordedAt - a.recordedAt)
    if (!newest) return
    const began = runtime.now()
    const answer = await runtime.telemetry.span('rollcall.hydrate', {}, () => reader.read(newest, signal))
    const now = runtime.now()
    // Cut short by our own end.
    if (signal.aborted && answer.kind === 'later')
      return ledger.finishNotices(
        notices.map(({ seq }) => ({ kind: 'released', seq })),
        now,
      )
    const results = notices.map((notice) =>
      judgeRead(notice, answer, { began, now, random: runtime.random() }, settings),
    )
    runtime.telemetry.count('rollcall.notices', notices.length, { outcome: results[0]?.kind ?? 'read' })
    await ledger.finishNotices(results, now)
  }
}

/** What becomes of a notice after a read. Pure. */
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
      // What was true before the notice is not what the notice is about.
      if (answer.at !== null && answer.at < notice.recordedAt) return again('StaleAnswer', null)
      const worker =
        answer.worker['active'] === undefined && implied !== undefined
          ? { ...answer.worker, active: implied }
          : answer.worker
      return {
        kind: 'read',
        seq,
        mode: 'snapshot',
        worker,
        began: moment.began,
        nextAt: notice.effectiveAt > moment.began ? notice.effectiveAt - settings.waitMs : null,
      }
    }
    case 'gone':
      // A leaver the HR system has forgotten has left all the same; of anybody else it says nothing that could be relied on.
      return implied === false
        ? { kind: 'read', seq, mode: 'delta', worker: { active: false }, began: moment.began, nextAt: null }
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

/** One reader over several HR systems, by the source of the notice. */
export function readBySource(readerOf: (source: string) => HrReader | null): HrReader {
  return {
    read: (notice, signal) =>
      readerOf(notice.source)?.read(notice, signal) ??
      Promise.resolve({ kind: 'unusable', code: 'NoHrSystem' }),
  }
}
