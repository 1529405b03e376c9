import type { JsonObject } from '../../../core/model.ts'
import type { Runtime } from '../../../core/runtime.ts'
import { busAdvice } from '../advice.ts'

/**
 * How an entity's receiver logs an outage: one line when it begins and one for each new cause, each
 * with what to do; a summary less and less often while it lasts; and one line when it is over.
 */
export interface Trouble {
  /** An attempt failed. */
  failed(code: string, fields?: JsonObject): void
  /** It works again. */
  over(): void
}

const FIRST_PAUSE_MS = 500
/** Short enough that readiness, which remembers a trouble for a minute, does not flicker. */
const LONGEST_PAUSE_MS = 20_000
/** What the service asks of a client that it is too busy for. */
const BUSY_PAUSE_MS = 10_000
/** The first summary comes after a minute, each other after twice the time, up to an hour. */
const FIRST_SUMMARY_MS = 60_000
const LONGEST_SUMMARY_MS = 3_600_000

/** The trouble of one receiver. */
export function troubleOf(queue: string, runtime: Pick<Runtime, 'now' | 'log'>): Trouble {
  return sharedTrouble(queue, runtime)()
}

/**
 * The trouble of several receivers of one entity, logged as one. Each call gives the trouble of
 * another receiver. It is over when it is over for all of them.
 */
export function sharedTrouble(queue: string, runtime: Pick<Runtime, 'now' | 'log'>): () => Trouble {
  const failing = new Set<Trouble>()
  const codes = new Map<string, number>()
  let failures = 0
  let since = 0
  let summaryAt = 0
  let summaryMs = FIRST_SUMMARY_MS
  const failed = (code: string, fields: JsonObject): void => {
    const now = runtime.now()
    if (failures === 0) {
      since = now
      summaryMs = FIRST_SUMMARY_MS
      summaryAt = now + summaryMs
    }
    failures += 1
    const isNew = !codes.has(code)
    codes.set(code, (codes.get(code) ?? 0) + 1)
    const what = busAdvice(code, queue, 'receive')
    if (isNew) {
      runtime.log.warn('inbox.error', { code, queue, ...fields, what })
    } else if (now >= summaryAt) {
      runtime.log.warn('inbox.error', {
        queue,
        failures: Object.fromEntries(codes),
        forMs: now - since,
        what,
      })
      summaryMs = Math.min(LONGEST_SUMMARY_MS, 2 * summaryMs)
      summaryAt = now + summaryMs
    }
  }
  const over = (): void => {
    runtime.log.info('inbox.recovered', { queue, failures, afterMs: runtime.now() - since })
    failures = 0
    codes.clear()
  }
  return () => {
    const trouble: Trouble = {
      failed: (code, fields = {}) => {
        failing.add(trouble)
        failed(code, fields)
      },
      over: () => {
        if (failing.delete(trouble) && failing.size === 0) over()
      },
    }
    return trouble
  }
}

/**
 * Milliseconds before the next attempt, after this many failures in a row, the last one with
 * `code`. `random` is in [0, 1).
 */
export function pauseMs(failures: number, code: string, random: number): number {
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10))
  const spread = Math.round(growing * (0.75 + random / 2))
  return code === 'ServiceBusy' ? Math.max(BUSY_PAUSE_MS, spread) : spread
}

/** While it lasts, one of several workers tries, and the others wait for its result. */
export interface Outage {
  failures: number
  code: string
  /** Whether one of the workers tries now. */
  led: boolean
  readonly over: PromiseWithResolvers<void>
}
export const outageOf = (code: string): Outage => ({
  failures: 1,
  code,
  led: false,
  over: Promise.withResolvers(),
})

const ANSWERS: ReadonlySet<string> = new Set([
  'ServiceBusy',
  'MessagingEntityNotFound',
  'MessagingEntityDisabled',
  'UnauthorizedAccess',
  'QuotaExceeded',
  'SessionsRequired',
  'SessionsNotEnabled',
])
/**
 * Whether the service itself sent this code. It came over the connection, so a new connection would
 * not help.
 */
export function isAnswer(code: string): boolean {
  return ANSWERS.has(code)
}
