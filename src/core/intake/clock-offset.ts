import type { Runtime } from '../runtime.ts'

/** The clocks drift; what was seen so long ago says little of now. */
const OF_LATE_MS = 600_000

/**
 * How far our clock may be ahead of the bus's, below zero when it is behind: no message arrives before it was enqueued, so by no more than the quickest
 * one of late took. Within `skewMs` either way, and by that much while only a backlog has been seen.
 */
export function estimateClockOffset(
  skewMs: number,
  runtime: Pick<Runtime, 'now'>,
): (messages: readonly { readonly enqueuedAt: number }[]) => number {
  let since = runtime.now()
  let quickest = skewMs
  let before = skewMs
  return (messages) => {
    const now = runtime.now()
    if (Math.abs(now - since) > OF_LATE_MS) {
      before = quickest
      quickest = skewMs
      since = now
    }
    for (const { enqueuedAt } of messages) quickest = Math.min(quickest, now - enqueuedAt)
    return Math.max(-skewMs, Math.min(before, quickest))
  }
}
