import type { Runtime } from '../../runtime.ts'

/** Clocks drift, so older ages are ignored. */
const RECENT_MS = 600_000

/**
 * Estimates how far the clock of this process is ahead of that of the bus; negative when it is
 * behind. No message arrives before it was enqueued, so the age of the youngest recent message is
 * an upper bound. The result is between `-skewMs` and `skewMs`, and `skewMs` while only a backlog
 * has been seen.
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
    if (Math.abs(now - since) > RECENT_MS) {
      before = quickest
      quickest = skewMs
      since = now
    }
    for (const { enqueuedAt } of messages) quickest = Math.min(quickest, now - enqueuedAt)
    return Math.max(-skewMs, Math.min(before, quickest))
  }
}
