import { copyId, type NativeItem } from './log.ts'
import type { NativeRun } from './native-run.ts'

const PAGE = 250

/**
 * The sequence numbers of those items whose copies have arrived. The places are searched in the
 * order in which a copy moves: it leaves the queue only for the dead-letter queue or the ledger, so
 * a copy that moves during the search is found at its next place. Stops early, with fewer, when the
 * signal aborts.
 */
export async function findCopies(
  { run, queue, deadLetters, log, settings, runtime, signal }: NativeRun,
  items: readonly NativeItem[],
): Promise<ReadonlySet<string>> {
  const now = runtime.now()
  const missing = new Map(items.map(({ sequence }) => [copyId(run, sequence), sequence]))
  const arrived = new Set<string>()
  const found = (id: string): void => {
    const sequence = missing.get(id)
    if (sequence === undefined) return
    arrived.add(sequence)
    missing.delete(id)
  }
  const since = Math.min(...items.map(({ sendingAt }) => sendingAt ?? now)) - settings.skewMs
  for (const { peek } of [queue, deadLetters])
    for (let from = 0n; missing.size > 0 && !signal.aborted;) {
      const page = await peek(String(from), PAGE)
      for (const { messageId, enqueuedAt } of page)
        if (messageId !== null && enqueuedAt >= since) found(messageId)
      const last = page.at(-1)
      if (!last || BigInt(last.sequence) < from) break
      from = BigInt(last.sequence) + 1n
    }
  if (missing.size > 0) for (const id of await log.takenIn([...missing.keys()])) found(id)
  return arrived
}
