import { clearStatus, rewritableWidth, say, showStatus } from '../output.ts'
import { span } from '../../../core/display/span.ts'

/** What takes less time shows no progress. */
const QUIET_MS = 1_000
/** Elsewhere than on a terminal. */
const LINE_EVERY_MS = 5_000
const REDRAW_EVERY_MS = 100

export interface Progress {
  /** `done` of the total so far. `more` is shown behind it. */
  at(done: number, more?: string): void
  end(): void
}

/**
 * Progress on stderr of what takes longer than a second, with rate and remaining time: one line
 * that rewrites itself on a terminal, a new line every five seconds elsewhere. `what` names the
 * things counted. Nothing is written between two calls of `at`.
 */
export function progress(what: string, total: number | null = null, now: () => number = Date.now): Progress {
  const startedAt = now()
  let shownAt = startedAt
  return {
    at: (done, more = '') => {
      const elapsedMs = now() - startedAt
      const onTerminal = rewritableWidth() !== null
      const isDue = elapsedMs >= QUIET_MS && now() - shownAt >= (onTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS)
      if (!isDue) return
      shownAt = now()
      const line = [describe(what, done, total, elapsedMs), more].filter(Boolean).join(', ')
      if (onTerminal) showStatus(line)
      else say(line)
    },
    end: clearStatus,
  }
}

function describe(what: string, done: number, total: number | null, elapsedMs: number): string {
  const perSecond = (done * 1_000) / elapsedMs
  const rate = `${perSecond >= 10 ? Math.round(perSecond) : perSecond.toFixed(1)} a second`
  if (total === null) return `${what}: ${done}, ${rate}`
  const left = perSecond > 0 && done < total ? `, ${span(((total - done) * 1_000) / perSecond)} left` : ''
  return `${what}: ${done} of ${total}, ${rate}${left}`
}

/** Says on a terminal, from one second on and until `work` ends, that it lasts, and how long. */
export async function whileWaiting<T>(what: string, work: Promise<T>): Promise<T> {
  const startedAt = Date.now()
  const timer = setInterval(() => {
    showStatus(`${what}: ${span(Date.now() - startedAt)} so far`)
  }, QUIET_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    clearStatus()
  }
}
