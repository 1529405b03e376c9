import type { Runtime } from '../../runtime.ts'

export interface Pace {
  /** Held within 5 %; `null` for no limit. */
  readonly perSecond: number | null
  readonly batch: number
}
export interface Pacer {
  /** The largest batch that keeps the rate even. */
  readonly atOnce: number
  /** Resolves when `count` more may be sent, or when `signal` aborts. */
  turn(count: number, signal: AbortSignal): Promise<void>
}

/** The most batches a second while there is a limit. */
const TURNS_PER_SECOND = 5
/** The most time that is caught up with after a stall, so that it does not end in a burst. */
const CATCH_UP_MS = 1_000

/**
 * Makes batches wait, so that at no moment more has been sent than the rate allows since the start.
 */
export function pacer({ perSecond, batch }: Pace, runtime: Pick<Runtime, 'now' | 'sleep'>): Pacer {
  let from: number | null = null
  let sent = 0
  return {
    atOnce:
      perSecond === null ? batch : Math.max(1, Math.min(batch, Math.floor(perSecond / TURNS_PER_SECOND))),
    turn: async (count: number, signal: AbortSignal): Promise<void> => {
      if (perSecond === null) return
      from ??= runtime.now()
      sent += count
      const due = from + (sent / perSecond) * 1_000
      const late = runtime.now() - due
      if (late > CATCH_UP_MS) from += late - CATCH_UP_MS
      else await runtime.sleep(-late, signal)
    },
  }
}
